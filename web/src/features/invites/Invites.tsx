import { useState } from "react";
import { Link, useNavigate } from "react-router";
import * as chats from "../../api/chats";
import { toApiError } from "../../api/problem";
import type { Invite } from "../../api/types";
import { Blank } from "../../components/Blank";
import { Button } from "../../components/Button";
import buttons from "../../components/Button.module.css";
import { cx } from "../../components/cx";
import { useNow } from "../../components/hooks";
import { Icon } from "../../components/Icon";
import pane from "../../components/Pane.module.css";
import { Tile } from "../../components/Tile";
import { text } from "../../core/text.en";
import { openFor } from "../../core/time";
import { people, usePeople } from "../../realtime/people";
import { useClient } from "../../realtime/SocketContext";
import { faultText } from "../auth/faults";
import s from "../settings/Settings.module.css";

/** My pending invites: join, or decline. */
export function Invites() {
  const invites = usePeople((p) => p.invites);
  return (
    <>
      <header className={cx(pane.bar, pane.main)}>
        <Link className={cx(buttons.iconbtn, pane.back)} to="/" aria-label={text.list.back(0)}><Icon name="chevron" /></Link>
        <h1 className={cx(pane.title, pane.text)}>{text.invite.heading2}</h1>
      </header>
      {invites?.length === 0 ? <Blank title={text.invite.none}>{text.invite.noneText}</Blank> : (
        <div className={s.page}>
          <ul className={cx(s.rows, s.pageIn, s.tight)}>{invites?.map((i) => <InviteRow key={i.invite_id} invite={i} />)}</ul>
        </div>
      )}
    </>
  );
}

function InviteRow({ invite: i }: { invite: Invite }) {
  const { sync } = useClient();
  const navigate = useNavigate();
  const now = useNow(60_000);
  const [fault, setFault] = useState<string | null>(null);
  const act = async (work: () => Promise<void>) => {
    try {
      await work();
      people.dropInvite(i.invite_id);
    } catch (cause) {
      setFault(inviteFault(cause, i.invited_by.username));
    }
  };
  const join = () => act(async () => {
    const c = await chats.join(i.conversation_id, i.invite_id);
    sync.met(c);
    await navigate(`/c/${c.conversation_id}`);
  });
  const decline = () => act(async () => {
    await chats.decline(i.invite_id);
  });
  return (
    <li className={s.row}>
      <Tile id={i.conversation_id} name={i.title} group size="list" />
      <div className={s.text}>
        <p className={s.rowTitle} dir="auto">{i.title}</p>
        {fault ? <p className={s.rowFault} role="alert">{fault}</p>
          : <p className={s.rowSub}>{text.invite.from(i.invited_by.username)} · {text.presence.membersOnly(i.member_count)} · {openFor(i.expires_at, now)}</p>}
      </div>
      <div className={s.actions}>
        <Button small aria-label={text.invite.declineGroup(i.title)} onClick={() => void decline()}>{text.invite.decline}</Button>
        <Button small look="primary" aria-label={text.invite.joinGroup(i.title)} onClick={() => void join()}>{text.invite.join}</Button>
      </div>
    </li>
  );
}

function inviteFault(cause: unknown, by: string): string {
  switch (toApiError(cause).code) {
    case "invite_expired": return text.invite.expired(by);
    case "invite_used": return text.invite.used;
    case "group_full": return text.invite.groupFull;
    case "invite_not_found": return text.invite.gone;
    default: return faultText(cause);
  }
}
