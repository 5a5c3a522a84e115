import { useEffect, useMemo } from "react";
import { NavLink, useNavigate } from "react-router";
import { Badge } from "../../components/Badge";
import { Button, IconButton } from "../../components/Button";
import { cx } from "../../components/cx";
import { useNow } from "../../components/hooks";
import { Icon } from "../../components/Icon";
import { Mark } from "../../components/Mark";
import pane from "../../components/Pane.module.css";
import { Dot, Tile } from "../../components/Tile";
import type { Entry, Outbox } from "../../core/outbox";
import { text } from "../../core/text.en";
import { badge } from "../../core/unread";
import { inOrder, useConversations } from "../../realtime/conversations";
import { useDrafts } from "../../realtime/drafts";
import { useLink } from "../../realtime/link";
import { useOutbox } from "../../realtime/outboxStore";
import { usePeople } from "../../realtime/people";
import { useMe } from "../../realtime/SocketContext";
import { useStanding } from "../connection/Banner";
import { ui } from "../ui";
import { ChatRow } from "./ChatRow";
import s from "./List.module.css";

/** The pane of all chats. */
export function List({ current }: { current: string | undefined }) {
  const { byId, loaded, failed } = useConversations();
  const invites = usePeople((p) => p.invites);
  const chats = useMemo(() => inOrder(byId), [byId]);
  const unread = useMemo(() => chats.reduce((sum, c) => sum + badge(c.unread), 0), [chats]);

  useEffect(() => {
    document.title = text.title(unread);
  }, [unread]);

  return (
    <nav className={s.list} aria-label={text.list.heading} data-pane="list">
      <header className={pane.bar}>
        <Mark />
        {current ? <p className={cx(pane.title, pane.text)}>{text.list.heading}</p>
          : <h1 className={cx(pane.title, pane.text)}>{text.list.heading}</h1>}
        <IconButton icon="write" label={text.list.newChat} onClick={() => ui.show({ kind: "create" })} />
      </header>
      <button type="button" className={s.find} onClick={() => ui.show({ kind: "switcher" })}>
        <Icon name="search" /><span className="clip">{text.list.find}</span><kbd>Ctrl K</kbd>
      </button>
      {invites && invites.length > 0 && (
        <NavLink className={s.invites} to="/invites">
          <Icon name="mail" />{text.list.invites}<Badge count={invites.length} words={text.list.invitesWaiting} />
        </NavLink>
      )}
      <div className={s.rows}>
        {!loaded ? <Loading failed={failed} /> : chats.length === 0 ? <NoChats /> : <Rows chats={chats} />}
      </div>
      <Me />
    </nav>
  );
}

function Rows({ chats }: { chats: ReturnType<typeof inOrder> }) {
  const me = useMe().user_id;
  const now = useNow(60_000);
  const drafts = useDrafts((d) => d.byId);
  const outbox = useOutbox((o) => o.outbox);
  const stuck = useMemo(() => stuckByChat(outbox), [outbox]);
  const names = usePeople((p) => p.names);
  const members = usePeople((p) => p.members);
  const live = useLink((l) => l.phase === "live");
  return (
    <ul>
      {chats.map((chat) => {
        const id = chat.conversation.conversation_id, peer = chat.conversation.peer?.user_id;
        return (
          <li key={id}>
            <ChatRow
              chat={chat} me={me} now={now} draft={drafts.get(id)} stuck={stuck.get(id)}
              sender={chat.latest ? names.get(chat.latest.senderId) : undefined}
              online={live && peer !== undefined && (members.get(id)?.some((m) => m.user_id === peer && m.online) ?? false)}
            />
          </li>
        );
      })}
    </ul>
  );
}

/** Per chat the first message that was refused, else the first that was tried in vain. */
function stuckByChat(outbox: Outbox): Map<string, Entry> {
  const stuck = new Map<string, Entry>();
  for (const e of outbox) {
    const held = stuck.get(e.conversationId);
    if (e.refusal ? !held?.refusal : !held && e.retryAt !== null) stuck.set(e.conversationId, e);
  }
  return stuck;
}

const Loading = ({ failed }: { failed: boolean }) => <p className={s.note} role="status">{failed ? text.list.failed : text.list.loading}</p>;

function NoChats() {
  return (
    <div className={s.none}>
      <h2>{text.list.noChats}</h2>
      <p>{text.list.noChatsText}</p>
      <Button look="primary" onClick={() => ui.show({ kind: "create" })}>{text.list.newChat}</Button>
      <Button onClick={() => ui.show({ kind: "create", group: true })}>{text.list.newGroup}</Button>
    </div>
  );
}

function Me() {
  const me = useMe();
  const navigate = useNavigate();
  const standing = useStanding();
  const words = { live: text.link.live, connecting: text.link.connecting, behind: text.link.behind }[standing as string] ?? text.link.offline;
  const off = standing === "offline" || standing === "lost" || standing === "trouble";
  return (
    <footer className={s.me}>
      <Tile id={me.user_id} name={me.username} />
      <div className={s.meText}>
        <p className={cx(s.meName, "clip")} dir="auto">{me.username}</p>
        <p className={cx(s.meState, off && s.meStateWarn)} data-testid="link"><Dot off={off} />{words}</p>
      </div>
      <IconButton data-desktop icon="keyboard" label={text.list.shortcuts} onClick={() => ui.show({ kind: "help" })} />
      <IconButton icon="gear" label={text.list.settings} onClick={() => void navigate("/settings")} />
    </footer>
  );
}
