import { useEffect, useState } from "react";
import { toApiError } from "../../api/problem";
import type { UserName } from "../../api/types";
import { searchUsers } from "../../api/users";
import { text } from "../../core/text.en";
import { useMe } from "../../realtime/SocketContext";

const pause = 250;
const none: readonly UserName[] = [];

export interface Search {
  /** Who was found; for an older query while `pending`. */
  readonly found: readonly UserName[];
  readonly pending: boolean;
  /** What to say about it. */
  readonly words: string;
}

interface Answer extends Omit<Search, "pending"> {
  /** What it answers. */
  readonly query: string;
}

const hint: Search = { found: none, pending: false, words: text.people.hint };

/** Looks for other people by the start of a name or a whole e-mail, a moment after the last letter. */
export function usePersonSearch(query: string): Search {
  const me = useMe().user_id;
  const q = query.trim();
  const short = Array.from(q).length < 2;
  const [answer, setAnswer] = useState<Answer>({ ...hint, query: "" });
  const pending = answer.query !== q;
  useEffect(() => {
    if (short) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      setAnswer((a) => ({ ...a, words: text.people.searching }));
      searchUsers(q, stop.signal).then(
        (all) => {
          const found = all.filter((u) => u.user_id !== me);
          setAnswer({ query: q, found, words: found.length > 0 ? text.people.hint : text.people.nobody });
        },
        (cause: unknown) => {
          if (stop.signal.aborted) return;
          const e = toApiError(cause);
          setAnswer({ query: q, found: none, words: e.status === 429 ? text.people.busy(Math.ceil(e.retryAfter / 1000)) : text.people.failed });
        },
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [q, short, me]);
  return short ? hint : { ...answer, pending };
}
