import { io, type Socket } from "socket.io-client";
import { toApiError } from "../api/problem";
import { onSession, refresh, session, token } from "../api/session";
import { backoff } from "../core/backoff";
import type { ClientEvents, ServerEvents, handlers } from "./events";
import { link, useLink } from "./link";

const authCodes = new Set(["token_expired", "token_invalid", "session_revoked"]);
const ceiling = 10_000, authTimeout = 10_000, heartbeatEvery = 30_000, pongTimeout = 5_000;

/**
 * Keeps one authenticated connection. It tries again by itself, with growing pauses, until it is stopped or the session
 * has ended; `onLive` is called each time events flow again.
 */
export class Connection {
  private readonly socket: Socket<ServerEvents, ClientEvents>;
  private readonly onLive: () => void;
  private readonly pause = backoff(ceiling);
  private used: string | null = null; // the token last shown
  private refusedToken: string | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private answerTimer: ReturnType<typeof setTimeout> | undefined;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private stopped = false;
  private connecting = false;
  private unhook: () => void = () => undefined;

  constructor(events: ReturnType<typeof handlers>, onLive: () => void) {
    this.onLive = onLive;
    this.socket = io({
      path: "/ws/socket.io", transports: ["websocket", "polling"], tryAllTransports: true, autoConnect: false, reconnection: false,
      forceNew: true,
    });
    const s = this.socket;
    s.on("connect", () => this.authenticate());
    s.on("authenticated", () => this.live());
    s.on("pong", () => this.answered());
    s.on("error", (e) => {
      if (e.code !== undefined && authCodes.has(e.code)) this.refusedToken = this.used;
    });
    s.on("connect_error", () => this.lost());
    s.on("disconnect", () => this.lost());
    for (const [name, handle] of Object.entries(events)) s.on(name as "resync", handle as ServerEvents["resync"]);
  }

  start(): void {
    this.stopped = false;
    this.connecting = false;
    this.unhook = onSession((fresh) => {
      if (fresh && this.socket.connected && fresh.token !== this.used) this.authenticate();
    });
    addEventListener("online", this.retryNow);
    addEventListener("offline", this.check);
    document.addEventListener("visibilitychange", this.onVisible);
    this.heartbeat = setInterval(this.check, heartbeatEvery);
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.unhook();
    removeEventListener("online", this.retryNow);
    removeEventListener("offline", this.check);
    document.removeEventListener("visibilitychange", this.onVisible);
    clearInterval(this.heartbeat);
    clearTimeout(this.retryTimer);
    clearTimeout(this.answerTimer);
    this.socket.disconnect();
  }

  /** Tries at once instead of after the pause. */
  readonly retryNow = (): void => {
    if (this.socket.connected) {
      this.check();
      return;
    }
    this.pause.reset();
    void this.connect();
  };

  private async connect(): Promise<void> {
    if (this.stopped || this.connecting || this.socket.connected) return;
    clearTimeout(this.retryTimer);
    this.connecting = true;
    link.set({ retryAt: null });
    try {
      if (this.refusedToken !== null && this.refusedToken === session()?.token) await refresh(this.refusedToken);
      this.used = await token();
      if (!this.isStopped()) this.socket.connect();
    } catch (cause) {
      this.connecting = false;
      if (toApiError(cause).status !== 401) this.lost(); // else the session is over, and this will be stopped
    }
  }

  private authenticate(): void {
    this.used = session()?.token ?? this.used;
    if (this.used === null) return;
    this.socket.emit("authenticate", { token: this.used });
    this.expectAnswer(authTimeout);
  }

  private live(): void {
    this.answered();
    this.connecting = false;
    this.pause.reset();
    link.set({ phase: "live", retryAt: null });
    this.onLive();
  }

  private lost(): void {
    this.answered();
    this.connecting = false;
    if (this.stopped) return;
    const wait = this.pause.next();
    const phase = !navigator.onLine ? "offline" : useLink.getState().phase === "connecting" ? "connecting" : "lost";
    link.set({ phase, retryAt: Date.now() + wait });
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => void this.connect(), wait);
  }

  /** Finds out whether the connection still stands: a laptop that slept does not know. */
  private readonly check = (): void => {
    if (!this.socket.connected || this.answerTimer !== undefined) return;
    this.socket.emit("ping");
    this.expectAnswer(pongTimeout);
  };

  private expectAnswer(within: number): void {
    clearTimeout(this.answerTimer);
    this.answerTimer = setTimeout(() => {
      this.answered();
      this.socket.disconnect(); // "disconnect" follows, and so the next attempt
    }, within);
  }

  private answered(): void {
    clearTimeout(this.answerTimer);
    this.answerTimer = undefined;
  }

  private readonly onVisible = (): void => {
    if (document.visibilityState === "visible") this.retryNow();
  };

  private isStopped(): boolean {
    return this.stopped;
  }
}
