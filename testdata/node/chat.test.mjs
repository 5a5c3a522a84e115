// Two people chat through `chat serve` with the stock socket.io-client and plain REST. cmd/chat/node_integration_test.go starts
// the server and runs this file with SERVER_URL set; access tokens live for ACCESS_TOKEN_TTL_MS.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { io } from "socket.io-client";

const url = process.env.SERVER_URL;
const tokenLife = Number(process.env.ACCESS_TOKEN_TTL_MS);
const patience = 20_000;

async function api(person, method, path, body) {
  const headers = { "Content-Type": "application/json" };
  if (person?.access_token) headers.Authorization = `Bearer ${person.access_token}`;
  const answer = await fetch(`${url}/api${path}`, { method, headers, body: body && JSON.stringify(body) });
  const data = answer.status === 204 ? null : await answer.json();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${JSON.stringify(data)}`);
  return data;
}

async function newPerson(name) {
  const unique = `${name}-${randomUUID().slice(0, 8)}`;
  return api(null, "POST", "/users/auth/register", { email: `${unique}@example.org`, password: "correct horse", username: unique });
}

// The snippet of the documentation, and the documented path.
const forms = {
  "namespace /ws": (options) => io(`${url}/ws`, { path: "/socket.io", autoConnect: false, forceNew: true, reconnectionDelay: 50, ...options }),
  "path /ws/socket.io": (options) => io(url, { path: "/ws/socket.io", autoConnect: false, forceNew: true, reconnectionDelay: 50, ...options }),
};
const transports = { websocket: ["websocket"], polling: ["polling"], upgrade: ["polling", "websocket"] };

// connect opens a socket that authenticates by event, and records all it hears.
async function connect(person, { form = "namespace /ws", via = "websocket" } = {}) {
  const socket = forms[form]({ transports: transports[via] });
  socket.heard = [];
  socket.onAny((event, payload) => socket.heard.push([event, payload]));
  socket.on("connect", () => socket.emit("authenticate", { token: person.access_token }));
  socket.connect();
  const { userId } = await next(socket, "authenticated");
  assert.equal(userId, person.user.user_id);
  return socket;
}

// next returns the payload of the first event of a name that has been or will be heard, and that fits.
async function next(socket, event, fits = () => true) {
  const end = Date.now() + patience;
  for (let i = 0; Date.now() < end;) {
    if (i === socket.heard.length) await new Promise((resolve) => { socket.onAny(resolve); setTimeout(resolve, 50); });
    for (; i < socket.heard.length; i++) {
      if (socket.heard[i][0] === event && fits(socket.heard[i][1])) return socket.heard[i][1];
    }
  }
  throw new Error(`no ${event} in time; heard ${JSON.stringify(socket.heard)}`);
}

function once(socket, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} in time`)), patience);
    socket.once(event, (...args) => { clearTimeout(timer); resolve(args); });
  });
}

const send = (person, conversation, body) =>
  api(person, "POST", `/messages/conversations/${conversation}/messages`, { client_msg_id: randomUUID(), body });

for (const form of Object.keys(forms)) {
  for (const via of Object.keys(transports)) {
    test(`two people chat: ${form}, ${via}`, async () => {
      const [ada, ben] = [await newPerson("ada"), await newPerson("ben")];
      const sockets = [await connect(ada, { form, via }), await connect(ben, { form, via }), await connect(ada, { form, via })];
      try {
        const dm = await api(ada, "POST", "/chats/conversations/dm", { other_user_id: ben.user.user_id });
        const said = `Hello B 🦜 <b>&amp;</b> ${"x".repeat(300)}`;
        const sent = await send(ada, dm.conversation_id, said);
        for (const socket of sockets) { // the sender's own devices included
          const { body, ...pointer } = sent;
          assert.equal(body, said);
          assert.deepEqual(await next(socket, "message:new"), pointer);
        }
        const full = await api(ben, "GET", `/messages/conversations/${dm.conversation_id}/messages/${sent.message_id}?fields=full`);
        assert.equal(full.body, said);
        sockets[1].emit("ping");
        await next(sockets[1], "pong");
      } finally {
        sockets.forEach((s) => s.disconnect());
      }
    });
  }
}

