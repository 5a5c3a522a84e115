import { create } from "zustand";
import { storage } from "./storage";

interface Drafts {
  readonly userId: string;
  /** By conversation; never empty. */
  readonly byId: ReadonlyMap<string, string>;
}

const nothing: Drafts = { userId: "", byId: new Map() };
const prefix = (userId: string) => `chat.draft.${userId}.`;
const pause = 400;
let timer: ReturnType<typeof setTimeout> | undefined;
let unsaved: { id: string; save: () => void } | null = null;

export const useDrafts = create<Drafts>(() => nothing);

/** What is written and not sent, kept in this browser. */
export const drafts = {
  load(userId: string) {
    const start = prefix(userId);
    const byId = new Map(storage.keys(start).map((k) => [k.slice(start.length), storage.get(k) ?? ""]));
    useDrafts.setState({ userId, byId });
  },

  /** Deletes the drafts from this browser: the user signed out. */
  forget() {
    drop();
    for (const key of storage.keys(prefix(useDrafts.getState().userId))) storage.remove(key);
    useDrafts.setState({ byId: nothing.byId });
  },

  reset() {
    flush();
    useDrafts.setState(nothing, true);
  },

  set(id: string, body: string) {
    const { userId, byId } = useDrafts.getState();
    const next = new Map(byId);
    if (body.trim() === "") next.delete(id);
    else next.set(id, body);
    useDrafts.setState({ byId: next });
    if (unsaved && unsaved.id !== id) flush();
    const save = () => {
      if (next.has(id)) storage.set(prefix(userId) + id, body);
      else storage.remove(prefix(userId) + id);
    };
    unsaved = { id, save };
    clearTimeout(timer);
    timer = setTimeout(flush, pause);
  },
};

/** Writes down what is not yet. */
export function flush(): void {
  unsaved?.save();
  drop();
}

function drop(): void {
  clearTimeout(timer);
  unsaved = null;
}
