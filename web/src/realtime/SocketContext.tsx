import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import type { User } from "../api/types";
import { Client } from "./client";

const Context = createContext<{ client: Client; me: User } | null>(null);

/** Runs the client for as long as this user is signed in; mount it with the user's id as key. */
export function SocketProvider({ user, children }: { user: User; children: ReactNode }) {
  const [client] = useState(() => new Client(user));
  useEffect(() => {
    client.start();
    return () => client.stop();
  }, [client]);
  return <Context value={{ client, me: user }}>{children}</Context>;
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
