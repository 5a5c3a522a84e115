import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { Badge } from "../../components/Badge";
import { Blank } from "../../components/Blank";
import { IconButton } from "../../components/Button";
import buttons from "../../components/Button.module.css";
import { cx } from "../../components/cx";
import { useAfter } from "../../components/hooks";
import { Icon } from "../../components/Icon";
import { MenuButton, type MenuItem } from "../../components/Menu";
import pane from "../../components/Pane.module.css";
import { Dot, Tile } from "../../components/Tile";
import type { Entry } from "../../core/outbox";
import { text } from "../../core/text.en";
import { badge } from "../../core/unread";
import { chatName, useConversations, type Chat as Conversation } from "../../realtime/conversations";
import { useLink } from "../../realtime/link";
import { useOutbox } from "../../realtime/outboxStore";
import { usePeople } from "../../realtime/people";
import { useClient } from "../../realtime/SocketContext";
import { useTimelines } from "../../realtime/timelines";
import { Banner } from "../connection/Banner";
import { ui, useUI } from "../ui";
import { Composer, type ComposerHandle } from "./Composer";
import { Timeline, type TimelineHandle } from "./Timeline";
import s from "./Timeline.module.css";
import { useSpeech } from "./useSpeech";

const RenameDialog = lazy(async () => ({ default: (await import("../members/GroupDialogs")).RenameDialog }));
const LeaveDialog = lazy(async () => ({ default: (await import("../members/GroupDialogs")).LeaveDialog }));

const skeletonAfter = 300;

/** The pane of one chat; mount it with the chat's id as key. */
export function Chat({ id }: { id: string }) {
  const chat = useConversations((c) => c.byId.get(id));
  const loaded = useConversations((c) => c.loaded);
  const [name, setName] = useState("");
  if (chat && name !== chatName(chat.conversation)) setName(chatName(chat.conversation));
  if (chat) return <OpenChat chat={chat} />;
  return (
    <>
      <header className={cx(pane.bar, pane.main)}><Back from={id} /><p className={cx(pane.title, "clip")} dir="auto">{name}</p></header>
      <Banner />
      {loaded ? <Blank title={name ? text.chat.goneOf(name) : text.chat.unknownChat} /> : <Bones />}
    </>
  );
}

function OpenChat({ chat }: { chat: Conversation }) {
  const id = chat.conversation.conversation_id;
  const { sync, presence } = useClient();
  const held = useTimelines((t) => t.byId.get(id));
  const failing = useTimelines((t) => t.failing.has(id));
  const outbox = useOutbox((o) => o.outbox);
  const pending: readonly Entry[] = usePending(outbox, id);
  const timeline = useRef<TimelineHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  useSpeech(id);

  useEffect(() => {
    sync.open(id);
    return presence.watch(id);
  }, [id, sync, presence]);

  return (
    <>
      <Header chat={chat} />
      <Banner />
      {held && held.phase !== "opening"
        ? <Timeline ref={timeline} chat={chat} held={held} pending={pending} onLeave={() => composer.current?.focus()} />
        : <Bones failed={failing} />}
      <Composer
        ref={composer} conversationId={id} name={chatName(chat.conversation)}
        onSent={() => timeline.current?.toNewest()} onLeave={() => timeline.current?.focusLast()}
      />
    </>
  );
}

function usePending(outbox: readonly Entry[], id: string): readonly Entry[] {
  const [held, setHeld] = useState<{ outbox: readonly Entry[]; pending: readonly Entry[] }>({ outbox: [], pending: [] });
  if (held.outbox === outbox) return held.pending;
  const fresh = outbox.filter((e) => e.conversationId === id);
  const pending = fresh.length === held.pending.length && fresh.every((e, i) => e === held.pending[i]) ? held.pending : fresh;
  setHeld({ outbox, pending });
  return pending;
}

function Header({ chat }: { chat: Conversation }) {
  const c = chat.conversation;
  const [asking, setAsking] = useState<"rename" | "leave" | null>(null);
  const shown = useUI((u) => u.members);
  const group = c.type === "GROUP";
  const items: MenuItem[] = [
    ...(c.role === "ADMIN" ? [{ label: text.chat.rename, icon: "pencil", onSelect: () => setAsking("rename") } as const] : []),
    { label: text.chat.leave, icon: "leave", danger: true, onSelect: () => setAsking("leave") },
  ];
  return (
    <header className={cx(pane.bar, pane.main)}>
      <Back from={c.conversation_id} />
      <Tile id={c.peer?.user_id ?? c.conversation_id} name={chatName(c)} group={group} />
      <div className={pane.text}>
        <h1 className={cx(pane.title, "clip")} dir="auto">{chatName(c)}</h1>
        <p className={pane.sub}><Presence chat={chat} /></p>
      </div>
      {group && (
        <>
          <IconButton icon="people" label={text.chat.members} aria-pressed={shown} onClick={ui.toggleMembers} />
          <MenuButton label={text.chat.more} items={items} />
        </>
      )}
      <Suspense>
        {asking === "rename" && <RenameDialog conversation={c} onClose={() => setAsking(null)} />}
        {asking === "leave" && <LeaveDialog conversation={c} onClose={() => setAsking(null)} />}
      </Suspense>
    </header>
  );
}

/** Leads to the list where one pane is on screen, with how much is unread there. */
function Back({ from }: { from: string }) {
  const elsewhere = useConversations((all) => {
    let sum = 0;
    for (const [other, { unread }] of all.byId) if (other !== from) sum += badge(unread);
    return sum;
  });
  return (
    <Link className={cx(buttons.iconbtn, pane.back)} to="/" aria-label={text.list.back(elsewhere)}>
      <Icon name="chevron" />{elsewhere > 0 && <Badge count={elsewhere} words="" />}
    </Link>
  );
}

function Presence({ chat }: { chat: Conversation }) {
  const { conversation_id, peer } = chat.conversation;
  const members = usePeople((p) => p.members.get(conversation_id));
  const live = useLink((l) => l.phase === "live");
  if (!members) return <span className="clip">{"\u00a0"}</span>;
  if (!peer) {
    const online = members.filter((m) => m.online).length;
    return <span className="clip">{live ? text.presence.members(members.length, online) : text.presence.membersOnly(members.length)}</span>;
  }
  if (!live) return <span className="clip">{text.presence.unknown}</span>;
  const online = members.some((m) => m.user_id === peer.user_id && m.online);
  return <span className="clip">{online && <Dot />} {online ? text.presence.online : text.presence.offline}</span>;
}

/** Where the messages will be; drawn only if they take a while. */
function Bones({ failed }: { failed?: boolean }) {
  const late = useAfter(skeletonAfter);
  return (
    <div className={s.bones} role="status" aria-label={failed ? text.chat.loadFailed : text.log.loading}>
      {failed && <p>{text.chat.loadFailed}</p>}
      {late && !failed && [2, 1, 3, 4, 2].map((n, i) => <span key={i} className={cx(s.bone, s[`bone${n}`])} />)}
    </div>
  );
}
