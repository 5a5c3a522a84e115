import { create } from "zustand";

/** How the app stands to the server. */
export interface Link {
  /** connecting: not yet live since the page was loaded. lost: was live, is tried again at retryAt. */
  readonly phase: "connecting" | "live" | "lost" | "offline";
  /** By this browser's clock, in ms; null while an attempt is being made. */
  readonly retryAt: number | null;
  /** Requests fail although the connection stands. */
  readonly trouble: boolean;
  /** A list is being asked for: what was missed is not known yet. */
  readonly listing: boolean;
}

const start: Link = { phase: "connecting", retryAt: null, trouble: false, listing: false };

export const useLink = create<Link>(() => start);

export const link = {
  reset: () => useLink.setState(start, true),
  set(fields: Partial<Link>) {
    const now = useLink.getState();
    if (Object.entries(fields).some(([k, v]) => now[k as keyof Link] !== v)) useLink.setState(fields);
  },
};
