import { describe, expect, test } from "vitest";
import { attempted, heads, newEntry, nextOrder, postponed, put, refused, remove, revived, type Outbox } from "./outbox";

const draft = (id: string, conversationId: string, order: number) =>
  newEntry({ clientMsgId: id, conversationId, body: id, createdAt: "2026-01-07T12:00:00.000Z", order });
const outbox: Outbox = [draft("a1", "a", 1), draft("b1", "b", 2), draft("a2", "a", 3)];
const ids = (o: Outbox) => o.map((e) => e.clientMsgId);

describe("the outbox", () => {
  test("sends one message per conversation at a time, the first written first", () => {
    expect(ids(heads(outbox))).toEqual(["a1", "b1"]);
    expect(ids(heads(remove(outbox, "a1")))).toEqual(["b1", "a2"]);
  });

  test("a postponed message keeps its turn", () => {
    expect(ids(heads(postponed(attempted(outbox, "a1"), "a1", 5)))).toEqual(["a1", "b1"]);
  });

  test("a refused message lets the next one go on, and takes its turn again under the same id when it is retried", () => {
    const after = refused(outbox, "a1", "character");
    expect(ids(heads(after))).toEqual(["b1", "a2"]);
    expect(ids(heads(revived(after, "a1")))).toEqual(["a1", "b1"]);
  });

  test("what another tab wrote takes its place by the order of writing, once", () => {
    const other = draft("b0", "b", 1.5);
    expect(ids(put(put(outbox, other), other))).toEqual(["a1", "b0", "b1", "a2"]);
  });

  test("a new message comes after all others, even if the clock was put back", () => {
    expect(nextOrder(outbox, 2)).toBe(4);
    expect(nextOrder(outbox, 10)).toBe(10);
  });
});
