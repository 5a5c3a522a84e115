import { describe, expect, test } from "vitest";
import { message, page } from "../testing/messages";
import { newEntry } from "./outbox";
import { rowsOf, type Row, type RowsInput } from "./rows";
import { answer, emptyTimeline, question, receive, windowAt } from "./timeline";

const input = (fields: Partial<RowsInput>): RowsInput => ({ window: windowAt(emptyTimeline, null), pending: [], me: "ada", newAfter: null, peerRead: 0, ...fields });
const [asking, ask] = question(emptyTimeline);
const held = ask ? answer(asking, ask, page([1, 2, 3], 1, 4)) : emptyTimeline;
const brief = (rows: Row[]) => rows.map((r) => (r.kind === "message" ? `${r.message.seq}${r.first ? "!" : ""}` : r.kind));

describe("the rows of a timeline", () => {
  test("begin, day, and one group of one sender", () => {
    expect(brief(rowsOf(input({ window: windowAt(held, null) })))).toEqual(["begin", "day", "1!", "2", "3"]);
  });

  test("a group ends with the sender, after five minutes, and at the divider", () => {
    const at = (minutes: number) => new Date(Date.UTC(2026, 0, 7, 12, minutes)).toISOString();
    let t = held;
    t = receive(t, message(4, { created_at: at(3) }));
    t = receive(t, message(5, { sender_id: "eve", created_at: at(3) }));
    t = receive(t, message(6, { sender_id: "eve", created_at: at(9) }));
    expect(brief(rowsOf(input({ window: windowAt(t, null), newAfter: 2 })))).toEqual(["begin", "day", "1!", "2", "new", "3!", "4", "5!", "6!"]);
  });

  test("the divider stands before the first message of somebody else", () => {
    const t = receive(receive(held, message(4, { sender_id: "ada" })), message(5));
    expect(brief(rowsOf(input({ window: windowAt(t, null), newAfter: 3 })))).toEqual(["begin", "day", "1!", "2", "3", "4!", "new", "5!"]);
  });

  test("a gap lies exactly between the two seqs", () => {
    const rows = rowsOf(input({ window: windowAt(receive(held, message(7)), null) }));
    expect(brief(rows)).toEqual(["begin", "day", "1!", "2", "3", "gap", "7!"]);
    expect(rows.find((r) => r.kind === "gap")).toMatchObject({ after: 3, before: 7 });
  });

  test("messages on their way come last, and only at the newest end", () => {
    const entry = newEntry({ clientMsgId: "x", conversationId: "c", body: "hi", createdAt: "2026-01-07T12:00:05.000Z", order: 1 });
    expect(brief(rowsOf(input({ window: windowAt(held, null), pending: [entry] }))).at(-1)).toBe("pending");
    expect(brief(rowsOf(input({ window: { ...windowAt(held, null), atEnd: false }, pending: [entry] }))).at(-1)).toBe("3");
  });

  test("seen stands under the last one that was", () => {
    const t = [4, 5, 6].reduce((now, seq) => receive(now, message(seq, { sender_id: "ada" })), held);
    const seen = rowsOf(input({ window: windowAt(t, null), peerRead: 5 })).filter((r) => r.kind === "message" && r.seen);
    expect(seen.map((r) => r.key)).toEqual(["5"]);
  });

  test("keys are unique and survive older messages in front", () => {
    const rows = rowsOf(input({ window: windowAt(held, null) }));
    expect(new Set(rows.map((r) => r.key)).size).toBe(rows.length);
  });
});
