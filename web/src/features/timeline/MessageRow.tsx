import { memo, useId, type ReactNode } from "react";
import { TextButton } from "../../components/Button";
import { cx } from "../../components/cx";
import { Icon } from "../../components/Icon";
import { Tile } from "../../components/Tile";
import { blocks } from "../../core/blocks";
import { codePoints } from "../../core/codePoints";
import type { Message } from "../../core/model";
import { text } from "../../core/text.en";
import { fullDate, shortTime, timeOfDay } from "../../core/time";
import { useBodies, type Long } from "../../realtime/bodies";
import { Linked } from "./Linked";
import s from "./Message.module.css";

interface FrameProps {
  rowKey: string;
  name: string;
  at: string;
  first: boolean;
  own: boolean;
  senderId: string;
  look?: "sending" | "waiting" | "failed" | undefined;
  state?: string;
  tabbable: boolean;
  children: ReactNode;
}

/** What every message has: who, when, and for one's own the spine. */
export function MessageFrame({ rowKey, name, at, first, own, senderId, look, state = "", tabbable, children }: FrameProps) {
  const time = timeOfDay(at);
  const stamp = (className: string | undefined, words: string) => <time className={className} dateTime={at} title={fullDate(at)}>{words}</time>;
  return (
    <article
      className={cx(s.msg, first && s.first, own && s.own, look && s[look])} data-key={rowKey}
      tabIndex={tabbable ? 0 : -1} aria-label={text.log.label(name, time, state)}
    >
      <div className={s.side}>
        {first ? !own && <Tile id={senderId} name={name} /> : stamp(s.sideTime, shortTime(at))}
      </div>
      {first && <div className={s.head}><span className={cx(s.name, "clip")} dir="auto">{name}</span>{stamp(s.time, time)}</div>}
      {children}
    </article>
  );
}

interface MessageRowProps {
  message: Message;
  name: string;
  own: boolean;
  first: boolean;
  seen: boolean;
  tabbable: boolean;
  /** Opens or closes a long one; the timeline keeps its place. */
  onToggle: (m: Message) => void;
}

export const MessageRow = memo(function MessageRow({ message: m, name, own, first, seen, tabbable, onToggle }: MessageRowProps) {
  const long = useBodies((b) => (m.has_more ? b.byId.get(m.message_id) : undefined));
  return (
    <MessageFrame
      rowKey={String(m.seq)} name={own ? text.you : name} at={m.created_at} first={first} own={own} senderId={m.sender_id}
      state={seen ? text.log.seen : ""} tabbable={tabbable}
    >
      {m.has_more
        ? <LongBody preview={m.preview} long={long} onToggle={() => onToggle(m)} />
        : <div className={s.body} dir="auto"><Linked text={m.preview} /></div>}
      {seen && <p className={cx(s.state, s.stateSeen)}><Icon name="seen" />{text.log.seen}</p>}
    </MessageFrame>
  );
});

function LongBody({ preview, long, onToggle }: { preview: string; long: Long | undefined; onToggle: () => void }) {
  const id = useId();
  const state = long?.state ?? "closed";
  if (long && state === "open") {
    return (
      <>
        <div className={s.body} id={id}>
          {blocks(long.body).map((b, i) => <div key={i} className={s.block} dir="auto"><Linked text={b} /></div>)}
        </div>
        <div className={s.less}>
          <TextButton aria-expanded onClick={onToggle} aria-describedby={id}>{text.log.showLess}</TextButton>
          <span>{text.log.characters(codePoints(long.body))}</span>
        </div>
      </>
    );
  }
  return (
    <>
      <div className={s.body} id={id} dir="auto"><Linked text={`${preview}…`} /></div>
      {state === "failed" ? (
        <p className={s.state}>
          {text.log.restFailed} <TextButton onClick={onToggle} aria-describedby={id}>{text.log.tryAgain}</TextButton>
        </p>
      ) : (
        <TextButton className={s.more} aria-expanded={false} aria-describedby={id} disabled={state === "loading"} onClick={onToggle}>
          {state === "loading" ? text.log.loading : text.log.readMore}
        </TextButton>
      )}
    </>
  );
}
