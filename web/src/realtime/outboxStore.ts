import { create } from "zustand";
import type { Outbox } from "../core/outbox";

/** Messages on their way, of every conversation, in the order of writing. */
export const useOutbox = create<{ readonly outbox: Outbox }>(() => ({ outbox: [] }));

export const outbox = {
  reset: () => useOutbox.setState({ outbox: [] }),
  get: (): Outbox => useOutbox.getState().outbox,
  change: (change: (o: Outbox) => Outbox) => useOutbox.setState((s) => ({ outbox: change(s.outbox) })),
};
