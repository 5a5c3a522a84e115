import * as chats from "../api/chats";
import * as messages from "../api/messages";
import { isTemporary, toApiError, type ApiError } from "../api/problem";
import { backoff, spread, type Backoff } from "../core/backoff";
import type { Message } from "../core/model";
import { answer, behind, dismissed, failed, filled, listed, listing, question, receive, type Ask } from "../core/timeline";
import type { ReadState } from "../core/unread";
import { conversations, useConversations } from "./conversations";
import type { Directory } from "./directory";
import { link } from "./link";
import { people } from "./people";
import { timelines } from "./timelines";

const listEvery = 5 * 60_000;
const maxFetches = 4;
/** Timelines kept besides the one on screen; the one not looked at for longest goes first. */
const maxTimelines = 20;
const openLimit = 100, pageLimit = 100, aroundBelow = 25;
const ceiling = 3_000;

/**
 * Brings what the screen shows up to date and keeps it so: lists on every occasion to have missed something, and
 * fetches from opened conversations while something is missing. The rules are core/timeline.ts; this does the asking.
 */
export class Sync {
  private readonly me: string;
  private readonly directory: Directory;
  private readonly recent: string[] = []; // opened conversations, the latest last
  private readonly fetchers = new Map<string, { pause: Backoff; timer: ReturnType<typeof setTimeout> | undefined }>();
  private readonly introducing = new Set<string>();
  private readonly liveListeners = new Set<(m: Message) => void>();
  private readonly listPause = backoff(ceiling);
  private left = new Set<string>(); // conversations dropped since the list in progress was asked for
  private inFlight = 0;
  private listInFlight = false;
  private listAgain = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = true;

  constructor(me: string, directory: Directory) {
    this.me = me;
    this.directory = directory;
  }

  start(): void {
    this.stopped = false;
    this.catchUp();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    for (const f of this.fetchers.values()) clearTimeout(f.timer);
  }

  /** Calls back on every message that is announced by an event, after the stores have it. */
  onLive(hear: (m: Message) => void): () => void {
    this.liveListeners.add(hear);
    return () => this.liveListeners.delete(hear);
  }

