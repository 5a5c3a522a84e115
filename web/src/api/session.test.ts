// @vitest-environment jsdom
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { signedIn, testServer } from "../testing/server";

const server = testServer();
const refreshPath = "*/api/users/auth/refresh";
let api: typeof import("./session") & typeof import("./http");

beforeEach(async () => {
  vi.resetModules();
  api = { ...(await import("./session")), ...(await import("./http")) };
});

/** Answers refreshes one after the other and counts them. */
function refreshes(...answers: (() => Response)[]) {
  const count = { asked: 0 };
  server.use(http.post(refreshPath, () => (answers[Math.min(count.asked++, answers.length - 1)] ?? HttpResponse.error)()));
  return count;
}
const fresh = () => HttpResponse.json(signedIn());
const problem = (status: number, code: string) => HttpResponse.json({ code, status, title: "", detail: "", type: "" }, { status });

describe("the session", () => {
  test("is refreshed once however many ask", async () => {
    const count = refreshes(fresh);
    const all = await Promise.all([api.refresh(), api.refresh(), api.refresh()]);
    expect(count.asked).toBe(1);
    expect(new Set(all).size).toBe(1);
  });

  test.each([400, 401])("ends when the server says so: %i", async (status) => {
    refreshes(() => problem(status, "refresh_invalid"));
    const heard: unknown[] = [];
    api.onSession((s) => heard.push(s));
    expect(await api.refresh()).toBeNull();
    expect(heard).toEqual([null]);
  });

  test("says whether the user signed out or the server ended it", async () => {
    const heard: [boolean, boolean][] = [];
    api.onSession((s, signedOut) => heard.push([s !== null, signedOut]));
    refreshes(fresh, fresh, () => problem(401, "session_revoked"));
    server.use(http.post("*/api/users/auth/logout", () => new HttpResponse(null, { status: 204 })));
    await api.refresh();
    await api.logout();
    await api.refresh(null);
    await api.refresh();
    expect(heard).toEqual([[true, false], [false, true], [true, false], [false, false]]);
  });

  test.each([429, 500, 503])("goes on when the server cannot say: %i", async (status) => {
    refreshes(fresh, () => problem(status, "unavailable"));
    const held = await api.refresh();
    await expect(api.refresh()).rejects.toMatchObject({ status });
    expect(api.session()).toBe(held);
  });

  test("of another tab is taken over instead of asking again", async () => {
    const count = refreshes(fresh);
    const mine = await api.refresh();
    const other = { ...mine, token: "of another tab", expiresAt: Date.now() + 60_000 };
    new BroadcastChannel("chat.session").postMessage({ session: other });
    await vi.waitFor(() => expect(api.session()?.token).toBe("of another tab"));
    expect((await api.refresh(mine?.token ?? null))?.token).toBe("of another tab");
    expect(count.asked).toBe(1);
  });

  test("a request whose token has expired is made once more with a fresh one", async () => {
    refreshes(fresh);
    await api.refresh();
    const used: (string | null)[] = [];
    server.use(http.get("*/api/thing", ({ request }) => {
      used.push(request.headers.get("Authorization"));
      return used.length === 1 ? problem(401, "token_expired") : HttpResponse.json({ here: true });
    }));
    expect(await api.get("/api/thing")).toEqual({ here: true });
    expect(used[1]).toBe(`Bearer ${api.session()?.token ?? ""}`);
    expect(used[1]).not.toBe(used[0]);
  });

  test("a wrong password is no expired token", async () => {
    const count = refreshes(fresh);
    await api.refresh();
    server.use(http.post("*/api/thing", () => problem(401, "invalid_credentials")));
    await expect(api.post("/api/thing")).rejects.toMatchObject({ code: "invalid_credentials" });
    expect(count.asked).toBe(1);
  });
});
