/** Why the server refused a message for good. */
export type Refusal = "character" | "long" | "left" | "refused";

/** A message on its way. What is kept over reloads; the rest is what its sender knows of it. */
export interface Draft {
  /** The same on every retry: it makes sending twice harmless. */
  readonly clientMsgId: string;
  readonly conversationId: string;
  readonly body: string;
  readonly createdAt: string;
  /** Ascending in the order of writing. */
  readonly order: number;
  readonly refusal: Refusal | null;
}

export interface Entry extends Draft {
  readonly attempts: number;
  /** When it is tried again, in ms; null while it is being tried, or waits for its turn. */
  readonly retryAt: number | null;
  /** The browser's storage had no room: it is lost with the page. */
  readonly unkept?: boolean;
}

/** In the order of writing, over all conversations. */
export type Outbox = readonly Entry[];

export const newEntry = (draft: Omit<Draft, "refusal">): Entry => ({ ...draft, refusal: null, attempts: 0, retryAt: null });

/** Puts a message in, or takes in what another tab knows of it. */
export function put(outbox: Outbox, draft: Draft): Outbox {
  const known = outbox.find((e) => e.clientMsgId === draft.clientMsgId);
  if (known) return change(outbox, draft.clientMsgId, draft);
  return [...outbox, { attempts: 0, retryAt: null, ...draft }].sort((a, b) => a.order - b.order);
}

export const remove = (outbox: Outbox, id: string): Outbox => outbox.filter((e) => e.clientMsgId !== id);

const change = (outbox: Outbox, id: string, fields: Partial<Entry>): Outbox =>
  outbox.map((e) => (e.clientMsgId === id ? { ...e, ...fields } : e));

/** A first or further attempt begins. */
export const attempted = (outbox: Outbox, id: string): Outbox =>
  outbox.map((e) => (e.clientMsgId === id ? { ...e, attempts: e.attempts + 1, retryAt: null } : e));

export const postponed = (outbox: Outbox, id: string, retryAt: number): Outbox => change(outbox, id, { retryAt });

/** The server refused it for good: the next one goes on. */
export const refused = (outbox: Outbox, id: string, refusal: Refusal): Outbox => change(outbox, id, { refusal, retryAt: null });

/** The user wants a refused one tried again, under the same id. */
export const revived = (outbox: Outbox, id: string): Outbox => change(outbox, id, { refusal: null, attempts: 0, retryAt: null });

export const unkept = (outbox: Outbox, id: string): Outbox => change(outbox, id, { unkept: true });

/** The message to send next in each conversation: the first that was not refused. */
export function heads(outbox: Outbox): Entry[] {
  const seen = new Set<string>();
  return outbox.filter((e) => {
    if (e.refusal !== null || seen.has(e.conversationId)) return false;
    seen.add(e.conversationId);
    return true;
  });
}

/** An order for a new message: after all that are there. */
export const nextOrder = (outbox: Outbox, now: number): number => Math.max(now, (outbox.at(-1)?.order ?? 0) + 1);
