import { create } from "zustand";
import { getBody } from "../api/messages";

/** A message longer than its preview. `body` stays when it is closed again. */
export interface Long {
  readonly state: "loading" | "failed" | "open" | "closed";
  readonly body: string;
}

const most = 30; // bodies kept, of at most 100,000 characters each

export const useBodies = create<{ readonly byId: ReadonlyMap<string, Long> }>(() => ({ byId: new Map() }));

export const bodies = {
  reset: () => useBodies.setState({ byId: new Map() }),

  close: (id: string) => set(id, { state: "closed", body: held(id) }),

  /** Loads the rest if it is not here. */
  async open(conversationId: string, id: string): Promise<void> {
    if (held(id)) {
      set(id, { state: "open", body: held(id) });
      return;
    }
    set(id, { state: "loading", body: "" });
    try {
      set(id, { state: "open", body: await getBody(conversationId, id) });
    } catch {
      set(id, { state: "failed", body: "" });
    }
  },
};

const held = (id: string): string => useBodies.getState().byId.get(id)?.body ?? "";

function set(id: string, long: Long): void {
  const byId = new Map(useBodies.getState().byId);
  byId.delete(id);
  byId.set(id, long);
  for (const [old, { state }] of byId) {
    if (byId.size <= most) break;
    if (state !== "open") byId.delete(old);
  }
  useBodies.setState({ byId });
}
