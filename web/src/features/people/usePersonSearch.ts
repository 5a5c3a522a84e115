import { useEffect, useState } from "react";
import { toApiError } from "../../api/problem";
import type { UserName } from "../../api/types";
import { searchUsers } from "../../api/users";
import { text } from "../../core/text.en";
import { useMe } from "../../realtime/SocketContext";

const pause = 250;
const none: readonly UserName[] = [];

export interface Search {
  readonly found: readonly UserName[];
  /** What to say about it. */
  readonly words: string;
}

const hint: Search = { found: none, words: text.people.hint };

/** Looks for other people by the start of a name or a whole e-mail, a moment after the last letter. */
export function usePersonSearch(query: string): Search {
  const me = useMe().user_id;
  const q = query.trim();
  const short = Array.from(q).length < 2;
  const [search, setSearch] = useState<Search>(hint);
  useEffect(() => {
    if (short) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      setSearch((s) => ({ ...s, words: text.people.searching }));
      searchUsers(q, stop.signal).then(
        (all) => {
          const found = all.filter((u) => u.user_id !== me);
          setSearch({ found, words: found.length > 0 ? text.people.hint : text.people.nobody });
        },
        (cause: unknown) => {
          if (stop.signal.aborted) return;
          const e = toApiError(cause);
          setSearch({ found: none, words: e.status === 429 ? text.people.busy(Math.ceil(e.retryAfter / 1000)) : text.people.failed });
        },
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [q, short, me]);
  return short ? hint : search;
}
