import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type KeyboardEvent, type Ref } from "react";
import { announce } from "../../components/Announcer";
import { cx } from "../../components/cx";
import { useMedia } from "../../components/hooks";
import { Icon } from "../../components/Icon";
import { composes } from "../../components/keys";
import { isBlank } from "../../core/blank";
import { codePoints, maxBody } from "../../core/codePoints";
import { text } from "../../core/text.en";
import { drafts, useDrafts } from "../../realtime/drafts";
import { useClient } from "../../realtime/SocketContext";
import s from "./Composer.module.css";

export interface ComposerHandle {
  focus: () => void;
}

interface ComposerProps {
  conversationId: string;
  name: string;
  onSent: () => void;
  /** Escape, and with nothing written the arrow up: to the messages. */
  onLeave: () => void;
  ref: Ref<ComposerHandle>;
}

const near = 95_000;
const spokenAt = [5_000, 1_000, 100] as const;
const grows = CSS.supports("field-sizing", "content");

/** Where messages are written; mount it with the chat's id as key. */
export function Composer({ conversationId, name, onSent, onLeave, ref }: ComposerProps) {
  const { sender } = useClient();
  const [body, setBody] = useState(() => useDrafts.getState().byId.get(conversationId) ?? "");
  const [full, setFull] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const touch = useMedia("(pointer: coarse)");
  useImperativeHandle(ref, () => ({ focus: () => box.current?.focus() }));

  const length = codePoints(body), left = maxBody - length;
  const over = left < 0;
  const sendable = !over && !isBlank(body);

  useLayoutEffect(() => {
    if (grows || !box.current) return;
    box.current.style.height = "auto";
    box.current.style.height = `${box.current.scrollHeight}px`;
  }, [body]);

  const heard = useRef(left);
  useEffect(() => {
    const was = heard.current;
    heard.current = left;
    if (left < 0 && was >= 0) announce(text.send.over(-left));
    else if (left >= 0 && spokenAt.some((n) => left <= n && was > n)) announce(text.send.left(left));
  }, [left]);

  const change = (value: string) => {
    setBody(value);
    drafts.set(conversationId, value);
  };
  const send = () => {
    if (over) announce(text.send.over(-left));
    if (!sendable) return;
    const taken = sender.send(conversationId, body);
    setFull(!taken);
    if (!taken) return;
    change("");
    onSent();
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (composes(e)) return;
    if (e.key === "Enter" && !e.shiftKey && !touch) {
      e.preventDefault();
      send();
    } else if (e.key === "Escape" || (e.key === "ArrowUp" && body === "")) {
      e.preventDefault();
      onLeave();
    }
  };
  return (
    <form className={s.composer} data-pane="composer" onSubmit={(e) => { e.preventDefault(); send(); }}>
      <div className={cx(s.box, over && s.boxOver)}>
        <textarea
          ref={box} className={s.input} rows={1} dir="auto" value={body} placeholder={text.send.placeholder(name)}
          aria-label={text.send.placeholder(name)} aria-describedby="composer-foot" autoFocus={!touch}
          onChange={(e) => change(e.target.value)} onKeyDown={onKeyDown}
        />
        <button type="submit" className={s.send} aria-label={text.send.send} disabled={!sendable}><Icon name="send" /></button>
      </div>
      <p className={s.foot} id="composer-foot">
        {full ? <span className={s.countOver} role="alert">{text.send.full}</span> : <span className={s.hint}>{text.send.hint}</span>}
        {length >= near && (
          <span className={cx(s.count, over ? s.countOver : s.countNear)}>{over ? text.send.over(-left) : text.send.left(left)}</span>
        )}
      </p>
    </form>
  );
}
