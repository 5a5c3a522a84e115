// @vitest-environment jsdom
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { refresh } from "../api/session";
import type { Conversation } from "../api/types";
import { badge } from "../core/unread";
import { message } from "../testing/messages";
import { signedIn, testServer } from "../testing/server";
import { conversations } from "./conversations";
import { Directory } from "./directory";
import { useLink } from "./link";
import { people } from "./people";
import { Sync } from "./sync";
import { timelines } from "./timelines";

const server = testServer();
let log: number[]; // the seqs of conversation "c"
let asked: string[]; // the queries for its history
let listed: Conversation[];
let single: string[]; // conversations that were asked for one by one
let broken: boolean;
let sync: Sync;

const conversation = (fields: Partial<Conversation> = {}): Conversation => ({
  conversation_id: "c", type: "GROUP", title: "Team", created_by: "ben", created_at: "2026-01-07T12:00:00.000Z", role: "MEMBER", members_version: 1,
  last_seq: log.length, settled_seq: log.length, joined_seq: 0, last_read_seq: 0, unread_count: log.length, last_message_at: null, last_preview: "",
  last_has_more: false, last_sender_id: null, ...fields,
});

beforeEach(async () => {
  log = [1, 2, 3];
  asked = [];
  single = [];
  broken = false;
  listed = [conversation()];
  people.named([{ user_id: "ben", username: "Ben" }]);
  server.use(
    http.post("*/api/users/auth/refresh", () => HttpResponse.json(signedIn())),
    http.get("*/api/chats/conversations", () => HttpResponse.json(listed)),
    http.get("*/api/chats/conversations/:id/members", () => HttpResponse.json([])),
    http.get("*/api/chats/conversations/:id", ({ params }) => {
      single.push(String(params.id));
      if (params.id === "gone") return HttpResponse.json({ code: "conversation_not_found" }, { status: 404 });
      if (params.id === "unknown") return HttpResponse.json({ code: "forbidden" }, { status: 403 });
      return HttpResponse.json(conversation({ conversation_id: String(params.id) }));
    }),
    http.get("*/api/chats/invites", () => HttpResponse.json([])),
    http.get("*/api/messages/conversations/gone/messages", () => HttpResponse.json({ code: "conversation_not_found" }, { status: 404 })),
    http.get("*/api/messages/conversations/c/messages", ({ request }) => {
      const query = new URL(request.url).searchParams;
      asked.push(query.has("latest") ? "latest" : `after ${query.get("after_seq") ?? ""}`);
      if (broken) return HttpResponse.json({ code: "unavailable" }, { status: 503 });
      const from = query.has("latest") ? 0 : Number(query.get("after_seq"));
      return HttpResponse.json({ messages: log.filter((s) => s > from).map((s) => message(s)), has_more: false, first_seq: from + 1, next_seq: log.length + 1 });
    }),
  );
  await refresh(null);
  sync = new Sync("ada", new Directory("ada"));
  sync.start();
  await vi.waitFor(() => expect(conversations.get("c")).toBeDefined());
});

afterEach(() => {
  sync.stop();
  conversations.reset();
  timelines.reset();
  people.reset();
});

const seqs = () => timelines.get("c")?.messages.map((m) => m.seq);
const open = async () => {
  sync.open("c");
  await vi.waitFor(() => expect(seqs()).toEqual([1, 2, 3]));
};

