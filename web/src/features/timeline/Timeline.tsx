import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type Ref } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { Badge } from "../../components/Badge";
import { cx } from "../../components/cx";
import { useMedia, useNow, useVisible } from "../../components/hooks";
import { Icon } from "../../components/Icon";
import type { Message } from "../../core/model";
import type { Entry } from "../../core/outbox";
import { rowsOf, type Row } from "../../core/rows";
import { text } from "../../core/text.en";
import { dayHeading } from "../../core/time";
import { windowAt, type Timeline as Held } from "../../core/timeline";
import { badge } from "../../core/unread";
import { bodies, useBodies } from "../../realtime/bodies";
import { chatName, type Chat } from "../../realtime/conversations";
import { useClient, useMe } from "../../realtime/SocketContext";
import { useTimelines } from "../../realtime/timelines";
import { usePeople } from "../../realtime/people";
import { MessageRow } from "./MessageRow";
import { PendingRow } from "./PendingRow";
import { lastSeenSeq, nearEnd, prepended } from "./rowsOnScreen";
import s from "./Timeline.module.css";
import { Begin, Gap } from "./TimelineParts";
import { useRoving } from "./useRoving";

export interface TimelineHandle {
  toNewest: () => void;
  focusLast: () => void;
}

interface TimelineProps {
  chat: Chat;
  held: Held;
  pending: readonly Entry[];
  /** Back to the composer. */
  onLeave: () => void;
  ref: Ref<TimelineHandle>;
}

const nearEdge = 800;
const none: readonly Row[] = [];

