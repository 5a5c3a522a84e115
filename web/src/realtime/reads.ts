import { markRead } from "../api/messages";
import { toApiError } from "../api/problem";
import { conversations } from "./conversations";

const pause = 300;

/** Tells the server how far the user has read. What it could not be told is told with the next occasion. */
export class Reads {
  private readonly untold = new Map<string, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** The messages up to seq have been on screen. */
  seen(id: string, seq: number): void {
    const chat = conversations.get(id);
    if (!chat || seq <= chat.unread.lastRead) return;
    conversations.readUpTo(id, seq);
    this.untold.set(id, seq);
    this.timer ??= setTimeout(() => void this.tell(), pause);
  }

  async tell(): Promise<void> {
    this.stop();
    for (const [id, seq] of [...this.untold]) {
      try {
        const state = await markRead(id, seq);
        if (this.untold.get(id) === seq) this.untold.delete(id);
        conversations.readUpdated(id, state);
      } catch (cause) {
        // Else kept for the next occasion: a later read, or the connection coming back.
        if (toApiError(cause).status === 404) this.untold.delete(id);
      }
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
