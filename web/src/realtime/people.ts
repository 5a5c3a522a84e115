import { create } from "zustand";
import type { Invite, Member } from "../api/types";

interface People {
  /** The members of conversations that were opened or are looked at. */
  readonly members: ReadonlyMap<string, readonly Member[]>;
  /** Names by user id: members, peers, and senders who have left. */
  readonly names: ReadonlyMap<string, string>;
  /** My pending invites, the newest first; null before they are loaded. */
  readonly invites: readonly Invite[] | null;
}

const nothing: People = { members: new Map(), names: new Map(), invites: null };

export const usePeople = create<People>(() => nothing);

export const people = {
  reset: () => usePeople.setState(nothing, true),

  setMembers(conversationId: string, list: readonly Member[]) {
    usePeople.setState((s) => ({ members: new Map(s.members).set(conversationId, list) }));
    people.named(list);
  },

  changeMember(conversationId: string, userId: string, fields: Partial<Member>) {
    const list = usePeople.getState().members.get(conversationId);
    if (list) people.setMembers(conversationId, list.map((m) => (m.user_id === userId ? { ...m, ...fields } : m)));
  },

  named(list: readonly { user_id: string; username: string }[]) {
    const { names } = usePeople.getState();
    if (list.every((p) => names.get(p.user_id) === p.username)) return;
    const next = new Map(names);
    for (const p of list) next.set(p.user_id, p.username);
    usePeople.setState({ names: next });
  },

  setInvites: (invites: readonly Invite[]) => usePeople.setState({ invites }),

  dropInvite: (id: string) => usePeople.setState((s) => ({ invites: s.invites?.filter((i) => i.invite_id !== id) ?? null })),
};