describe("catching up", () => {
  test("a gap is fetched from where one is, again until it is closed", async () => {
    await open();
    broken = true;
    log = [1, 2, 3, 4, 5, 6];
    sync.heardLive(message(6));
    await vi.waitFor(() => expect(asked.filter((q) => q === "after 3").length).toBeGreaterThan(1));
    expect(seqs()).toEqual([1, 2, 3, 6]);
    broken = false;
    await vi.waitFor(() => expect(seqs()).toEqual([1, 2, 3, 4, 5, 6]));
    expect(timelines.get("c")).toMatchObject({ last: 6, heard: 6 });
  });

  test("the next event needs no fetch", async () => {
    await open();
    const before = asked.length;
    sync.heardLive(message(4));
    expect(seqs()).toEqual([1, 2, 3, 4]);
    expect(asked).toHaveLength(before);
  });

  test("a list finds what no event told, and a restored server is read anew", async () => {
    await open();
    log = [1, 2, 3, 4];
    listed = [conversation()];
    sync.catchUp();
    await vi.waitFor(() => expect(seqs()).toEqual([1, 2, 3, 4]));
    log = [1, 2];
    listed = [conversation()];
    sync.catchUp();
    await vi.waitFor(() => expect(seqs()).toEqual([1, 2]));
    expect(asked.at(-1)).toBe("latest");
  });

  test("a message of an unknown conversation brings the conversation; one that is not there changes nothing", async () => {
    sync.heardLive(message(1, { conversation_id: "new" }));
    sync.heardLive(message(1, { conversation_id: "gone" }));
    await vi.waitFor(() => expect(conversations.get("new")).toBeDefined());
    expect(conversations.get("gone")).toBeUndefined();
  });

  test("a conversation that a list does not show stays unless a 404 says that it is gone", async () => {
    listed = [conversation(), conversation({ conversation_id: "moved" }), conversation({ conversation_id: "gone" })];
    sync.catchUp();
    await vi.waitFor(() => expect(conversations.get("gone")).toBeDefined());
    await open();
    sync.open("gone");
    listed = [conversation({ title: "Renamed" })];
    sync.catchUp();
    await vi.waitFor(() => expect(conversations.get("gone")).toBeUndefined());
    expect(timelines.get("gone")).toBeUndefined();
    expect(conversations.get("moved")).toBeDefined();
    expect(conversations.get("c")?.conversation.title).toBe("Renamed");
    expect(seqs()).toEqual([1, 2, 3]);
  });

  test("an opened conversation that no list shows stays with what was read of it", async () => {
    await open();
    listed = [];
    sync.catchUp();
    await vi.waitFor(() => expect(single).toContain("c"));
    expect(conversations.get("c")).toBeDefined();
    expect(seqs()).toEqual([1, 2, 3]);
  });

  test("while a conversation cannot be asked for, it stays", async () => {
    listed = [conversation({ conversation_id: "unknown" })];
    sync.catchUp();
    await vi.waitFor(() => expect(conversations.get("unknown")).toBeDefined());
    listed = [];
    single = [];
    sync.catchUp();
    await vi.waitFor(() => expect(single.length).toBeGreaterThan(0));
    await vi.waitFor(() => expect(useLink.getState().listing).toBe(false));
    expect(conversations.get("unknown")).toBeDefined();
  });

  test("a list that was asked for before one left does not bring the conversation back", async () => {
    let answer: (() => void) | undefined;
    server.use(http.get("*/api/chats/conversations", async () => {
      await new Promise<void>((resolve) => { answer = resolve; });
      return HttpResponse.json([conversation(), conversation({ conversation_id: "other" })]);
    }, { once: true }));
    sync.catchUp();
    await vi.waitFor(() => expect(answer).toBeDefined());
    sync.forget("c");
    answer?.();
    await vi.waitFor(() => expect(conversations.get("other")).toBeDefined());
    expect(conversations.get("c")).toBeUndefined();
  });

  test("the badge counts announced messages of others, and another device's reading", () => {
    sync.heardLive(message(4));
    sync.heardLive(message(4));
    const unread = () => badge(conversations.get("c")?.unread ?? { lastRead: 0, counted: -1, settled: 0, announced: [] });
    expect(unread()).toBe(4);
    sync.readUpdated("c", "ada", { last_read_seq: 3, unread_count: 0, settled_seq: 3 });
    expect(unread()).toBe(1);
    sync.hear(message(5, { sender_id: "ada" }));
    expect(unread()).toBe(0);
  });
});
