// @vitest-environment jsdom
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { refresh } from "../api/session";
import { message } from "../testing/messages";
import { signedIn, testServer } from "../testing/server";
import { outbox } from "./outboxStore";
import { Sender } from "./sender";

interface Attempt {
  id: string;
  body: string;
}

const server = testServer();
let attempts: Attempt[];
let heard: string[];
let answers: (() => Response)[]; // for the next attempts; afterwards each is stored
let sender: Sender;

beforeEach(async () => {
  attempts = [];
  heard = [];
  answers = [];
  server.use(
    http.post("*/api/users/auth/refresh", () => HttpResponse.json(signedIn())),
    http.post("*/api/messages/conversations/:id/messages", async ({ request, params }) => {
      const { client_msg_id, body } = (await request.json()) as { client_msg_id: string; body: string };
      attempts.push({ id: client_msg_id, body });
      return answers.shift()?.() ?? HttpResponse.json({ ...message(attempts.length), conversation_id: params.id, client_msg_id, body });
    }),
  );
  await refresh(null);
  begin();
});

afterEach(() => {
  sender.stop();
  outbox.reset();
});

function begin(): void {
  sender = new Sender("ada", (m) => heard.push(m.client_msg_id));
  sender.start();
}

const refusal = (status: number, code: string) => () => HttpResponse.json({ code, status, title: "", detail: "", type: "" }, { status });
const bodies = () => attempts.map((a) => a.body);
const settled = () => vi.waitFor(() => expect(outbox.get().filter((e) => e.refusal === null)).toEqual([]), { timeout: 5_000 });

describe("the sender", () => {
  test("sends in the order of writing and takes the answer like an event", async () => {
    for (const body of ["one", "two", "three"]) sender.send("c", body);
    await settled();
    expect(bodies()).toEqual(["one", "two", "three"]);
    expect(heard).toEqual(attempts.map((a) => a.id));
  });

  test("tries again under the same id, and nothing overtakes", async () => {
    answers = [refusal(503, "unavailable"), () => HttpResponse.error()];
    sender.send("c", "one");
    sender.send("c", "two");
    await settled();
    expect(bodies()).toEqual(["one", "one", "one", "two"]);
    expect(new Set(attempts.slice(0, 3).map((a) => a.id)).size).toBe(1);
  });

  test("a refused one fails and the next goes on; retried it keeps its id", async () => {
    answers = [refusal(404, "conversation_not_found")];
    sender.send("c", "one");
    sender.send("c", "two");
    await settled();
    const [failed] = outbox.get();
    expect(failed).toMatchObject({ body: "one", refusal: "left" });
    sender.retry(failed?.clientMsgId ?? "");
    await vi.waitFor(() => expect(outbox.get()).toEqual([]));
    expect(bodies()).toEqual(["one", "two", "one"]);
    expect(attempts[2]?.id).toBe(attempts[0]?.id);
  });

  test("what was not sent is kept over a reload", async () => {
    answers = Array.from({ length: 50 }, () => () => HttpResponse.error());
    sender.send("c", "one");
    await vi.waitFor(() => expect(attempts.length).toBeGreaterThan(0));
    sender.stop();
    outbox.reset();
    answers = [];
    begin();
    await settled();
    expect(new Set(attempts.map((a) => a.id)).size).toBe(1);
    expect(localStorage).toHaveLength(0);
  });

  test("signing out deletes what was not sent, the message under way included", async () => {
    let answer: (r: Response) => void = () => undefined;
    server.use(http.post("*/api/messages/conversations/:id/messages", () => new Promise<Response>((resolve) => (answer = resolve))));
    sender.send("c", "one");
    sender.send("c", "two");
    await vi.waitFor(() => expect(outbox.get()[0]?.attempts).toBe(1));
    localStorage.setItem("chat.outbox.ben.1", "of ben");
    sender.forget();
    answer(new HttpResponse(null, { status: 503 }));
    expect(outbox.get()).toEqual([]);
    expect(Object.fromEntries(Object.entries(localStorage))).toEqual({ "chat.outbox.ben.1": "of ben" });
    localStorage.clear();
  });

  test("a cancelled one is not tried again", async () => {
    answers = [refusal(503, "unavailable")];
    sender.send("c", "one");
    await vi.waitFor(() => expect(outbox.get()[0]?.retryAt).not.toBeNull());
    sender.cancel(outbox.get()[0]?.clientMsgId ?? "");
    sender.send("c", "two");
    await settled();
    expect(bodies()).toEqual(["one", "two"]);
  });

  test("an announcement of one's own message ends it, whatever the answer was", async () => {
    answers = [refusal(503, "unavailable")];
    sender.send("c", "one");
    await vi.waitFor(() => expect(attempts).toHaveLength(1));
    sender.delivered({ ...message(1), client_msg_id: attempts[0]?.id ?? "" });
    expect(outbox.get()).toEqual([]);
  });
});
