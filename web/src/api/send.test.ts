import { http, HttpResponse } from "msw";
import { describe, expect, test } from "vitest";
import { testServer } from "../testing/server";
import { ApiError } from "./problem";
import { send } from "./send";

const server = testServer();
const origin = "http://chat.test";
const refusal = async (made: Promise<unknown>) => {
  const e = await made.then(() => null, (cause: unknown) => cause);
  expect(e).toBeInstanceOf(ApiError);
  return e as ApiError;
};

describe("a request", () => {
  test("carries query, body and token, and gives data and headers", async () => {
    server.use(http.post(`${origin}/api/x`, async ({ request }) => HttpResponse.json({
      query: new URL(request.url).search, body: await request.json(), token: request.headers.get("Authorization"), type: request.headers.get("Content-Type"),
    }, { headers: { Link: "next" } })));
    const { data, headers } = await send({ method: "POST", url: `${origin}/api/x`, params: { q: "a b&c", n: 2, none: undefined }, data: { a: 1 }, token: "t" });
    expect(data).toEqual({ query: "?q=a+b%26c&n=2", body: { a: 1 }, token: "Bearer t", type: "application/json" });
    expect(headers.get("Link")).toBe("next");
  });

  test("that is refused says why, and how long to wait", async () => {
    const problem = { title: "t", status: 429, detail: "Wait.", code: "rate_limited", errors: [{ field: "q", code: "c", detail: "d" }] };
    server.use(http.get(`${origin}/api/x`, () => HttpResponse.json(problem, { status: 429, headers: { "Retry-After": "3" } })));
    expect(await refusal(send({ method: "GET", url: `${origin}/api/x` }))).toMatchObject({
      status: 429, code: "rate_limited", message: "Wait.", retryAfter: 3000, fields: problem.errors,
    });
  });

  test.each([
    ["refused by somebody else", () => new HttpResponse("<html>", { status: 502 }), 502],
    ["answered by somebody else, as where one signs in to a network", () => new HttpResponse("<html>", { status: 200 }), 0],
    ["without an answer", () => HttpResponse.error(), 0],
  ])("%s has no code", async (_, answer, status) => {
    server.use(http.get(`${origin}/api/x`, answer));
    expect(await refusal(send({ method: "GET", url: `${origin}/api/x` }))).toMatchObject({ status, code: "", retryAfter: 0 });
  });

  test("without content gives nothing", async () => {
    server.use(http.delete(`${origin}/api/x`, () => new HttpResponse(null, { status: 204 })));
    expect((await send({ method: "DELETE", url: `${origin}/api/x` })).data).toBeUndefined();
  });

  test("that is given up ends at once", async () => {
    server.use(http.get(`${origin}/api/x`, () => new Promise(() => undefined)));
    const stop = new AbortController();
    const made = refusal(send({ method: "GET", url: `${origin}/api/x`, signal: stop.signal }));
    stop.abort();
    expect((await made).status).toBe(0);
  });
});
