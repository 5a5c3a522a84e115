import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { message, page } from "../testing/messages";
import {
  answer, behind, dismissed, emptyTimeline, failed, filled, listed, listing, question, receive, windowAt, type Ask, type Timeline,
} from "./timeline";

interface Step {
  event?: number;
  ask?: "latest" | { after: number } | null;
  answer?: { seqs: number[]; first_seq: number; next_seq: number };
  fail?: true;
  not_found?: true;
  listing?: true;
  list?: { last_seq: number };
  last?: number;
  heard?: number;
  new?: number[];
}

interface Case {
  name: string;
  opening?: true;
  open?: { last: number; heard: number };
  steps: Step[];
}

const { cases } = JSON.parse(readFileSync("../testdata/timeline/cases.json", "utf8")) as { cases: Case[] };

describe("the cases both clients share", () => {
  test.each(cases)("$name", (c) => {
    let t: Timeline = c.open ? { ...emptyTimeline, phase: "open", ...c.open } : emptyTimeline;
    let asked: Ask = { after: "latest", epoch: -1 };
    for (const step of c.steps) {
      const before = t;
      if (step.event !== undefined) t = receive(t, message(step.event));
      if (step.answer) t = answer(t, asked, page(step.answer.seqs, step.answer.first_seq, step.answer.next_seq));
      if (step.fail) t = failed(t);
      if (step.not_found) t = dismissed(t, asked);
      if (step.listing) t = listing(t);
      if (step.list) t = listed(t, step.list.last_seq);
      if (step.ask !== undefined) {
        const [next, ask] = question(t);
        t = next;
        const want = step.ask === "latest" ? "latest" : step.ask?.after;
        expect(ask?.after, JSON.stringify(step)).toBe(want);
        if (ask) asked = ask;
      }
      if (step.last !== undefined) expect(t.last, JSON.stringify(step)).toBe(step.last);
      if (step.heard !== undefined) expect(t.heard, JSON.stringify(step)).toBe(step.heard);
      if (step.new) expect(fresh(before, t), JSON.stringify(step)).toEqual(step.new);
    }
  });
});

/** The seqs that a step brought above the former last and up to the present one. */
function fresh(before: Timeline, after: Timeline): number[] {
  if (after.phase !== "open") return [];
  return after.messages.map((m) => m.seq).filter((seq) => seq > before.last && seq <= after.last);
}

/** A server's log: every seq is pending, a message or a void; nothing above the first pending is shown. */
class Log {
  readonly entries: ("pending" | "message" | "void")[] = [];

  settledHead(): number {
    const pending = this.entries.indexOf("pending");
    return pending < 0 ? this.entries.length : pending;
  }

  messages(from: number, to: number): number[] {
    const seqs: number[] = [];
    for (let seq = from; seq <= to; seq++) if (this.entries[seq - 1] === "message") seqs.push(seq);
    return seqs;
  }

  after(seq: number, limit: number) {
    const head = this.settledHead();
    const seqs = this.messages(seq + 1, head).slice(0, limit);
    const full = seqs.length === limit;
    const next = full ? (seqs.at(-1) ?? 0) + 1 : Math.max(seq, head) + 1;
    return page(seqs, seq + 1, next);
  }

  before(seq: number, limit: number) {
    const seqs = this.messages(1, seq - 1).slice(-limit);
    return page(seqs, seqs.length === limit ? (seqs[0] ?? 1) : 1, seq);
  }

  latest(limit: number) {
    const head = this.settledHead();
    return { ...this.before(head + 1, limit), next_seq: head + 1 };
  }
}

const action = fc.oneof(
  fc.record({ do: fc.constantFrom("append" as const, "void" as const), settle: fc.boolean() }),
  fc.record({ do: fc.constantFrom("settle" as const, "event" as const, "older" as const, "jump" as const), at: fc.nat(30) }),
  fc.record({ do: fc.constantFrom("list" as const, "fetch" as const, "answer" as const, "fail" as const) }),
);

