import { inOrder, useConversations } from "./conversations";
import { useLink } from "./link";
import type { Sync } from "./sync";

const every = 60_000, openEvery = 20_000, rows = 30;

/** Asks who is online: the server tells it with the members of a conversation only. Not while nobody looks. */
export class Presence {
  private readonly sync: Sync;
  private readonly timers: ReturnType<typeof setInterval>[] = [];
  private asking = false;
  private open: string | null = null;

  constructor(sync: Sync) {
    this.sync = sync;
  }

  start(): void {
    this.timers.push(setInterval(() => void this.askRows(), every));
    this.timers.push(setInterval(() => {
      if (this.looking() && this.open !== null) void this.sync.members(this.open);
    }, openEvery));
  }

  /** Asks about this conversation more often. Returns how to stop. */
  watch(id: string): () => void {
    this.open = id;
    return () => {
      if (this.open === id) this.open = null;
    };
  }

  stop(): void {
    this.timers.forEach(clearInterval);
  }

  /** The direct chats at the top of the list, one after the other. */
  async askRows(): Promise<void> {
    if (this.asking || !this.looking()) return;
    this.asking = true;
    try {
      for (const { conversation: c } of inOrder(useConversations.getState().byId).slice(0, rows)) {
        if (c.type === "DM" && this.looking()) await this.sync.members(c.conversation_id);
      }
    } finally {
      this.asking = false;
    }
  }

  private looking(): boolean {
    return document.visibilityState === "visible" && useLink.getState().phase === "live";
  }
}