describe("other events", () => {
  test("groups, members, roles, invites and read marks are announced to those they concern", async () => {
    const [ada, ben, eve] = [await newPerson("ada"), await newPerson("ben"), await newPerson("eve")];
    const [a, b, e] = [await connect(ada), await connect(ben), await connect(eve)];
    try {
      const { conversation_id: id } = await api(ada, "POST", "/chats/conversations/group", { title: "Team", member_ids: [ben.user.user_id] });
      assert.equal((await next(b, "conversation:new")).conversation_id, id);
      const invite = await api(ada, "POST", `/chats/conversations/${id}/invite`, { user_id: eve.user.user_id });
      assert.equal((await next(e, "invite:new")).invite_id, invite.invite_id);
      await api(eve, "POST", `/chats/conversations/${id}/join`, { invite_id: invite.invite_id });
      assert.equal((await next(b, "member:joined")).user_id, eve.user.user_id);
      await api(ada, "PATCH", `/chats/conversations/${id}`, { title: "Crew" });
      assert.equal((await next(e, "conversation:updated")).title, "Crew");
      await send(ada, id, "one");
      await next(b, "message:new");
      await api(ben, "POST", `/messages/conversations/${id}/read`, { last_read_seq: 1 });
      assert.equal((await next(b, "read:updated")).unread_count, 0);
      await api(ada, "DELETE", `/chats/conversations/${id}/members/${eve.user.user_id}`);
      for (const socket of [b, e]) assert.equal((await next(socket, "member:left")).user_id, eve.user.user_id);
      await send(ada, id, "two");
      await next(b, "message:new", (p) => p.seq === 2);
      assert.ok(!e.heard.some(([name, p]) => name === "message:new" && p.seq === 2), "who was removed hears nothing sent later");
    } finally {
      [a, b, e].forEach((s) => s.disconnect());
    }
  });

  test("the other person of a DM sees how far one has read, and no counts", async () => {
    const [ada, ben] = [await newPerson("ada"), await newPerson("ben")];
    const a = await connect(ada);
    try {
      const { conversation_id: id } = await api(ada, "POST", "/chats/conversations/dm", { other_user_id: ben.user.user_id });
      await send(ada, id, "one");
      await api(ben, "POST", `/messages/conversations/${id}/read`, { last_read_seq: 1 });
      const seen = await next(a, "read:updated", (p) => p.user_id === ben.user.user_id);
      assert.deepEqual(seen, { conversation_id: id, user_id: ben.user.user_id, last_read_seq: 1 });
    } finally {
      a.disconnect();
    }
  });
});

describe("sessions", () => {
  test("a token in the CONNECT packet authenticates without an event", async () => {
    const ada = await newPerson("ada");
    const socket = forms["namespace /ws"]({ transports: ["websocket"], auth: { token: ada.access_token } });
    const told = once(socket, "authenticated");
    socket.connect();
    try {
      assert.deepEqual((await told)[0], { userId: ada.user.user_id });
    } finally {
      socket.disconnect();
    }
  });

  test("another user's token on an authenticated socket ends it", async () => {
    const [ada, ben] = [await newPerson("ada"), await newPerson("ben")];
    const socket = await connect(ada);
    const gone = once(socket, "disconnect");
    socket.emit("authenticate", { token: ben.access_token });
    assert.equal((await next(socket, "error")).code, "token_invalid");
    assert.equal((await gone)[0], "io server disconnect");
  });

  test("a bad token is answered with an error and a disconnect that lasts", async () => {
    const socket = await refusedWith("not a token");
    assert.equal(socket.active, false, "a stock client does not come back by itself");
  });

  test("leaving and joining anew buys no time without a token: the transport closes", async () => {
    const socket = forms["namespace /ws"]({ transports: ["websocket"], reconnection: false });
    socket.connect();
    await once(socket, "connect");
    const closed = once(socket.io, "close");
    socket.io.engine.write("41/ws,"); // leaves the namespace and stays connected
    assert.equal((await closed)[0], "transport close");
  });

  async function refusedWith(token) {
    const socket = forms["namespace /ws"]({ transports: ["websocket"] });
    const told = once(socket, "error"), gone = once(socket, "disconnect");
    socket.on("connect", () => socket.emit("authenticate", { token }));
    socket.connect();
    assert.equal((await told)[0].code, "token_invalid");
    assert.equal((await gone)[0], "io server disconnect");
    return socket;
  }

  for (const via of Object.keys(transports)) {
    test(`signing out closes the session's sockets for good and no others: ${via}`, async () => {
      const ada = await newPerson("ada");
      const phone = await api(null, "POST", "/users/auth/login", { email: ada.user.email, password: "correct horse" });
      const [out, stays] = [await connect(ada, { via }), await connect(phone, { via })];
      try {
        const gone = once(out, "disconnect");
        await api(null, "POST", "/users/auth/logout", { refresh_token: ada.refresh_token });
        assert.equal((await gone)[0], "io server disconnect");
        assert.equal((await next(out, "error")).code, "session_revoked");
        stays.emit("ping");
        await next(stays, "pong");
      } finally {
        [out, stays].forEach((s) => s.disconnect());
      }
    });
  }

  test("an expired token closes the socket so that the client comes back by itself, and a fresh one lets it in", async () => {
    let ada = await newPerson("ada");
    const socket = await connect(ada);
    try {
      socket.removeAllListeners("connect");
      const back = new Promise((resolve) => socket.on("connect", async () => {
        ada = await api(null, "POST", "/users/auth/refresh", { refresh_token: ada.refresh_token });
        socket.heard.length = 0;
        socket.emit("authenticate", { token: ada.access_token });
        resolve();
      }));
      const [reason] = await once(socket, "disconnect");
      assert.equal(reason, "transport close");
      assert.equal((await next(socket, "error")).code, "token_expired");
      await back;
      await next(socket, "authenticated");
    } finally {
      socket.disconnect();
    }
  });

  test("a fresh token in time keeps the socket open", async () => {
    const ada = await newPerson("ada");
    const socket = await connect(ada);
    try {
      const fresh = await api(null, "POST", "/users/auth/refresh", { refresh_token: ada.refresh_token });
      socket.emit("authenticate", { token: fresh.access_token });
      await next(socket, "authenticated", () => socket.heard.filter(([name]) => name === "authenticated").length === 2);
      await new Promise((resolve) => setTimeout(resolve, tokenLife / 2));
      assert.ok(socket.connected);
    } finally {
      socket.disconnect();
    }
  });
});