test("whatever happens, what is held is what the log has, and in the end nothing is missing", () => {
  fc.assert(fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
    const log = new Log();
    let t: Timeline = emptyTimeline;
    let inFlight = null as { ask: Ask; page: ReturnType<Log["after"]> } | null;
    const ask = () => {
      const [next, asked] = question(t);
      t = next;
      if (asked) inFlight = { ask: asked, page: asked.after === "latest" ? log.latest(3) : log.after(asked.after, 3) };
    };
    const land = () => {
      if (inFlight) t = answer(t, inFlight.ask, inFlight.page);
      inFlight = null;
    };
    for (const a of actions) {
      const last = t.last;
      switch (a.do) {
        case "append": log.entries.push(a.settle ? "message" : "pending"); break;
        case "void": log.entries.push(a.settle ? "void" : "pending"); break;
        case "settle": if (log.entries[a.at] === "pending") log.entries[a.at] = a.at % 3 ? "message" : "void"; break;
        case "event": if (log.entries[a.at] === "message") t = receive(t, message(a.at + 1)); break;
        case "older": {
          const first = t.ranges[0];
          if (first && first.from > 1) t = filled(t, t.epoch, log.before(first.from, 3));
          break;
        }
        case "jump": t = filled(t, t.epoch, log.after(a.at, 4)); break;
        case "list": t = listed(listing(t), log.entries.length); break;
        case "fetch": ask(); break;
        case "answer": land(); break;
        case "fail": t = inFlight ? failed(t) : t; inFlight = null; break;
      }
      expect(t.last).toBeGreaterThanOrEqual(last);
      holdsTheTruth(t, log);
    }
    // Peace: everything settles, and the client goes on until nothing is missing.
    log.entries.forEach((e, i) => { if (e === "pending") log.entries[i] = "message"; });
    land();
    t = listed(listing(t), log.entries.length);
    for (let rounds = 0; behind(t); rounds++) {
      expect(rounds).toBeLessThan(200);
      ask();
      land();
    }
    expect(t.last).toBe(log.entries.length);
    holdsTheTruth(t, log);
    const tail = windowAt(t, null);
    expect(tail.atEnd).toBe(true);
    if (log.entries.length > 0) expect(tail.ranges.at(-1)?.to).toBe(log.entries.length);
  }), { numRuns: 500 });
});

function holdsTheTruth(t: Timeline, log: Log): void {
  for (const r of t.ranges) {
    expect(t.messages.filter((m) => m.seq >= r.from && m.seq <= r.to).map((m) => m.seq)).toEqual(log.messages(r.from, r.to));
  }
  t.ranges.slice(1).forEach((r, i) => expect(r.from).toBeGreaterThan((t.ranges[i]?.to ?? 0) + 1));
  const seqs = t.messages.map((m) => m.seq);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
}

describe("the window", () => {
  const held: Timeline = {
    ...emptyTimeline, phase: "open", last: 60, heard: 63, messages: [10, 11, 12, 58, 59, 60, 63].map((seq) => message(seq)),
    ranges: [{ from: 10, to: 12 }, { from: 58, to: 60 }, { from: 63, to: 63 }],
  };

  test("without a seq is the newest end, with what came in beyond a gap", () => {
    const w = windowAt(held, null);
    expect(w.messages.map((m) => m.seq)).toEqual([58, 59, 60, 63]);
    expect([w.atStart, w.atEnd]).toEqual([false, true]);
  });

  test("around a seq that is held apart shows that range alone", () => {
    const w = windowAt(held, 11);
    expect(w.messages.map((m) => m.seq)).toEqual([10, 11, 12]);
    expect(w.atEnd).toBe(false);
  });

  test("grows together when what lay between is filled", () => {
    const t = filled(held, held.epoch, page(Array.from({ length: 45 }, (_, i) => 13 + i), 13, 58));
    expect(windowAt(t, 11).atEnd).toBe(true);
    expect(windowAt(t, 11).messages).toHaveLength(52);
  });
});
