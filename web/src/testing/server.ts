import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll } from "vitest";

/** The server of a test file: what is not handled fails the test. */
export function testServer(): ReturnType<typeof setupServer> {
  const server = setupServer();
  beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
  return server;
}

const encode = (part: object) => btoa(JSON.stringify(part)).replaceAll("=", "");
let serial = 0;

/** The answer to a sign-in, with a token that lives for so many seconds. */
export const signedIn = (seconds = 900, userId = "ada") => ({
  access_token: `${encode({ alg: "EdDSA" })}.${encode({ sub: userId, iat: 1_000, exp: 1_000 + seconds })}.${++serial}`,
  refresh_token: "not read", user: { user_id: userId, email: `${userId}@example.org`, username: userId, created_at: "2026-01-07T12:00:00.000Z" },
});
