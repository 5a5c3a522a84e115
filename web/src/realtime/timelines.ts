import { create } from "zustand";
import { emptyTimeline, type Timeline } from "../core/timeline";

interface Timelines {
  readonly byId: ReadonlyMap<string, Timeline>;
  /** Conversations whose last fetch failed; it is being tried again. */
  readonly failing: ReadonlySet<string>;
}

const nothing: Timelines = { byId: new Map(), failing: new Set() };

/** The conversations that have been opened. The others need no timeline: their list entry says all. */
export const useTimelines = create<Timelines>(() => nothing);

export const timelines = {
  reset: () => useTimelines.setState(nothing, true),

  get: (id: string): Timeline | undefined => useTimelines.getState().byId.get(id),

  ids: (): string[] => [...useTimelines.getState().byId.keys()],

  begin(id: string, heard: number) {
    useTimelines.setState((s) => ({ byId: new Map(s.byId).set(id, { ...emptyTimeline, heard }) }));
  },

  drop(id: string) {
    const byId = new Map(useTimelines.getState().byId);
    if (byId.delete(id)) useTimelines.setState({ byId });
  },

  update(id: string, change: (t: Timeline) => Timeline) {
    const t = timelines.get(id);
    if (!t) return;
    const changed = change(t);
    if (changed !== t) useTimelines.setState((s) => ({ byId: new Map(s.byId).set(id, changed) }));
  },

  failing(id: string, failing: boolean) {
    const now = useTimelines.getState().failing;
    if (now.has(id) === failing) return;
    const next = new Set(now);
    if (failing) next.add(id);
    else next.delete(id);
    useTimelines.setState({ failing: next });
  },
};
