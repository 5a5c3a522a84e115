import fc from "fast-check";
import { expect, test } from "vitest";
import { announced, badge, counted, readUpdated, readUpTo, type Unread } from "./unread";

const start: Unread = { lastRead: 3, counted: 2, settled: 5, announced: [] };

test("other people's messages above the settled ones are added, each once", () => {
  const u = [6, 7, 6, 5].reduce((now, seq) => announced(now, seq, false), start);
  expect(badge(u)).toBe(4);
});

test("one's own message reads everything before it", () => {
  const u = announced(announced(start, 6, false), 7, true);
  expect([badge(u), u.lastRead]).toEqual([0, 7]);
});

test("what a list has counted is not counted twice", () => {
  const u = counted([6, 7, 8].reduce((now, seq) => announced(now, seq, false), start), { last_read_seq: 3, unread_count: 4, settled_seq: 7 });
  expect(badge(u)).toBe(5);
});

test("a late answer to an earlier read changes nothing", () => {
  const read = readUpTo(start, 5);
  expect(readUpdated(read, { last_read_seq: 4, unread_count: 1, settled_seq: 5 })).toBe(read);
});

test("whatever the order of events, reads and lists, the badge is right once a list is in, and never negative", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constantFrom("announce" as const, "read" as const), seq: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ do: fc.constant("list" as const), seq: fc.integer({ min: 0, max: 20 }) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    let lastRead = 0;
    let u = counted(undefined, { last_read_seq: 0, unread_count: 0, settled_seq: 0 });
    let top = 0;
    for (const s of steps) {
      if (s.do === "announce") u = announced(u, s.seq, false);
      if (s.do === "read") {
        lastRead = Math.max(lastRead, s.seq);
        u = readUpTo(u, s.seq);
      }
      top = Math.max(top, s.seq);
      if (s.do === "list") u = counted(u, { last_read_seq: lastRead, unread_count: Math.max(0, top - lastRead), settled_seq: top });
      expect(badge(u)).toBeGreaterThanOrEqual(0);
    }
    expect(badge(counted(u, { last_read_seq: lastRead, unread_count: Math.max(0, top - lastRead), settled_seq: top }))).toBe(Math.max(0, top - lastRead));
  }));
});
