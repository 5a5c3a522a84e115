import { useState } from "react";
import { useNavigate } from "react-router";
import * as chats from "../../api/chats";
import type { Conversation } from "../../api/types";
import { Button } from "../../components/Button";
import { Confirm, Dialog, DialogBody, DialogFoot } from "../../components/Dialog";
import { Field } from "../../components/Field";
import { isBlank } from "../../core/blank";
import { codePoints } from "../../core/codePoints";
import { text } from "../../core/text.en";
import { useClient, useMe } from "../../realtime/SocketContext";
import { faultText } from "../auth/faults";
import { chatName } from "../../realtime/conversations";

interface Props {
  conversation: Conversation;
  onClose: () => void;
}

/** Whether a text may be the name of a group. */
export const validTitle = (title: string): boolean => !isBlank(title) && codePoints(title.trim()) <= 255;

export function RenameDialog({ conversation, onClose }: Props) {
  const { sync } = useClient();
  const [title, setTitle] = useState(conversation.title ?? "");
  const [fault, setFault] = useState<string | null>(null);
  const submit = async () => {
    if (!validTitle(title)) {
      setFault(text.create.titleRequired);
      return;
    }
    try {
      sync.met(await chats.rename(conversation.conversation_id, title.trim()));
      onClose();
    } catch (cause) {
      setFault(faultText(cause));
    }
  };
  return (
    <Dialog title={text.chat.rename} width="small" onClose={onClose}>
      <form onSubmit={(e) => { e.preventDefault(); void submit(); }}>
        <DialogBody>
          <Field label={text.chat.name} value={title} error={fault} data-autofocus onChange={(e) => setTitle(e.target.value)} />
        </DialogBody>
        <DialogFoot>
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button look="primary" type="submit">{text.save}</Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}

export function LeaveDialog({ conversation, onClose }: Props) {
  const { sync } = useClient();
  const me = useMe();
  const navigate = useNavigate();
  const [fault, setFault] = useState<string | null>(null);
  const leave = async () => {
    try {
      await chats.removeMember(conversation.conversation_id, me.user_id);
      await navigate("/");
      sync.forget(conversation.conversation_id);
    } catch (cause) {
      setFault(faultText(cause));
    }
  };
  return (
    <Confirm
      title={text.members.confirmLeave(chatName(conversation))} body={fault ?? text.members.confirmLeaveText} stay={text.members.stay}
      action={text.members.leave} onClose={onClose} onConfirm={() => void leave()}
    />
  );
}
