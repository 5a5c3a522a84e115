import { useState } from "react";
import { invite } from "../../api/chats";
import { toApiError } from "../../api/problem";
import type { UserName } from "../../api/types";
import { Button } from "../../components/Button";
import { Dialog, DialogBody, DialogFoot } from "../../components/Dialog";
import { Icon } from "../../components/Icon";
import { Note } from "../../components/Note";
import { Tile } from "../../components/Tile";
import { text } from "../../core/text.en";
import { chatName, useConversations } from "../../realtime/conversations";
import { usePeople } from "../../realtime/people";
import { faultText } from "../auth/faults";
import { Combobox, Name, peopleStyles as s } from "./Combobox";
import { usePersonSearch } from "./usePersonSearch";

const mostMembers = 100;

/** Invites people to a group. */
export function InviteDialog({ conversationId, onClose }: { conversationId: string; onClose: () => void }) {
  const [query, setQuery] = useState("");
  const [invited, setInvited] = useState<ReadonlySet<string>>(new Set());
  const [joined, setJoined] = useState<ReadonlySet<string>>(new Set());
  const [fault, setFault] = useState<string | null>(null);
  const { found, pending, words } = usePersonSearch(query);
  const chat = useConversations((c) => c.byId.get(conversationId));
  const members = usePeople((p) => p.members.get(conversationId)) ?? [];
  const full = members.length >= mostMembers;

  const ask = async (u: UserName) => {
    setFault(null);
    try {
      await invite(conversationId, u.user_id);
      setInvited((all) => new Set(all).add(u.user_id));
    } catch (cause) {
      if (toApiError(cause).code === "already_member") setJoined((all) => new Set(all).add(u.user_id));
      else setFault(faultText(cause));
    }
  };
  const options = found.map((u) => {
    const member = joined.has(u.user_id) || members.some((m) => m.user_id === u.user_id);
    const done = invited.has(u.user_id);
    return {
      key: u.user_id,
      stale: pending,
      onSelect: member || done || full ? undefined : () => void ask(u),
      content: (
        <>
          <Tile id={u.user_id} name={u.username} size="small" /><Name name={u.username} query={query} />
          {member ? <span className={s.state}>{text.invite.member}</span>
            : done ? <span className={s.stateOk}><Icon name="check" small /> {text.invite.invited}</span>
            : <span className={s.act}>{text.invite.invite}</span>}
        </>
      ),
    };
  });
  return (
    <Dialog title={text.invite.heading} sub={chat && text.invite.sub(chatName(chat.conversation))} onClose={onClose}>
      <DialogBody>
        {full && <Note kind="danger">{text.invite.full}</Note>}
        {fault && <Note kind="danger">{fault}</Note>}
        <div>
          <Combobox label={text.people.search} query={query} onQuery={setQuery} options={options} pending={pending} words={words} listLabel={text.create.people} />
        </div>
      </DialogBody>
      <DialogFoot note={text.invite.note(members.length)}><Button onClick={onClose}>{text.done}</Button></DialogFoot>
    </Dialog>
  );
}
