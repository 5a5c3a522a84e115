import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import type { User } from "../api/types";
import { Client } from "./client";

const Context = createContext<{ client: Client; me: User } | null>(null);

/** Runs the client for as long as this user is signed in; mount it with the user's id as key. */
export function SocketProvider({ user, children }: { user: User; children: ReactNode }) {
  const [client, setClient] = useState<Client | null>(null);
  const id = user.user_id;
  useEffect(() => {
    const started = new Client(user);
    started.start();
    setClient(started);
    return () => started.stop();
    // A rename changes the user, but not who is signed in.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id]);
  return client && <Context value={{ client, me: user }}>{children}</Context>;
}

export function useClient(): Client {
  return useHeld().client;
}

/** Who is signed in. */
export function useMe(): User {
  return useHeld().me;
}

function useHeld() {
  const held = useContext(Context);
  if (!held) throw new Error("no SocketProvider above");
  return held;
}
