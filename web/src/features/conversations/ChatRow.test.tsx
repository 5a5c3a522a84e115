// @vitest-environment jsdom
import { render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { expect, test } from "vitest";
import { newEntry, refused } from "../../core/outbox";
import type { Chat } from "../../realtime/conversations";
import { ChatRow } from "./ChatRow";

const chat: Chat = {
  conversation: {
    conversation_id: "c", type: "GROUP", title: "Team", created_by: "ben", created_at: "2026-01-07T12:00:00.000Z", role: "MEMBER", members_version: 1,
    last_seq: 1204, settled_seq: 1204, joined_seq: 0, last_read_seq: 0, unread_count: 1204, last_message_at: null, last_preview: "", last_has_more: false, last_sender_id: null,
  },
  unread: { lastRead: 0, counted: 1204, settled: 1204, announced: [] },
  latest: { preview: "See you there", senderId: "ben", at: "2026-01-07T12:00:00.000Z" },
};
const entry = newEntry({ clientMsgId: "1", conversationId: "c", body: "On my way", createdAt: "2026-01-07T12:00:00.000Z", order: 1 });

function draw(fields: Partial<Parameters<typeof ChatRow>[0]>) {
  const { unmount } = render(
    <MemoryRouter>
      <ChatRow chat={chat} me="ada" sender="Ben" online={false} draft={undefined} stuck={undefined} now={new Date("2026-01-07T13:00:00Z")} {...fields} />
    </MemoryRouter>,
  );
  const words = screen.getByRole("link").textContent;
  unmount();
  return words;
}

test("the exact number of unread messages is shown and said", () => expect(draw({})).toContain("1,204 unread"));

test("what was not sent goes before what waits, a draft and the latest message", () => {
  const draft = "Thursday works";
  expect(draw({})).toContain("Ben: See you there");
  expect(draw({ draft })).toContain("Draft: Thursday works");
  expect(draw({ draft, stuck: entry })).toContain("Waiting: On my way");
  expect(draw({ draft, stuck: refused([entry], "1", "left")[0] })).toContain("Not sent: On my way");
});

test("one's own latest message is one's own", () => {
  expect(draw({ chat: { ...chat, latest: { preview: "Hello", senderId: "ada", at: "2026-01-07T12:00:00.000Z" } } })).toContain("You: Hello");
});
