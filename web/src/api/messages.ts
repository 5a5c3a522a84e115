import { get, post } from "./http";
import type { ApiMessage, MessagePage, ReadState } from "./types";

const of = (conversationId: string) => `/api/messages/conversations/${encodeURIComponent(conversationId)}`;

/** Where in the log a page lies; at most 200 messages. */
export type Place = { latest: true } | { after_seq: number } | { before_seq: number };

export const listMessages = (id: string, place: Place, limit: number) => get<MessagePage>(`${of(id)}/messages`, { ...place, limit });
/** The message as stored, without the body: its sender has it. */
export async function sendMessage(id: string, clientMsgId: string, body: string): Promise<ApiMessage> {
  const message = await post<ApiMessage>(`${of(id)}/messages`, { client_msg_id: clientMsgId, body });
  delete message.body;
  return message;
}
export const getBody = async (id: string, messageId: string): Promise<string> =>
  (await get<ApiMessage>(`${of(id)}/messages/${encodeURIComponent(messageId)}`, { fields: "full" })).body ?? "";
export const markRead = (id: string, seq: number) => post<ReadState>(`${of(id)}/read`, { last_read_seq: seq });
