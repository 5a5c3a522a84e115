import { channel, newID, type Channel } from "../api/locks";
import * as messages from "../api/messages";
import { isTemporary, toApiError, type ApiError } from "../api/problem";
import { backoff, type Backoff } from "../core/backoff";
import type { Message } from "../core/model";
import {
  attempted, heads, newEntry, nextOrder, postponed, put, refused, remove, revived, unkept, type Draft, type Entry, type Refusal,
} from "../core/outbox";
import { link } from "./link";
import { outbox } from "./outboxStore";
import { storage } from "./storage";

const ceiling = 3_000;
/** The most messages that may be on their way at once. */
export const outboxLimit = 500;

/**
 * Sends what is written: per conversation in order and one request at a time, again under the same client_msg_id until the
 * server has decided. The messages are kept in this browser until then. Of several tabs one sends, the one used last;
 * where there are no locks each sends what it has, which doubles nothing.
 */
export class Sender {
  private readonly keys: string;
  private readonly lock: string;
  private readonly hear: (m: Message) => void;
  private tabs: Channel | null = null;
  private readonly inFlight = new Set<string>(); // conversations
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>(); // by conversation
  private readonly pauses = new Map<string, Backoff>();
  private leading = false;
  private stopped = false;
  private release: () => void = () => undefined;

  constructor(me: string, hear: (m: Message) => void) {
    this.keys = `chat.outbox.${me}.`;
    this.lock = `chat.outbox.${me}`;
    this.hear = hear;
  }

  start(): void {
    this.stopped = false;
    this.tabs = channel(this.lock);
    this.tabs.onMessage((m) => this.delivered(m as Message));
    this.load();
    addEventListener("storage", this.onStorage);
    this.lead(document.visibilityState === "visible");
  }

  stop(): void {
    this.stopped = true;
    this.leading = false;
    this.tabs?.close();
    removeEventListener("storage", this.onStorage);
    for (const t of this.timers.values()) clearTimeout(t);
    this.release();
  }

  /** Stops and deletes the messages from this browser: the user signed out. */
  forget(): void {
    this.stop();
    outbox.change(() => []);
    for (const key of storage.keys(this.keys)) storage.remove(key);
  }

  /** Puts a message at the end. False: too many are on their way. */
  send(conversationId: string, body: string): boolean {
    if (outbox.get().length >= outboxLimit) return false;
    const order = nextOrder(outbox.get(), Date.now());
    const entry = newEntry({ clientMsgId: newID(), conversationId, body, createdAt: new Date().toISOString(), order });
    outbox.change((o) => put(o, entry));
    this.keep(entry);
    this.lead(true);
    this.pump();
    return true;
  }

  retry(id: string): void {
    outbox.change((o) => revived(o, id));
    const entry = outbox.get().find((e) => e.clientMsgId === id);
    if (!entry) return;
    this.keep(entry);
    this.lead(true);
    this.hurry(entry.conversationId);
  }

  /** Stops trying. If the server has the message already, it appears as sent. */
  cancel(id: string): void {
    const entry = outbox.get().find((e) => e.clientMsgId === id);
    this.drop(id);
    if (entry) this.hurry(entry.conversationId);
  }

  /** Tries everything now: the connection is back, or the user asks. */
  retryNow(): void {
    for (const e of heads(outbox.get())) this.hurry(e.conversationId);
  }

  /** The message is stored: it was announced, or another tab sent it. */
  delivered(m: Message): void {
    const known = outbox.get().some((e) => e.clientMsgId === m.client_msg_id && e.conversationId === m.conversation_id);
    this.hear(m);
    if (known) this.drop(m.client_msg_id);
  }

  private hurry(conversationId: string): void {
    clearTimeout(this.timers.get(conversationId));
    this.timers.delete(conversationId);
    this.pauses.get(conversationId)?.reset();
    this.pump();
  }

