/** How far one has read a conversation, and what is unread. */
export interface Unread {
  readonly lastRead: number;
  /** Messages above lastRead up to `settled`, as the server counted them. */
  readonly counted: number;
  readonly settled: number;
  /** Seqs of other people's messages above `settled` that were announced since. */
  readonly announced: readonly number[];
}

export interface ReadState {
  last_read_seq: number;
  unread_count: number;
  settled_seq: number;
}

export const badge = (u: Unread): number => u.counted + u.announced.length;

/** What a list shows: the truth at the time it was made, but for what was announced above it. */
export function counted(u: Unread | undefined, s: ReadState): Unread {
  const announced = u?.announced.filter((seq) => seq > s.settled_seq && seq > s.last_read_seq) ?? [];
  return { lastRead: s.last_read_seq, counted: s.unread_count, settled: s.settled_seq, announced };
}

/** The answer to a read, or read:updated of another device: late ones change nothing. */
export function readUpdated(u: Unread, s: ReadState): Unread {
  if (s.last_read_seq < u.lastRead || (s.last_read_seq === u.lastRead && s.settled_seq < u.settled)) return u;
  return counted(u, s);
}

/** A message was announced. One's own moves the read pointer, as it does on the server. */
export function announced(u: Unread, seq: number, own: boolean): Unread {
  if (seq <= u.settled || seq <= u.lastRead || u.announced.includes(seq)) return u;
  return own ? readUpTo(u, seq) : { ...u, announced: [...u.announced, seq] };
}

/** One has read up to seq: shown at once, before the server has counted. */
export function readUpTo(u: Unread, seq: number): Unread {
  if (seq <= u.lastRead) return u;
  return {
    lastRead: seq,
    counted: seq >= u.settled ? 0 : u.counted,
    settled: u.settled,
    announced: u.announced.filter((s) => s > seq),
  };
}
