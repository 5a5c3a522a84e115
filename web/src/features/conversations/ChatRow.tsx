import { memo } from "react";
import { NavLink } from "react-router";
import { Badge } from "../../components/Badge";
import { cx } from "../../components/cx";
import { Icon } from "../../components/Icon";
import { Tile } from "../../components/Tile";
import type { Entry } from "../../core/outbox";
import { text } from "../../core/text.en";
import { fullDate, listTime } from "../../core/time";
import { badge } from "../../core/unread";
import { chatName, type Chat } from "../../realtime/conversations";
import s from "./List.module.css";

interface ChatRowProps {
  chat: Chat;
  me: string;
  /** Of the latest message's sender, in groups. */
  sender: string | undefined;
  online: boolean;
  draft: string | undefined;
  /** The message of this chat that has waited longest, or was refused. */
  stuck: Entry | undefined;
  now: Date;
}

export const ChatRow = memo(function ChatRow({ chat, me, sender, online, draft, stuck, now }: ChatRowProps) {
  const { conversation: c, latest } = chat;
  const unread = badge(chat.unread);
  const name = chatName(c);
  const group = c.type === "GROUP";
  const at = latest?.at ?? c.created_at;
  return (
    <NavLink className={cx(s.row, unread > 0 && s.unread)} to={`/c/${c.conversation_id}`}>
      <Tile id={c.peer?.user_id ?? c.conversation_id} name={name} group={group} size="list" online={online} />
      <span className={s.text}>
        <span className={s.line}>
          <span className={cx(s.title, "clip")} dir="auto">{name}</span>{online && <span className="sr">{text.list.online}</span>}
          <time className={s.time} dateTime={at} title={fullDate(at)}>{listTime(at, now)}</time>
        </span>
        <span className={s.line}>
          <span className={s.preview}><Preview {...{ latest, me, sender, group, draft, stuck }} /></span>
          {unread > 0 && <Badge count={unread} words={text.list.unread} />}
        </span>
      </span>
    </NavLink>
  );
});

interface PreviewProps extends Pick<ChatRowProps, "me" | "sender" | "draft" | "stuck"> {
  latest: Chat["latest"];
  group: boolean;
}

function Preview({ latest, me, sender, group, draft, stuck }: PreviewProps) {
  if (stuck?.refusal) return <><span className={s.failed}><Icon name="alert" small />{text.list.notSent}</span><Start of={stuck.body} /></>;
  if (stuck) return <><span className={s.waiting}>{text.list.waiting}</span><Start of={stuck.body} /></>;
  if (draft) return <><span className={s.draft}>{text.list.draft}</span><Start of={draft} /></>;
  if (!latest) return <>{text.list.empty}</>;
  const who = latest.senderId === me ? text.list.youPrefix : group ? text.list.namePrefix(sender ?? text.somebody) : null;
  return <>{who && <span className={cx(s.who, "clip")}>{who}</span>}<Start of={latest.preview} /></>;
}

/** Its words, after a space that is part of the text for who copies or hears it. */
const Start = ({ of }: { of: string }) => <>{" "}<span className="clip" dir="auto">{of.slice(0, 200)}</span></>;
