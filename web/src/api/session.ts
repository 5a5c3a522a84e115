import { backoff } from "../core/backoff";
import { channel, exclusively } from "./locks";
import { ApiError, toApiError } from "./problem";
import { send } from "./send";
import type { SignedIn, User } from "./types";

/** Who is signed in, with the access token. It lives in memory only; the refresh token is a cookie no script can read. */
export interface Session {
  readonly token: string;
  readonly user: User;
  /** By this browser's clock, in ms. */
  readonly expiresAt: number;
}

/**
 * Is called with every change. `signedOut` is true when there is no session because the user signed out, in this tab or in
 * another one: what the user wrote is then not to stay in this browser.
 */
type SessionListener = (session: Session | null, signedOut: boolean) => void;

const tabs = channel("chat.session");
const listeners = new Set<SessionListener>();
const retry = backoff(30_000);
/** How much of a token's life is left when a fresh one is fetched, and when a request waits for it. */
const renewShare = 0.2, tooOld = 5_000;

let current: Session | null = null;
let refreshing: Promise<Session | null> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

type News = { session: Session } | { session: null; signedOut: boolean };

tabs.onMessage((message) => {
  const news = message as News;
  if (news.session) set(news.session);
  else end(news.signedOut);
});

export const session = (): Session | null => current;

/** Calls back on every change: another token, another user, nobody. Returns how to stop. */
export function onSession(hear: SessionListener): () => void {
  listeners.add(hear);
  return () => listeners.delete(hear);
}

/**
 * A token other than `stale`, from the server if need be: one request at a time over all tabs. null: the session has
 * ended, which only the server's refusal says. It throws while the server cannot be asked.
 */
export async function refresh(stale: string | null = current?.token ?? null): Promise<Session | null> {
  if (current && current.token !== stale) return current;
  refreshing ??= exclusively("chat.refresh", async () => {
    if (current && current.token !== stale) return current; // another tab was first
    try {
      return adopt(await post<SignedIn>("/api/users/auth/refresh"));
    } catch (cause) {
      const e = toApiError(cause);
      if (e.status !== 400 && e.status !== 401) throw e;
      leave({ signedOut: false });
      return null;
    }
  }).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** The token for a request now; a fresh one if it is about to expire. */
export async function token(): Promise<string> {
  const held = current && current.expiresAt - Date.now() < tooOld ? await refresh(current.token) : current;
  if (!held) throw new ApiError(401, { code: "signed_out", detail: "nobody is signed in" }, 0);
  return held.token;
}

export async function login(email: string, password: string): Promise<void> {
  await enter("/api/users/auth/login", { email, password });
}

export async function register(email: string, password: string, username: string): Promise<void> {
  await enter("/api/users/auth/register", { email, password, username });
}

const post = async <T>(url: string, data: object = {}): Promise<T> => (await send<T>({ method: "POST", url, data })).data;

async function enter(path: string, body: object): Promise<void> {
  adopt(await post<SignedIn>(path, body));
}

/** Ends this session, here and in the other tabs. It throws if the server could not be told: the session lives on. */
export async function logout(): Promise<void> {
  await post("/api/users/auth/logout");
  leave({ signedOut: true });
}

/** Forgets the session in all tabs: the server has ended it, because the user signed out or for a reason of its own. */
export function leave({ signedOut }: { signedOut: boolean }): void {
  end(signedOut);
  tabs.post({ session: null, signedOut } satisfies News);
}

/** Takes over a changed account, as after a rename. */
export function updateUser(user: User): void {
  if (!current) return;
  set({ ...current, user });
  tabs.post({ session: current } satisfies News);
}

function adopt({ access_token, user }: SignedIn): Session {
  const fresh = { token: access_token, user, expiresAt: Date.now() + lifetime(access_token) };
  set(fresh);
  tabs.post({ session: fresh } satisfies News);
  return fresh;
}

function set(session: Session): void {
  current = session;
  clearTimeout(timer);
  retry.reset();
  timer = setTimeout(renew, (session.expiresAt - Date.now()) * (1 - renewShare));
  for (const hear of listeners) hear(session, false);
}

function end(signedOut: boolean): void {
  current = null;
  clearTimeout(timer);
  for (const hear of listeners) hear(null, signedOut);
}

function renew(): void {
  refresh().catch(() => {
    clearTimeout(timer);
    timer = setTimeout(renew, retry.next());
  });
}

/** How long a token lives, in ms, by its own words: the server's clock may be another. */
function lifetime(jwt: string): number {
  try {
    const payload = (jwt.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { iat, exp } = JSON.parse(atob(payload)) as { iat: number; exp: number };
    return exp > iat ? (exp - iat) * 1000 : fallbackLifetime;
  } catch {
    return fallbackLifetime;
  }
}

const fallbackLifetime = 60_000;
