import type { Message, Page } from "./model";

/**
 * A client's place in one conversation, and what it holds of it. Pure: every function returns a new value.
 *
 * Everything up to `last` has been here; `heard` is the highest seq known to have been given out. While last < heard
 * something is missing. Only an answer to after_seq = last and the event last + 1 move `last`: an event beyond a gap and a
 * list raise `heard` only, and older pages and jumps move neither. So resuming after `last` never skips a message.
 *
 * A screen may draw more than that: `messages` are all that are held, `ranges` the seqs of which everything is held.
 */
export interface Timeline {
  /** opening: `last` is not known before an answer to latest. gone: no member, until a list shows the conversation. */
  readonly phase: "opening" | "open" | "gone";
  readonly last: number;
  readonly heard: number;
  /** `heard` when the list in progress was asked for. */
  readonly heardAsk: number;
  /** A fetch is in flight: never two. */
  readonly asking: boolean;
  /** Grows when the timeline starts anew; answers to questions of an earlier one are void. */
  readonly epoch: number;
  /** Ascending by seq. */
  readonly messages: readonly Message[];
  /** Ascending, disjoint, never adjacent. */
  readonly ranges: readonly Range[];
}

/** Seqs from … to, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A fetch to make: the newest messages, or what follows `after`. */
export interface Ask {
  readonly after: number | "latest";
  readonly epoch: number;
}

export const emptyTimeline: Timeline = {
  phase: "opening", last: 0, heard: 0, heardAsk: 0, asking: false, epoch: 0, messages: [], ranges: [],
};

/** Whether there is something to fetch. */
export function behind(t: Timeline): boolean {
  return t.phase === "opening" || (t.phase === "open" && t.last < t.heard);
}

/** The fetch to make now, if any. Its outcome must come back through answer, failed or dismissed. */
export function question(t: Timeline): [Timeline, Ask | null] {
  if (t.asking || !behind(t)) return [t, null];
  return [{ ...t, asking: true }, { after: t.phase === "opening" ? "latest" : t.last, epoch: t.epoch }];
}

export function answer(t: Timeline, ask: Ask, page: Page): Timeline {
  t = { ...t, asking: false };
  if (ask.epoch !== t.epoch || t.phase === "gone") return t;
  const last = t.phase === "opening" ? page.next_seq - 1 : Math.max(t.last, page.next_seq - 1);
  return hear({ ...hold(t, page), phase: "open", last }, last);
}

/** Ends a fetch that brought nothing. */
export const failed = (t: Timeline): Timeline => ({ ...t, asking: false });

/** Ends a fetch that was answered with 404. */
export function dismissed(t: Timeline, ask: Ask): Timeline {
  t = { ...t, asking: false };
  return ask.epoch === t.epoch ? { ...t, phase: "gone" } : t;
}

/** Takes in an announced message, or the answer to an own send. */
export function receive(t: Timeline, m: Message): Timeline {
  if (t.phase !== "open") return hear(t, m.seq);
  if (m.seq <= t.last) return t;
  const held = hold(t, { messages: [m], first_seq: m.seq, next_seq: m.seq + 1, has_more: false });
  return hear({ ...held, last: m.seq === t.last + 1 ? m.seq : t.last }, m.seq);
}

/** Takes in an older page, or one around a seq that was jumped to. Of an epoch gone by it is void. */
export function filled(t: Timeline, epoch: number, page: Page): Timeline {
  return t.phase === "open" && epoch === t.epoch ? hold(t, page) : t;
}

/** Notes that a list is being asked for now. */
export const listing = (t: Timeline): Timeline => ({ ...t, heardAsk: t.heard });

/**
 * Takes in the last_seq a list shows. A server that says less than was known when it was asked has been restored to an
 * earlier state, and the conversation starts anew; so does one the user has come back to.
 */
export function listed(t: Timeline, lastSeq: number): Timeline {
  if (t.heardAsk > lastSeq || t.phase === "gone") {
    return { ...emptyTimeline, asking: t.asking, epoch: t.epoch + 1, heard: lastSeq };
  }
  return hear(t, lastSeq);
}

const hear = (t: Timeline, seq: number): Timeline => (seq > t.heard ? { ...t, heard: seq } : t);

function hold(t: Timeline, page: Page): Timeline {
  const to = page.next_seq - 1;
  if (to < page.first_seq) return t;
  return { ...t, messages: merged(t.messages, page.messages), ranges: covered(t.ranges, page.first_seq, to) };
}

function merged(held: readonly Message[], fresh: readonly Message[]): readonly Message[] {
  const top = held.at(-1)?.seq ?? 0;
  if ((fresh[0]?.seq ?? Infinity) > top) return [...held, ...fresh];
  const bySeq = new Map(held.map((m) => [m.seq, m]));
  for (const m of fresh) if (!bySeq.has(m.seq)) bySeq.set(m.seq, m);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

function covered(ranges: readonly Range[], from: number, to: number): readonly Range[] {
  const apart: Range[] = [];
  for (const r of ranges) {
    if (r.to + 1 < from || to + 1 < r.from) apart.push(r);
    else {
      from = Math.min(from, r.from);
      to = Math.max(to, r.to);
    }
  }
  return [...apart, { from, to }].sort((a, b) => a.from - b.from);
}

/** What a screen shows at once: one range; at the newest end also what came in beyond a gap. */
export interface Window {
  readonly ranges: readonly Range[];
  readonly messages: readonly Message[];
  /** Nothing is before it. */
  readonly atStart: boolean;
  /** It reaches `last`. */
  readonly atEnd: boolean;
}

/** The window around a seq; without one, or if nothing is held there, the newest. */
export function windowAt(t: Timeline, seq: number | null): Window {
  const around = seq === null ? -1 : t.ranges.findIndex((r) => r.from <= seq && seq <= r.to);
  const tail = t.ranges.findIndex((r) => r.to >= t.last);
  const index = around >= 0 && (tail < 0 || around < tail) ? around : tail;
  const first = t.ranges[index];
  if (!first) return { ranges: [], messages: [], atStart: true, atEnd: true };
  const atEnd = index === tail;
  const ranges = atEnd ? t.ranges.slice(index) : [first];
  const top = ranges.at(-1) ?? first;
  return {
    ranges, atEnd, atStart: first.from <= 1,
    messages: t.messages.filter((m) => m.seq >= first.from && m.seq <= top.to),
  };
}
