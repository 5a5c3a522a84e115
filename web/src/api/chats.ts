import { get, post, request } from "./http";
import type { Answer } from "./send";
import type { Conversation, Departure, Invite, InviteState, Member, Role } from "./types";

const base = "/api/chats/conversations";
const of = (id: string) => `${base}/${encodeURIComponent(id)}`;

/** All conversations, over all pages. */
export async function listConversations(): Promise<Conversation[]> {
  const all: Conversation[] = [];
  let url: string | null = `${base}?limit=200`;
  while (url !== null) {
    const answer: Answer<Conversation[]> = await request<Conversation[]>({ method: "GET", url });
    all.push(...answer.data);
    url = nextPage(answer.headers.get("Link"));
  }
  return all;
}

const nextPage = (link: string | null): string | null => /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1] ?? null;

export const getConversation = (id: string) => get<Conversation>(of(id));
export const createDM = (otherUserId: string) => post<Conversation>(`${base}/dm`, { other_user_id: otherUserId });
export const createGroup = (title: string, memberIds: string[]) => post<Conversation>(`${base}/group`, { title, member_ids: memberIds });
export const rename = async (id: string, title: string) =>
  (await request<Conversation>({ method: "PATCH", url: of(id), data: { title } })).data;

export const listMembers = (id: string) => get<Member[]>(`${of(id)}/members`);
export const removeMember = async (id: string, userId: string) => {
  await request({ method: "DELETE", url: `${of(id)}/members/${encodeURIComponent(userId)}` });
};
/** Leaves many groups, 100 in a request; each has an outcome. Hears the outcomes as they come. */
export async function leaveGroups(ids: readonly string[], hear: (outcomes: Departure[]) => void): Promise<void> {
  for (let from = 0; from < ids.length; from += 100) {
    hear(await post<Departure[]>(`${base}/leave`, { conversation_ids: ids.slice(from, from + 100) }));
  }
}
export const setRole = async (id: string, userId: string, role: Role) =>
  (await request<Member>({ method: "PUT", url: `${of(id)}/members/${encodeURIComponent(userId)}/role`, data: { role } })).data;

export const invite = (id: string, userId: string) => post<InviteState>(`${of(id)}/invite`, { user_id: userId });
export const join = (id: string, inviteId: string) => post<Conversation>(`${of(id)}/join`, { invite_id: inviteId });
export const listInvites = () => get<Invite[]>("/api/chats/invites");
export const decline = (inviteId: string) => post<InviteState>(`/api/chats/invites/${encodeURIComponent(inviteId)}/decline`);
