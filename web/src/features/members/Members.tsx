import { useState } from "react";
import { useNavigate } from "react-router";
import * as chats from "../../api/chats";
import type { Conversation, Member, Role } from "../../api/types";
import { Button, IconButton, TextButton } from "../../components/Button";
import { cx } from "../../components/cx";
import { Confirm } from "../../components/Dialog";
import { Icon } from "../../components/Icon";
import { MenuButton, type MenuItem } from "../../components/Menu";
import { Note } from "../../components/Note";
import pane from "../../components/Pane.module.css";
import { Tile } from "../../components/Tile";
import { text } from "../../core/text.en";
import { useLink } from "../../realtime/link";
import { people, usePeople } from "../../realtime/people";
import { useClient, useMe } from "../../realtime/SocketContext";
import { faultText } from "../auth/faults";
import { ui } from "../ui";
import { LeaveDialog } from "./GroupDialogs";
import s from "./Members.module.css";

/** Who is in a group, and what an admin may do about it. */
export function Members({ conversation }: { conversation: Conversation }) {
  const id = conversation.conversation_id;
  const members = usePeople((p) => p.members.get(id));
  const live = useLink((l) => l.phase === "live");
  const [leaving, setLeaving] = useState(false);
  const [removing, setRemoving] = useState<Member | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const { sync } = useClient();
  const admin = conversation.role === "ADMIN";

  const act = async (work: () => Promise<unknown>) => {
    setFault(null);
    try {
      await work();
      await sync.members(id);
    } catch (cause) {
      setFault(faultText(cause));
    }
  };
  const setRole = (m: Member, role: Role) => void act(async () => {
    people.changeMember(id, m.user_id, { role: (await chats.setRole(id, m.user_id, role)).role });
  });

  const online = live ? (members?.filter((m) => m.online) ?? []) : [];
  const offline = members?.filter((m) => !online.includes(m)) ?? [];
  const group = (heading: string, list: readonly Member[]) => list.length > 0 && (
    <>
      <h3 className={s.head}><span>{heading}</span><span className="tnum">{text.number(list.length)}</span></h3>
      <ul>
        {list.map((m) => (
          <MemberRow key={m.user_id} member={m} admin={admin} online={online.includes(m)} onRole={setRole} onRemove={setRemoving} />
        ))}
      </ul>
    </>
  );
  return (
    <aside className={s.members} aria-label={text.members.heading} data-pane="members">
      <header className={pane.bar}>
        <h2 className={cx(pane.title, pane.text)}>{text.members.heading}</h2>
        <IconButton icon="x" label={text.members.close} onClick={() => ui.showMembers(false)} />
      </header>
      {admin && (
        <Button className={s.invite} onClick={() => ui.show({ kind: "invite", conversationId: id })}>
          <Icon name="useradd" />{text.members.invite}
        </Button>
      )}
      <div className={s.body}>
        {fault && <Note kind="danger">{fault}</Note>}
        {live ? <>{group(text.members.online, online)}{group(text.members.offline, offline)}</> : group(text.members.all, offline)}
      </div>
      <footer className={s.foot}><TextButton danger onClick={() => setLeaving(true)}>{text.members.leave}</TextButton></footer>
      {leaving && <LeaveDialog conversation={conversation} onClose={() => setLeaving(false)} />}
      {removing && (
        <Confirm
          title={text.members.confirmRemove(removing.username)} body={text.members.confirmRemoveText}
          action={text.members.removeDo(removing.username)} onClose={() => setRemoving(null)}
          onConfirm={() => { setRemoving(null); void act(() => chats.removeMember(id, removing.user_id)); }}
        />
      )}
    </aside>
  );
}

interface MemberRowProps {
  member: Member;
  admin: boolean;
  online: boolean;
  onRole: (m: Member, role: Role) => void;
  onRemove: (m: Member) => void;
}

function MemberRow({ member: m, admin, online, onRole, onRemove }: MemberRowProps) {
  const me = useMe().user_id;
  const { sync } = useClient();
  const navigate = useNavigate();
  const message = async () => {
    const dm = await chats.createDM(m.user_id);
    sync.met(dm);
    await navigate(`/c/${dm.conversation_id}`);
  };
  const role = m.role === "ADMIN" ? "MEMBER" : "ADMIN";
  const items: MenuItem[] = [
    { label: text.members.message(m.username), icon: "write", onSelect: () => void message().catch(() => undefined) },
    ...(admin ? [
      { label: role === "ADMIN" ? text.members.makeAdmin : text.members.makeMember, icon: "key", onSelect: () => onRole(m, role) } as const,
      { label: text.members.remove, icon: "x", danger: true, onSelect: () => onRemove(m) } as const,
    ] : []),
  ];
  return (
    <li className={cx(s.member, !online && s.off)}>
      <Tile id={m.user_id} name={m.username} size="small" online={online} />
      <span className={cx(s.name, "clip")}><bdi>{m.username}</bdi> {m.user_id === me && <span className={s.you}>{text.members.you}</span>}</span>
      {m.role === "ADMIN" && <span className={s.role}>{text.members.admin}</span>}
      {m.user_id !== me && <MenuButton label={text.members.actions(m.username)} items={items} />}
    </li>
  );
}
