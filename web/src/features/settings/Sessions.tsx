import { useEffect, useState } from "react";
import { toApiError } from "../../api/problem";
import { leave } from "../../api/session";
import type { SessionInfo } from "../../api/types";
import { listSessions, logoutAll, revokeSession } from "../../api/users";
import { Tag } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Dialog";
import { useNow } from "../../components/hooks";
import { Icon } from "../../components/Icon";
import { Note } from "../../components/Note";
import { text } from "../../core/text.en";
import { activeWhen, longDate } from "../../core/time";
import { programOf } from "../../core/userAgent";
import { faultText } from "../auth/faults";
import s from "./Settings.module.css";
import { useUnsent } from "./useUnsent";

export function Sessions() {
  const [sessions, setSessions] = useState<readonly SessionInfo[] | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const unsent = useUnsent();

  const [round, setRound] = useState(0);
  useEffect(() => {
    let over = false;
    listSessions().then(
      (all) => { if (!over) { setSessions(all); setFault(null); } },
      (cause: unknown) => { if (!over) setFault(faultText(cause)); },
    );
    return () => { over = true; };
  }, [round]);

  const end = async (session: SessionInfo) => {
    try {
      await revokeSession(session.session_id);
    } catch (cause) {
      if (toApiError(cause).status !== 404) {
        setFault(faultText(cause));
        return;
      }
    }
    setRound((n) => n + 1);
  };
  const everywhere = async () => {
    setAsking(false);
    try {
      await logoutAll();
      leave({ signedOut: true });
    } catch (cause) {
      setFault(faultText(cause));
    }
  };
  return (
    <section className={s.section}>
      <div className={s.head}>
        <h1 className={s.title}>{text.settings.sessions}</h1>
        <Button small look="dangerPlain" onClick={() => setAsking(true)}>{text.settings.everywhere}</Button>
      </div>
      <p className={s.sub}>{text.settings.sessionsText}</p>
      {fault && <Note kind="danger">{fault}</Note>}
      {!sessions && !fault && <p role="status">{text.settings.loading}</p>}
      <ul className={s.rows}>{sessions?.map((x) => <SessionRow key={x.session_id} session={x} onEnd={() => void end(x)} />)}</ul>
      {asking && (
        <Confirm
          title={text.settings.confirmEverywhere} body={text.settings.confirmEverywhereText(unsent)} action={text.settings.everywhere}
          onClose={() => setAsking(false)} onConfirm={() => void everywhere()}
        />
      )}
    </section>
  );
}

function SessionRow({ session, onEnd }: { session: SessionInfo; onEnd: () => void }) {
  const now = useNow(60_000);
  const program = programOf(session.user_agent);
  const active = session.current ? text.when.now : activeWhen(session.last_active_at, now);
  return (
    <li className={s.row}>
      <span className={s.icon}><Icon name={program.kind} /></span>
      <div className={s.text}>
        <p className={s.rowTitle}>{program.name}{session.current && <Tag>{text.settings.thisSession}</Tag>}</p>
        <p className={s.rowSub}>{text.settings.sessionTimes(longDate(session.created_at, now), active)}</p>
      </div>
      {!session.current && (
        <Button small aria-label={text.settings.sessionSignOutName(program.name)} onClick={onEnd}>{text.settings.sessionSignOut}</Button>
      )}
    </li>
  );
}
