import { create } from "zustand";
import type { Conversation } from "../api/types";
import type { Message } from "../core/model";
import { announced, counted, readUpdated, readUpTo, type ReadState, type Unread } from "../core/unread";

/** A conversation as the list shows it. */
export interface Chat {
  readonly conversation: Conversation;
  readonly unread: Unread;
  /** The latest message known of. */
  readonly latest: { readonly preview: string; readonly senderId: string; readonly at: string } | null;
}

interface Conversations {
  readonly byId: ReadonlyMap<string, Chat>;
  /** A list has been loaded. */
  readonly loaded: boolean;
  /** The first list has failed; it is being tried again. */
  readonly failed: boolean;
}

const nothing: Conversations = { byId: new Map(), loaded: false, failed: false };

export const useConversations = create<Conversations>(() => nothing);

export const conversations = {
  reset: () => useConversations.setState(nothing, true),

  get: (id: string): Chat | undefined => useConversations.getState().byId.get(id),

  failed: () => useConversations.setState({ failed: true }),

  /** Takes in a whole list. What is not in it stays: it may have moved while the pages were read. */
  listed(all: Conversation[]) {
    const byId = new Map(useConversations.getState().byId);
    for (const c of all) byId.set(c.conversation_id, merge(byId.get(c.conversation_id), c));
    useConversations.setState({ byId, loaded: true, failed: false });
  },

  /** Takes in one conversation. */
  put: (c: Conversation) => set(c.conversation_id, merge(conversations.get(c.conversation_id), c)),

  drop(id: string) {
    const byId = new Map(useConversations.getState().byId);
    if (byId.delete(id)) useConversations.setState({ byId });
  },

  change: (id: string, fields: Partial<Conversation>) =>
    update(id, (chat) => ({ ...chat, conversation: { ...chat.conversation, ...fields } })),

  announced(m: Message, me: string) {
    update(m.conversation_id, (chat) => ({
      conversation: chat.conversation.last_seq < m.seq ? { ...chat.conversation, last_seq: m.seq } : chat.conversation,
      unread: announced(chat.unread, m.seq, m.sender_id === me),
      latest: newer(chat.latest, { preview: m.preview, senderId: m.sender_id, at: m.created_at }),
    }));
  },

  readUpTo: (id: string, seq: number) => update(id, (chat) => ({ ...chat, unread: readUpTo(chat.unread, seq) })),

  readUpdated: (id: string, s: ReadState) => update(id, (chat) => ({ ...chat, unread: readUpdated(chat.unread, s) })),
};

function merge(old: Chat | undefined, c: Conversation): Chat {
  const listed = c.last_message_at && c.last_sender_id
    ? { preview: c.last_preview, senderId: c.last_sender_id, at: c.last_message_at }
    : null;
  // A seq that fell is a server restored to an earlier state: what was known does not count.
  const known = old && old.conversation.last_seq <= c.last_seq ? old : undefined;
  return { conversation: c, unread: counted(known?.unread, c), latest: newer(listed, known?.latest ?? null) };
}

/** The later of two; of the same time the second. */
const newer = (a: Chat["latest"], b: Chat["latest"]): Chat["latest"] => (a && (!b || a.at > b.at) ? a : b);

function set(id: string, chat: Chat): void {
  useConversations.setState((s) => ({ byId: new Map(s.byId).set(id, chat) }));
}

function update(id: string, change: (chat: Chat) => Chat): void {
  const chat = conversations.get(id);
  if (chat) set(id, change(chat));
}

/** Newest first, as the server lists them. */
export function inOrder(byId: ReadonlyMap<string, Chat>): Chat[] {
  const at = (c: Chat) => c.latest?.at ?? c.conversation.created_at;
  return [...byId.values()].sort((a, b) =>
    at(a) === at(b) ? (a.conversation.conversation_id < b.conversation.conversation_id ? 1 : -1) : at(a) < at(b) ? 1 : -1);
}

/** What a conversation is called. */
export const chatName = (c: Conversation): string => c.peer?.username ?? c.title ?? "";
