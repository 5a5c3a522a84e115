import type { Message } from "./model";
import type { Entry } from "./outbox";
import { sameDay } from "./time";
import type { Window } from "./timeline";

/** One row of the timeline, top to bottom. */
export type Row =
  | { kind: "begin"; key: string }
  | { kind: "day"; key: string; at: string }
  | { kind: "new"; key: string }
  | { kind: "gap"; key: string; after: number; before: number }
  | { kind: "message"; key: string; message: Message; first: boolean; seen: boolean }
  | { kind: "pending"; key: string; entry: Entry; first: boolean };

export interface RowsInput {
  window: Window;
  /** Own messages on their way, in order. */
  pending: readonly Entry[];
  me: string;
  /** The divider stands before the first message above this seq; null: none. */
  newAfter: number | null;
  /** How far the other person of a DM has read; 0 in groups. */
  peerRead: number;
}

const groupPause = 5 * 60_000;

/** A group of messages goes on while sender and day stay, nothing stands between, and no 5 minutes pass. */
export function rowsOf({ window, pending, me, newAfter, peerRead }: RowsInput): Row[] {
  const rows: Row[] = [];
  if (window.atStart) rows.push({ kind: "begin", key: "begin" });
  const last: { at: string; sender: string; day: string } = { at: "", sender: "", day: "" }; // of the row above
  const days = new Set<string>();
  const dayKey = (at: string) => {
    let key = `day ${new Date(at).toDateString()}`;
    while (days.has(key)) key += "+"; // a clock that was put back
    days.add(key);
    return key;
  };
  const placeDay = (at: string) => {
    if (last.day !== "" && sameDay(last.day, at)) return;
    rows.push({ kind: "day", key: dayKey(at), at });
    last.day = at;
    last.sender = "";
  };
  const place = (at: string, sender: string) => {
    placeDay(at);
    const first = last.sender !== sender || Date.parse(at) - Date.parse(last.at) > groupPause;
    last.at = at;
    last.sender = sender;
    return first;
  };

  const seenSeq = lastSeen(window.messages, me, peerRead);
  let range = 0;
  let divided = newAfter === null;
  for (const m of window.messages) {
    for (let r = window.ranges[range]; r && m.seq > r.to; r = window.ranges[++range]) {
      const next = window.ranges[range + 1];
      if (next) {
        rows.push({ kind: "gap", key: `gap ${r.to}`, after: r.to, before: next.from });
        last.sender = "";
      }
    }
    if (!divided && newAfter !== null && m.seq > newAfter && m.sender_id !== me) {
      placeDay(m.created_at);
      rows.push({ kind: "new", key: "new" });
      last.sender = "";
      divided = true;
    }
    const first = place(m.created_at, m.sender_id);
    rows.push({ kind: "message", key: String(m.seq), message: m, first, seen: m.seq === seenSeq });
  }
  if (window.atEnd) {
    for (const entry of pending) {
      const first = place(entry.createdAt, me);
      rows.push({ kind: "pending", key: entry.clientMsgId, entry, first });
    }
  }
  return rows;
}

/** The last of one's own messages that the other person has read. */
function lastSeen(messages: readonly Message[], me: string, peerRead: number): number {
  if (peerRead === 0) return 0;
  return messages.findLast((m) => m.sender_id === me && m.seq <= peerRead)?.seq ?? 0;
}
