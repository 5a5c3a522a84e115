import { useEffect, useMemo, useRef, useState } from "react";
import { leaveGroups } from "../../api/chats";
import type { Conversation } from "../../api/types";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Dialog";
import { Note } from "../../components/Note";
import { text } from "../../core/text.en";
import { chatName, inOrder, useConversations } from "../../realtime/conversations";
import { useClient } from "../../realtime/SocketContext";
import { faultText } from "../auth/faults";
import s from "./Settings.module.css";

/** All groups, to leave those that are not wanted in one go. */
export function Groups() {
  const { sync } = useClient();
  const byId = useConversations((c) => c.byId);
  const groups = useMemo(() => inOrder(byId).map((c) => c.conversation).filter((c) => c.type === "GROUP"), [byId]);
  const leave = async (ids: readonly string[]) => {
    let left = 0;
    await leaveGroups(ids, (outcomes) => {
      for (const o of outcomes) {
        if (o.outcome === "FAILED") continue;
        sync.forget(o.conversation_id);
        left++;
      }
    });
    return left;
  };
  return <GroupList groups={groups} onLeave={leave} />;
}

interface GroupListProps {
  groups: readonly Conversation[];
  /** Leaves groups, and says how many were left. */
  onLeave: (ids: readonly string[]) => Promise<number>;
}

export function GroupList({ groups, onLeave }: GroupListProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const selected = groups.map((g) => g.conversation_id).filter((id) => chosen.has(id));
  const all = selected.length === groups.length;

  useEffect(() => {
    if (done !== null) heading.current?.focus(); // what had the focus is gone
  }, [done]);

  const choose = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const leave = async () => {
    setAsking(false);
    setBusy(true);
    setDone(null);
    setFault(null);
    try {
      const left = await onLeave(selected);
      setDone(text.settings.leftGroups(left));
      if (left < selected.length) setFault(text.settings.notLeftGroups(selected.length - left));
    } catch (cause) {
      setFault(faultText(cause));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className={s.section}>
      <div className={s.head}>
        <h1 ref={heading} tabIndex={-1} className={s.title}>{text.settings.groups}</h1>
        <div className={s.actions}>
          <Button small disabled={busy || groups.length === 0} onClick={() => setChosen(new Set(all ? [] : groups.map((g) => g.conversation_id)))}>
            {all && groups.length > 0 ? text.settings.selectNone : text.settings.selectAll}
          </Button>
          <Button small look="dangerPlain" disabled={busy || selected.length === 0} onClick={() => setAsking(true)}>
            {text.settings.leaveGroups(selected.length)}
          </Button>
        </div>
      </div>
      <p className={s.sub}>{groups.length === 0 ? text.settings.noGroups : text.settings.groupsText}</p>
      {fault !== null && <Note kind="danger">{fault}</Note>}
      {done !== null && <Note kind="ok">{done}</Note>}
      <ul className={s.rows} aria-label={text.settings.groups}>
        {groups.map((g) => (
          <li key={g.conversation_id} className={s.row}>
            <label className={s.check}>
              <input
                type="checkbox" checked={chosen.has(g.conversation_id)} disabled={busy}
                onChange={(e) => choose(g.conversation_id, e.target.checked)}
              />
              <span className="clip" dir="auto">{chatName(g)}</span>
            </label>
          </li>
        ))}
      </ul>
      {asking && (
        <Confirm
          title={text.settings.confirmLeaveGroups(selected.length)} body={text.settings.confirmLeaveGroupsText} stay={text.members.stay}
          action={text.settings.leaveGroups(selected.length)} onClose={() => setAsking(false)} onConfirm={() => void leave()}
        />
      )}
    </section>
  );
}
