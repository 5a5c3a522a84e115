import type { Message, Page } from "../core/model";

/** A message as the server shows it. */
export const message = (seq: number, fields: Partial<Message> = {}): Message => ({
  conversation_id: "c", message_id: `m${seq}`, seq, sender_id: "ben", created_at: new Date(Date.UTC(2026, 0, 7, 12, 0, seq)).toISOString(),
  preview: `text ${seq}`, has_more: false, client_msg_id: `id${seq}`, ...fields,
});

export const page = (seqs: number[], first_seq: number, next_seq: number): Page => ({
  messages: seqs.map((seq) => message(seq)), first_seq, next_seq, has_more: false,
});
