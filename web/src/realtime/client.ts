import { onSession } from "../api/session";
import type { User } from "../api/types";
import { bodies } from "./bodies";
import { Connection } from "./connection";
import { conversations } from "./conversations";
import { Directory } from "./directory";
import { drafts, flush } from "./drafts";
import { handlers } from "./events";
import { link } from "./link";
import { outbox } from "./outboxStore";
import { people } from "./people";
import { Presence } from "./presence";
import { Reads } from "./reads";
import { Sender } from "./sender";
import { Sync } from "./sync";
import { timelines } from "./timelines";

/** Everything that runs while one user is signed in. The stores are empty before it starts and after it stops. */
export class Client {
  private readonly user: User;
  private unsubscribe: () => void = () => undefined;
  readonly sync: Sync;
  readonly sender: Sender;
  readonly connection: Connection;
  readonly reads: Reads;
  readonly presence: Presence;

  constructor(user: User) {
    this.user = user;
    const directory = new Directory(user.user_id);
    this.sync = new Sync(user.user_id, directory);
    this.sender = new Sender(user.user_id, (m) => this.sync.hear(m));
    this.reads = new Reads();
    this.presence = new Presence(this.sync);
    const events = handlers(user.user_id, this.sync, directory, (m) => this.sender.delivered(m));
    this.connection = new Connection(events, () => this.becameLive());
  }

  start(): void {
    resetStores();
    drafts.load(this.user.user_id);
    people.named([this.user]);
    this.unsubscribe = onSession((_, signedOut) => { if (signedOut) this.forget(); });
    addEventListener("online", this.catchUp);
    document.addEventListener("visibilitychange", this.onVisibility);
    addEventListener("pagehide", flush);
    this.sender.start();
    this.sync.start(); // without waiting for the connection; once more when it stands
    this.connection.start();
    this.presence.start();
  }

  stop(): void {
    this.unsubscribe();
    removeEventListener("online", this.catchUp);
    document.removeEventListener("visibilitychange", this.onVisibility);
    removeEventListener("pagehide", flush);
    this.connection.stop();
    this.presence.stop();
    this.reads.stop();
    this.sender.stop();
    this.sync.stop();
    resetStores();
  }

  /** The user does not want to wait for the next attempt. */
  retryNow(): void {
    this.connection.retryNow();
    this.catchUp();
  }

  /** Deletes what the user wrote and did not send. It comes before stop, which keeps drafts. */
  private forget(): void {
    drafts.forget();
    this.sender.forget();
  }

  private becameLive(): void {
    this.catchUp();
    void this.presence.askRows();
  }

  private readonly catchUp = (): void => {
    this.sync.catchUp();
    this.sender.retryNow();
    void this.reads.tell();
  };

  private readonly onVisibility = (): void => {
    if (document.visibilityState === "visible") this.catchUp();
    else flush();
  };
}

function resetStores(): void {
  conversations.reset();
  timelines.reset();
  outbox.reset();
  people.reset();
  link.reset();
  drafts.reset();
  bodies.reset();
}
