import type { Role } from "../api/types";
import type { Message } from "../core/model";
import { conversations } from "./conversations";
import type { Directory } from "./directory";
import { people, usePeople } from "./people";
import type { Sync } from "./sync";

/** What the server sends, by event. Fields are only ever added. */
export interface ServerEvents {
  authenticated: (e: { userId: string }) => void;
  error: (e: { code?: string; message?: string }) => void;
  pong: () => void;
  resync: (e: { reason: string }) => void;
  "message:new": (e: Message) => void;
  "conversation:new": (e: { conversation_id: string }) => void;
  "conversation:updated": (e: { conversation_id: string; title?: string; user_id?: string; role?: Role }) => void;
  "member:joined": (e: { conversation_id: string; user_id: string }) => void;
  "member:left": (e: { conversation_id: string; user_id: string }) => void;
  "invite:new": (e: { invite_id: string }) => void;
  "read:updated": (e: { conversation_id: string; user_id: string; last_read_seq: number; unread_count?: number; settled_seq?: number }) => void;
}

export interface ClientEvents {
  authenticate: (e: { token: string }) => void;
  ping: () => void;
}

type Handlers = Omit<ServerEvents, "authenticated" | "error" | "pong">;

/** What each event does. Events are hints: the API has the truth, and is asked where an event does not say it all. */
export function handlers(me: string, sync: Sync, directory: Directory, delivered: (m: Message) => void): Handlers {
  const membersChanged = (id: string) => {
    if (usePeople.getState().members.has(id)) void sync.members(id);
  };
  return {
    resync: () => sync.catchUp(),
    "message:new": (m) => {
      if (m.sender_id === me) delivered(m);
      else sync.heardLive(m);
    },
    "conversation:new": (e) => void sync.introduce(e.conversation_id),
    "conversation:updated": (e) => {
      if (e.title !== undefined) conversations.change(e.conversation_id, { title: e.title });
      if (e.user_id !== undefined && e.role !== undefined) {
        people.changeMember(e.conversation_id, e.user_id, { role: e.role });
        if (e.user_id === me) conversations.change(e.conversation_id, { role: e.role });
      }
    },
    "member:joined": (e) => {
      if (e.user_id === me) void sync.introduce(e.conversation_id);
      membersChanged(e.conversation_id);
    },
    "member:left": (e) => {
      if (e.user_id === me) void sync.introduce(e.conversation_id); // 404, unless one is back already
      else membersChanged(e.conversation_id);
    },
    "invite:new": () => void directory.invites(),
    "read:updated": (e) => sync.readUpdated(e.conversation_id, e.user_id, e),
  };
}
