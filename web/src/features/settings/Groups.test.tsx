// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import { leaveGroups } from "../../api/chats";
import { refresh } from "../../api/session";
import type { Conversation, Departure } from "../../api/types";
import { signedIn, testServer } from "../../testing/server";
import { GroupList } from "./Groups";

const server = testServer();

beforeEach(async () => {
  server.use(http.post("*/api/users/auth/refresh", () => HttpResponse.json(signedIn())));
  await refresh(null);
});

const group = (id: string): Conversation => ({
  conversation_id: id, type: "GROUP", title: `Group ${id}`, created_by: "ben", created_at: "2026-01-07T12:00:00.000Z", role: "MEMBER", members_version: 1,
  last_seq: 0, settled_seq: 0, joined_seq: 0, last_read_seq: 0, unread_count: 0, last_message_at: null, last_preview: "", last_has_more: false, last_sender_id: null,
});

test("the groups that are selected are left, after asking, and it is said", async () => {
  const user = userEvent.setup();
  const onLeave = vi.fn((ids: readonly string[]) => Promise.resolve(ids.length));
  render(<GroupList groups={[group("a"), group("b"), group("c")]} onLeave={onLeave} />);
  expect(screen.getByRole("button", { name: "Leave groups" })).toHaveProperty("disabled", true);

  await user.click(screen.getByRole("checkbox", { name: "Group a" }));
  await user.click(screen.getByRole("checkbox", { name: "Group c" }));
  await user.click(screen.getByRole("button", { name: "Leave 2 groups" }));
  expect(onLeave).not.toHaveBeenCalled();
  const [, confirm] = screen.getAllByRole("button", { name: "Leave 2 groups" });
  if (!confirm) throw new Error("nothing asks");
  await user.click(confirm);
  expect(onLeave).toHaveBeenCalledWith(["a", "c"]);
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe("You left 2 groups."));
  expect(document.activeElement?.textContent).toBe("Groups");
});

test("all can be selected, by keyboard too, and what could not be left is said", async () => {
  const user = userEvent.setup();
  const onLeave = vi.fn(() => Promise.resolve(1));
  render(<GroupList groups={[group("a"), group("b")]} onLeave={onLeave} />);
  screen.getByRole("button", { name: "Select all" }).focus();
  await user.keyboard("{Enter}");
  expect(screen.getAllByRole("checkbox").every((box) => (box as HTMLInputElement).checked)).toBe(true);
  await user.tab();
  await user.keyboard("{Enter}");
  await user.tab();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(screen.getByRole("alert").textContent).toBe("1 group could not be left. Try again."));
});

test("a hundred are left in a request", async () => {
  const asked: number[] = [];
  server.use(http.post("*/api/chats/conversations/leave", async ({ request }) => {
    const { conversation_ids: ids } = await request.json() as { conversation_ids: string[] };
    asked.push(ids.length);
    return HttpResponse.json(ids.map((id): Departure => ({ conversation_id: id, outcome: "LEFT" })));
  }));
  let left = 0;
  await leaveGroups(Array.from({ length: 250 }, (_, n) => String(n)), (outcomes) => { left += outcomes.length; });
  expect(asked).toEqual([100, 100, 50]);
  expect(left).toBe(250);
});
