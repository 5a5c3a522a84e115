/**
 * Runs work while no other tab does under the same name. Where the browser has no locks (plain http on anything but
 * localhost) it just runs: everything that is done under a lock is safe to be done twice.
 */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (!("locks" in navigator)) return work();
  return await navigator.locks.request(name, work);
}

/** A way to tell the other tabs something. */
export interface Channel {
  post: (message: unknown) => void;
  onMessage: (hear: (message: unknown) => void) => void;
  close: () => void;
}

/** The channel of that name; silent where the browser has none. */
export function channel(name: string): Channel {
  if (!("BroadcastChannel" in globalThis)) return { post: () => undefined, onMessage: () => undefined, close: () => undefined };
  const broadcast = new BroadcastChannel(name);
  return {
    post: (message) => broadcast.postMessage(message),
    onMessage: (hear) => broadcast.addEventListener("message", (e) => hear(e.data)),
    close: () => broadcast.close(),
  };
}

/** A new id that nobody else has: 32 hexadecimal digits. Works without a secure context, where randomUUID does not. */
export function newID(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