/** The messages of one chat; mount it with the chat's id as key, once they are here. */
export function Timeline({ chat, held, pending, onLeave, ref }: TimelineProps) {
  const id = chat.conversation.conversation_id;
  const me = useMe().user_id;
  const { sync, reads, sender } = useClient();
  const names = usePeople((p) => p.names);
  const peerRead = usePeople((p) => p.members.get(id)?.find((m) => m.user_id === chat.conversation.peer?.user_id)?.last_read_seq ?? 0);
  const failing = useTimelines((t) => t.failing.has(id));
  const now = useNow(60_000);
  const visible = useVisible();
  const reducedMotion = useMedia("(prefers-reduced-motion: reduce)");

  const unread = badge(chat.unread), lastRead = chat.unread.lastRead;
  const [anchor, setAnchor] = useState<number | null>(unread > 0 ? lastRead + 1 : null);
  const [newAfter, setNewAfter] = useState<number | null>(unread > 0 ? lastRead : null);
  const [atEnd, setAtEnd] = useState(true);
  const [loading, setLoading] = useState<"older" | "newer" | null>(null);
  const [fillFailed, setFillFailed] = useState(false);

  const window = useMemo(() => windowAt(held, anchor), [held, anchor]);
  const rows = useMemo(() => rowsOf({ window, pending, me, newAfter, peerRead }), [window, pending, me, newAfter, peerRead]);
  // Older rows are put in front: only then the list keeps its place from the end.
  const [shown, setShown] = useState({ rows, shift: false });
  if (shown.rows !== rows) setShown({ rows, shift: prepended(shown.rows, rows) });

  const log = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const stick = useRef(true); // at the end, and to stay there
  const lastTop = useRef(0);
  const placed = useRef(false); // the first position is taken
  const filling = useRef(false);

  const fill = useCallback(async (where: "older" | "newer") => {
    const first = window.ranges[0], last = window.ranges.at(-1);
    if (filling.current || !first || !last || (where === "older" ? window.atStart : window.atEnd)) return;
    filling.current = true;
    setLoading(where);
    setFillFailed(!await sync.fill(id, where === "older" ? { before: first.from } : { after: last.to }));
    setLoading(null);
    filling.current = false;
  }, [window, sync, id]);

  /** Not virtua's scrollToIndex: that goes on for a while, against a user who scrolls away meanwhile. */
  const toEnd = useCallback(() => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
  }, []);

  /** Looks where the screen is: what has been seen, whether it is at the end, and whether more is to be loaded. */
  const look = useCallback(() => {
    const v = list.current, box = log.current;
    if (!v || !box || !placed.current) return;
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    const movedUp = box.scrollTop < lastTop.current - 2; // by the user: what grows does not move it
    lastTop.current = box.scrollTop;
    if (document.visibilityState === "visible") {
      stick.current = window.atEnd && (below < nearEnd || (stick.current && !movedUp));
      if (stick.current && below > 1) toEnd();
      setAtEnd(stick.current);
      const seq = lastSeenSeq(rows, v, below);
      if (seq > 0) reads.seen(id, seq);
    }
    if (fillFailed) return;
    if (box.scrollTop < nearEdge) void fill("older");
    else if (below < nearEdge) void fill("newer");
  }, [rows, window, reads, id, fill, fillFailed, toEnd]);

  // The first unread may lie below the newest page: it is fetched, and the screen begins there.
  const inWindow = anchor === null || window.ranges.some((r) => r.from <= anchor && anchor <= r.to);
  const [jumped, setJumped] = useState(inWindow || anchor > held.last);
  useEffect(() => {
    if (jumped || anchor === null) return;
    let over = false;
    void sync.fill(id, { around: anchor }).then((ok) => {
      if (over) return;
      if (!ok) setAnchor(null);
      setJumped(true);
    });
    return () => { over = true; };
  }, [jumped, anchor, sync, id]);

  useLayoutEffect(() => {
    if (!jumped || rows.length === 0) return;
    if (!placed.current) {
      placed.current = true;
      const divider = rows.findIndex((r) => r.kind === "new");
      stick.current = divider <= 0;
      if (divider > 0) list.current?.scrollToIndex(Math.max(0, divider - 1), { align: "start" });
      else toEnd();
    } else if (stick.current && document.visibilityState === "visible") toEnd();
    const frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [rows, jumped, toEnd, look]);

  useEffect(() => {
    if (visible) look();
  }, [visible, look]);

  // The divider stands where unread began while nobody looked.
  const before = useRef(unread);
  useEffect(() => {
    if (unread > 0 && before.current === 0 && !(stick.current && visible)) setNewAfter(lastRead);
    before.current = unread;
  }, [unread, lastRead, visible]);

  const toNewest = useCallback(() => {
    stick.current = true;
    if (window.atEnd) toEnd();
    else setAnchor(null);
  }, [window.atEnd, toEnd]);

  const pressed = () => {
    const box = log.current;
    if (!window.atEnd || !box) {
      toNewest();
    } else if (!reducedMotion && box.scrollHeight - box.scrollTop < 3 * box.clientHeight) {
      box.scrollTo({ top: box.scrollHeight, behavior: "smooth" });
    } else {
      stick.current = true;
      // By virtua: its taking of the first position may still go on, and would fight any other way.
      list.current?.scrollToIndex(rows.length - 1, { align: "end" });
    }
  };

  const toggle = useCallback((m: Message) => {
    stick.current = false;
    if (useBodies.getState().byId.get(m.message_id)?.state !== "open") {
      void bodies.open(id, m.message_id);
      return;
    }
    bodies.close(m.message_id);
    const index = rows.findIndex((r) => r.key === String(m.seq)), v = list.current;
    if (v && v.getItemOffset(index) < v.scrollOffset) requestAnimationFrame(() => v.scrollToIndex(index, { align: "start" }));
  }, [id, rows]);

  const roving = useRoving({
    rows, log, list, onLeave,
    onOpen: (row) => row.kind === "message" && row.message.has_more && toggle(row.message),
    onRetry: (row) => row.kind === "pending" && sender.retry(row.entry.clientMsgId),
    onCancel: (row) => row.kind === "pending" && sender.cancel(row.entry.clientMsgId),
  });
  useImperativeHandle(ref, () => ({ toNewest, focusLast: roving.focusLast }));

  const name = chatName(chat.conversation);
  const drawRow = (row: Row, index: number) => {
    switch (row.kind) {
      case "begin": return <Begin key={row.key} name={name} group={chat.conversation.type === "GROUP"} />;
      case "day": return <h2 key={row.key} className={s.rule}>{dayHeading(row.at, now)}</h2>;
      case "new": return (
        <div key={row.key} className={cx(s.rule, s.new)} role="separator" aria-label={text.log.freshBelow}>
          <span className={s.tag}>{text.log.fresh}</span>
        </div>
      );
      case "gap": return <Gap key={row.key} failing={failing} onRetry={() => sync.hurry(id)} />;
      case "pending": return <PendingRow key={row.key} entry={row.entry} first={row.first} tabbable={index === roving.index} me={me} />;
      case "message": return (
        <MessageRow
          key={row.key} message={row.message} own={row.message.sender_id === me} name={names.get(row.message.sender_id) ?? text.somebody}
          first={row.first} seen={row.seen} tabbable={index === roving.index} onToggle={toggle}
        />
      );
    }
  };
  return (
    <div className={s.frame}>
      {loading === "older" && <p className={s.loading} role="status">{text.log.older}</p>}
      {fillFailed && (
        <p className={s.loading}>{text.log.olderFailed} <button type="button" onClick={() => setFillFailed(false)}>{text.log.tryAgain}</button></p>
      )}
      <div
        ref={log} className={s.log} role="log" aria-live="off" aria-label={text.chat.log(name)} data-pane="timeline" id="messages"
        onKeyDown={roving.onKeyDown} onFocus={roving.onFocus}
      >
        <div className={s.push} />
        <Virtualizer
          key={anchor ?? "newest"} ref={list} scrollRef={log} data={jumped ? shown.rows : none} shift={shown.shift} bufferSize={600}
          {...(roving.index >= 0 && { keepMounted: [roving.index] })}
          onScroll={look} onResize={() => { if (stick.current && visible) toEnd(); }}
        >
          {drawRow}
        </Virtualizer>
      </div>
      {!atEnd && (
        <div className={s.pillPlace}>
          <button type="button" className={s.pill} onClick={pressed}>
            <Icon name="down" />{unread > 0 ? text.log.newMessages : text.log.newest}{unread > 0 && <Badge count={unread} words="" />}
          </button>
        </div>
      )}
    </div>
  );
}
