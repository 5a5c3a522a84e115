import * as chats from "../api/chats";
import { toApiError } from "../api/problem";
import { listUsers } from "../api/users";
import { people, usePeople } from "./people";

const mostAtOnce = 100;

/** Asks for what screens say of people: who is where, what they are called, who invited me. What fails is asked again later. */
export class Directory {
  private readonly me: string;
  private readonly asking = new Set<string>();

  constructor(me: string) {
    this.me = me;
  }

  /** False: there is no such conversation of mine. */
  async members(conversationId: string): Promise<boolean> {
    try {
      people.setMembers(conversationId, await chats.listMembers(conversationId));
    } catch (cause) {
      return toApiError(cause).status !== 404;
    }
    return true;
  }

  async invites(): Promise<void> {
    try {
      people.setInvites(await chats.listInvites());
    } catch {
      // The next catch-up asks again.
    }
  }

  /** Finds the names of senders who are no members any more. */
  async name(ids: readonly string[]): Promise<void> {
    const { names } = usePeople.getState();
    const unknown = [...new Set(ids)].filter((id) => id !== this.me && !names.has(id) && !this.asking.has(id)).slice(0, mostAtOnce);
    if (unknown.length === 0) return;
    for (const id of unknown) this.asking.add(id);
    try {
      people.named(await listUsers(unknown));
    } catch {
      // They are shown as somebody until their next message.
    } finally {
      for (const id of unknown) this.asking.delete(id);
    }
  }
}
