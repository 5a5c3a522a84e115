import { memo, useId } from "react";
import { TextButton } from "../../components/Button";
import { useAfter, useCountdown } from "../../components/hooks";
import { Icon } from "../../components/Icon";
import { firstCodePoints } from "../../core/codePoints";
import type { Entry } from "../../core/outbox";
import { text } from "../../core/text.en";
import { useLink } from "../../realtime/link";
import { useClient } from "../../realtime/SocketContext";
import { Linked } from "./Linked";
import s from "./Message.module.css";
import { MessageFrame } from "./MessageRow";

const previewLength = 200, quiet = 800;

/** One's own message on its way: what became of it, in words and by the spine. */
export const PendingRow = memo(function PendingRow({ entry, first, tabbable, me }: { entry: Entry; first: boolean; tabbable: boolean; me: string }) {
  const { sender } = useClient();
  const id = useId();
  const offline = useLink((l) => l.phase !== "live");
  const slow = useAfter(quiet);
  const wait = useCountdown(entry.retryAt);
  const preview = firstCodePoints(entry.body, previewLength);
  const look = entry.refusal ? "failed" : offline ? "waiting" : "sending";
  const words = entry.refusal ? text.send.notSent(text.send.reason[entry.refusal])
    : offline ? text.send.waiting
    : entry.retryAt !== null || entry.attempts > 1 ? text.send.retrying(wait)
    : slow ? text.send.sending : "";
  const retry = <TextButton onClick={() => sender.retry(entry.clientMsgId)} aria-describedby={id}>{entry.refusal ? text.send.retry : text.send.retryNow}</TextButton>;
  const cancel = <TextButton onClick={() => sender.cancel(entry.clientMsgId)} aria-describedby={id}>{text.cancel}</TextButton>;
  return (
    <MessageFrame
      rowKey={entry.clientMsgId} name={text.you} at={entry.createdAt} first={first} own senderId={me} look={look}
      state={words} tabbable={tabbable}
    >
      <div className={s.body} id={id} dir="auto"><Linked text={preview.length < entry.body.length ? `${preview}…` : preview} /></div>
      {words && (
        <p className={s.state} {...(entry.refusal ? { role: "alert" } : {})}>
          {entry.refusal && <Icon name="alert" />}
          <span className={s.why}>
            {words}{entry.unkept && ` ${text.send.notKept}`}{" "}
            {words !== text.send.sending && (
              <span className={s.acts}>
                {(entry.refusal || !offline) && <>{retry}<span aria-hidden="true">·</span></>}{cancel}
              </span>
            )}
          </span>
        </p>
      )}
    </MessageFrame>
  );
});
