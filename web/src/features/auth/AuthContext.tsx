import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { onSession, refresh, session } from "../../api/session";
import type { User } from "../../api/types";
import { backoff } from "../../core/backoff";

/**
 * Who is signed in. starting: the server has not said yet; `failing` while it cannot be asked. out: `ended` when the session
 * ended without the user signing out.
 */
export type Auth =
  | { phase: "starting"; failing: boolean }
  | { phase: "out"; ended: boolean }
  | { phase: "in"; user: User };

const Context = createContext<{ auth: Auth; retry: () => void } | null>(null);

/** Finds out at the start whether a session goes on, and follows its changes, those of other tabs too. */
export function AuthProvider({ children }: { children: ReactNode }) {
  const [auth, setAuth] = useState<Auth>({ phase: "starting", failing: false });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => onSession((s, signedOut) => {
    setAuth((was) => (s ? { phase: "in", user: s.user } : { phase: "out", ended: was.phase === "in" && !signedOut }));
  }), []);

  useEffect(() => {
    if (session()) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const pause = backoff(10_000);
    const ask = () => {
      refresh().then(
        (s) => { if (!s && !over) setAuth((was) => (was.phase === "starting" ? { phase: "out", ended: false } : was)); },
        () => {
          if (over) return;
          setAuth((was) => (was.phase === "starting" ? { phase: "starting", failing: true } : was));
          timer = setTimeout(ask, pause.next());
        },
      );
    };
    ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [attempt]);

  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  const value = useMemo(() => ({ auth, retry }), [auth, retry]);
  return <Context value={value}>{children}</Context>;
}

export function useAuth() {
  const held = useContext(Context);
  if (!held) throw new Error("no AuthProvider above");
  return held;
}