  /** Something may have been missed: list, and fetch what turns out to be. A list asked for before now does not count. */
  catchUp(): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    if (this.listInFlight) {
      this.listAgain = true;
      return;
    }
    this.listAgain = false;
    void this.list();
    void this.directory.invites();
    for (const id of timelines.ids()) this.hurry(id);
  }

  private async list(): Promise<void> {
    this.listInFlight = true;
    this.left = new Set();
    for (const id of timelines.ids()) timelines.update(id, listing);
    link.set({ listing: true });
    try {
      const all = await chats.listConversations();
      if (this.isStopped()) return;
      this.takeList(all);
      this.listPause.reset();
      link.set({ listing: false, trouble: false });
      this.timer = setTimeout(() => this.catchUp(), spread(listEvery));
    } catch (cause) {
      const e = toApiError(cause);
      if (this.isStopped() || e.status === 401) return;
      if (!useConversations.getState().loaded) conversations.failed();
      this.troubled(e);
      this.timer = setTimeout(() => this.catchUp(), this.listPause.next(e.retryAfter));
    } finally {
      this.listInFlight = false;
    }
    if (this.listAgain) this.catchUp();
  }

  private takeList(answer: Awaited<ReturnType<typeof chats.listConversations>>): void {
    const all = answer.filter((c) => !this.left.has(c.conversation_id));
    conversations.listed(all);
    people.named(all.flatMap((c) => (c.peer ? [c.peer] : [])));
    for (const c of all) {
      timelines.update(c.conversation_id, (t) => listed(t, c.last_seq));
      this.consider(c.conversation_id);
    }
    void this.directory.name(all.flatMap((c) => c.last_sender_id ?? []));
    const shown = new Set(all.map((c) => c.conversation_id));
    const known = new Set([...useConversations.getState().byId.keys(), ...timelines.ids()]);
    void this.confirm([...known].filter((id) => !shown.has(id)));
  }

  /**
   * Asks for conversations that a list did not show: lists move while they are read, so only a 404 says that the user is
   * no member any more. What cannot be asked now is asked after the next list.
   */
  private async confirm(ids: string[]): Promise<void> {
    for (const id of ids) {
      try {
        const c = await chats.getConversation(id);
        if (this.isStopped()) return;
        if (!this.left.has(id)) this.met(c);
      } catch (cause) {
        if (this.isStopped()) return;
        if (toApiError(cause).status !== 404) return;
        this.forget(id);
      }
    }
  }

  /** Takes in an announced message, or the answer to an own send. */
  hear(m: Message): void {
    if (!conversations.get(m.conversation_id)) {
      void this.introduce(m.conversation_id);
      return;
    }
    conversations.announced(m, this.me);
    timelines.update(m.conversation_id, (t) => receive(t, m));
    this.consider(m.conversation_id);
    void this.directory.name([m.sender_id]);
  }

  /** A message was announced by an event, not by the answer to a request. */
  heardLive(m: Message): void {
    this.hear(m);
    for (const hear of this.liveListeners) hear(m);
  }

  /** Asks for a conversation that no list has shown. */
  async introduce(id: string): Promise<void> {
    if (this.introducing.has(id)) return;
    this.introducing.add(id);
    try {
      const c = await chats.getConversation(id);
      if (!this.stopped) this.met(c);
    } catch (cause) {
      const e = toApiError(cause);
      if (e.status === 404) this.forget(id);
      else this.catchUp();
    } finally {
      this.introducing.delete(id);
    }
  }

  /** Takes in a conversation that was created, joined or asked for. */
  met(c: Awaited<ReturnType<typeof chats.getConversation>>): void {
    this.left.delete(c.conversation_id);
    conversations.put(c);
    if (c.peer) people.named([c.peer]);
    timelines.update(c.conversation_id, (t) => listed({ ...t, heardAsk: 0 }, c.last_seq)); // only a list shows a restored server
    this.consider(c.conversation_id);
  }

  /** The user is no member any more. */
  forget(id: string): void {
    conversations.drop(id);
    timelines.drop(id);
    this.left.add(id);
    clearTimeout(this.fetchers.get(id)?.timer);
    this.fetchers.delete(id);
  }

  /** Begins a conversation's timeline, if it is not kept already. */
  open(id: string): void {
    const at = this.recent.indexOf(id);
    if (at >= 0) this.recent.splice(at, 1);
    this.recent.push(id);
    for (const old of this.recent.splice(0, Math.max(0, this.recent.length - maxTimelines))) timelines.drop(old);
    if (!timelines.get(id)) timelines.begin(id, conversations.get(id)?.conversation.last_seq ?? 0);
    this.consider(id);
    void this.members(id);
  }

  /** The page before a seq, after one, or around one. False: it could not be had now. */
  async fill(id: string, where: { before: number } | { after: number } | { around: number }): Promise<boolean> {
    const t = timelines.get(id);
    if (!t) return false;
    const place = "before" in where ? { before_seq: where.before }
      : { after_seq: "after" in where ? where.after : Math.max(0, where.around - aroundBelow) };
    try {
      const page = await messages.listMessages(id, place, "around" in where ? 2 * aroundBelow : pageLimit);
      timelines.update(id, (now) => filled(now, t.epoch, page));
      void this.directory.name(page.messages.map((m) => m.sender_id));
      return true;
    } catch (cause) {
      if (toApiError(cause).status === 404) void this.introduce(id);
      return false;
    }
  }

  /** Asks for the members; a conversation that is not there any more is dropped. */
  async members(id: string): Promise<void> {
    if (!await this.directory.members(id)) void this.introduce(id);
  }

  readUpdated(id: string, userId: string, s: Partial<ReadState> & { last_read_seq: number }): void {
    people.changeMember(id, userId, { last_read_seq: s.last_read_seq });
    if (userId === this.me && s.unread_count !== undefined && s.settled_seq !== undefined) {
      conversations.readUpdated(id, { last_read_seq: s.last_read_seq, unread_count: s.unread_count, settled_seq: s.settled_seq });
    }
  }

  /** Has the conversation fetched from if something is missing and nothing is under way. */
  private consider(id: string): void {
    const t = timelines.get(id);
    if (this.stopped || !t || !behind(t) || t.asking || this.fetcher(id).timer || this.inFlight >= maxFetches) return;
    const [asked, ask] = question(t);
    if (!ask) return;
    timelines.update(id, () => asked);
    void this.fetch(id, ask);
  }

  private async fetch(id: string, ask: Ask): Promise<void> {
    this.inFlight++;
    const before = ask.after === "latest" ? -1 : ask.after;
    try {
      const page = ask.after === "latest"
        ? await messages.listMessages(id, { latest: true }, openLimit)
        : await messages.listMessages(id, { after_seq: ask.after }, pageLimit);
      timelines.update(id, (t) => answer(t, ask, page));
      timelines.failing(id, false);
      link.set({ trouble: false });
      void this.directory.name(page.messages.map((m) => m.sender_id));
      const t = timelines.get(id);
      if (t && t.last > before) this.fetcher(id).pause.reset();
      else if (t && behind(t)) this.later(id, 0); // what is missing is not settled yet
    } catch (cause) {
      const e = toApiError(cause);
      if (e.status === 404) {
        timelines.update(id, (t) => dismissed(t, ask));
        void this.introduce(id);
      } else {
        timelines.update(id, failed);
        if (e.status !== 401 && !this.stopped) {
          timelines.failing(id, true);
          this.troubled(e);
          this.later(id, e.retryAfter);
        }
      }
    } finally {
      this.inFlight--;
    }
    for (const other of timelines.ids()) this.consider(other);
  }

  private later(id: string, atLeast: number): void {
    const f = this.fetcher(id);
    f.timer = setTimeout(() => {
      f.timer = undefined;
      this.consider(id);
    }, f.pause.next(atLeast));
  }

  /** Ends a pause: things may have changed. */
  hurry(id: string): void {
    const f = this.fetcher(id);
    clearTimeout(f.timer);
    f.timer = undefined;
    f.pause.reset();
    this.consider(id);
  }

  private fetcher(id: string) {
    let f = this.fetchers.get(id);
    if (!f) this.fetchers.set(id, (f = { pause: backoff(ceiling), timer: undefined }));
    return f;
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private troubled(e: ApiError): void {
    if (isTemporary(e) && e.status !== 0) link.set({ trouble: true });
  }
}