  private pump(): void {
    if (!this.leading || this.stopped) return;
    for (const entry of heads(outbox.get())) {
      if (!this.inFlight.has(entry.conversationId) && !this.timers.has(entry.conversationId)) void this.attempt(entry);
    }
  }

  private async attempt(entry: Entry): Promise<void> {
    const { clientMsgId, conversationId, body } = entry;
    this.inFlight.add(conversationId);
    outbox.change((o) => attempted(o, clientMsgId));
    try {
      const message = await messages.sendMessage(conversationId, clientMsgId, body);
      if (this.stopped) return;
      this.pauses.delete(conversationId);
      link.set({ trouble: false });
      this.delivered(message);
      this.tabs?.post(message);
    } catch (cause) {
      if (!this.stopped) this.attemptFailed(entry, toApiError(cause));
    } finally {
      this.inFlight.delete(conversationId);
    }
    this.pump();
  }

  private attemptFailed({ clientMsgId, conversationId }: Entry, e: ApiError): void {
    if (e.status === 401) return; // the session is over; the message stays for the next one
    if (!isTemporary(e)) {
      outbox.change((o) => refused(o, clientMsgId, refusal(e)));
      const entry = outbox.get().find((x) => x.clientMsgId === clientMsgId);
      if (entry) this.keep(entry);
      return;
    }
    if (e.status >= 500) link.set({ trouble: true });
    let pause = this.pauses.get(conversationId);
    if (!pause) this.pauses.set(conversationId, (pause = backoff(ceiling)));
    const wait = pause.next(e.retryAfter);
    outbox.change((o) => postponed(o, clientMsgId, Date.now() + wait));
    this.timers.set(conversationId, setTimeout(() => {
      this.timers.delete(conversationId);
      this.pump();
    }, wait));
  }

  /** Becomes the tab that sends: at once by taking over, or when the others have gone. */
  private lead(takeOver: boolean): void {
    if (this.leading || this.stopped) return;
    if (!("locks" in navigator)) {
      this.leading = true;
      this.pump();
      return;
    }
    navigator.locks.request(this.lock, takeOver ? { steal: true } : {}, () => {
      this.leading = !this.stopped;
      this.load();
      this.pump();
      return this.stopped ? Promise.resolve() : new Promise<void>((resolve) => (this.release = resolve));
    }).catch(() => {
      this.leading = false; // another tab has taken over
      this.lead(false);
    });
  }

  private load(): void {
    for (const key of storage.keys(this.keys)) this.take(storage.get(key));
  }

  private take(kept: string | null): void {
    const draft = kept === null ? null : parse(kept);
    if (draft) outbox.change((o) => put(o, draft));
  }

  private readonly onStorage = (e: StorageEvent): void => {
    if (!e.key?.startsWith(this.keys)) return;
    if (e.newValue === null) outbox.change((o) => remove(o, e.key?.slice(this.keys.length) ?? ""));
    else this.take(e.newValue);
    this.pump();
  };

  private keep({ clientMsgId, conversationId, body, createdAt, order, refusal }: Entry): void {
    const draft: Draft = { clientMsgId, conversationId, body, createdAt, order, refusal };
    if (!storage.set(this.keys + clientMsgId, JSON.stringify(draft))) outbox.change((o) => unkept(o, clientMsgId));
  }

  private drop(id: string): void {
    outbox.change((o) => remove(o, id));
    storage.remove(this.keys + id);
  }
}

function refusal(e: ApiError): Refusal {
  const rule = e.fields.find((f) => f.field === "body")?.code;
  if (e.status === 404) return "left";
  if (e.status === 413 || rule === "length") return "long";
  if (e.code === "malformed_json" || rule !== undefined) return "character";
  return "refused";
}

function parse(kept: string): Draft | null {
  try {
    const draft = JSON.parse(kept) as Partial<Draft>;
    return typeof draft.clientMsgId === "string" && typeof draft.body === "string" ? (draft as Draft) : null;
  } catch {
    return null;
  }
}
