/** A message as history and events show it: what the API's Message has, without the body. */
export interface Message {
  conversation_id: string;
  message_id: string;
  seq: number;
  sender_id: string;
  created_at: string;
  preview: string;
  has_more: boolean;
  client_msg_id: string;
}

/** A part of the log without holes: every seq in first_seq … next_seq − 1 is in messages or is a void. */
export interface Page {
  messages: Message[];
  has_more: boolean;
  first_seq: number;
  next_seq: number;
}
