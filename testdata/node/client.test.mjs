// The stock socket.io-client against our server. adapters/socketio/node_integration_test.go starts
// the server, whose handler it also describes, and runs this file with SERVER_URL set.
import assert from "node:assert/strict";
import { test, describe } from "node:test";
import { io } from "socket.io-client";

const url = process.env.SERVER_URL;
const patience = 20_000;

const transports = {
  "WebSocket only": { transports: ["websocket"] },
  "polling only": { transports: ["polling"] },
  "polling, then upgrade": { transports: ["polling", "websocket"] },
};

// Each form of address a client may use, and the namespace it means.
const addresses = {
  "path /ws/socket.io": { url, path: "/ws/socket.io", namespace: "/" },
  "namespace /ws": { url: `${url}/ws`, path: "/socket.io", namespace: "/ws" },
};

function open(options = {}, address = addresses["path /ws/socket.io"]) {
  return io(address.url, { path: address.path, forceNew: true, reconnectionDelay: 20, ...options });
}

function once(emitter, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} in time`)), patience);
    emitter.once(event, (...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });
}

// use runs f with a socket and closes the socket afterwards.
async function use(socket, f) {
  try {
    await f(socket);
  } finally {
    socket.disconnect();
  }
}

for (const [name, options] of Object.entries(transports)) {
  describe(name, () => {
    for (const [form, address] of Object.entries(addresses)) {
      test(`connects by ${form}`, () =>
        use(open({ ...options, auth: { token: "x" } }, address), async (socket) => {
          const [seen] = await once(socket, "hello");
          assert.deepEqual(seen, { namespace: address.namespace, auth: { token: "x" } });
          assert.ok(socket.id);
          assert.notEqual(socket.id, socket.io.engine.id);
        }));
    }

    test("events and acks keep their arguments", () =>
      use(open(options), async (socket) => {
        const args = [1, "zwei <b>&</b> 🎉", { drei: [true, null] }, "\u001e"];
        assert.deepEqual(await socket.timeout(patience).emitWithAck("echo", ...args), args);
      }));

    test("binary goes both ways, nested as well", () =>
      use(open(options), async (socket) => {
        const args = [Buffer.from([1, 2, 3]), { deep: [Buffer.from([0xff, 0xfe])] }];
        assert.deepEqual(await socket.timeout(patience).emitWithAck("echo", ...args), args);
      }));

    test("what is emitted before the connection is there arrives in order", () =>
      use(open({ ...options, autoConnect: false }), async (socket) => {
        socket.connect();
        socket.emit("authenticate", { token: "t" });
        for (let i = 0; i < 50; i++) socket.emit("count", i);
        assert.equal(await socket.timeout(patience).emitWithAck("counted"), 50);
      }));

    test("the names error, ping and pong are ordinary", () =>
      use(open(options), async (socket) => {
        for (const event of ["error", "ping", "pong", "authenticated"]) {
          const heard = once(socket, event);
          socket.emit("say", event, { code: "x" });
          assert.deepEqual(await heard, [{ code: "x" }]);
        }
        assert.ok(socket.connected);
      }));

    test("an unknown namespace is a connect_error", () =>
      use(open(options, { url: `${url}/nowhere`, path: "/socket.io" }), async (socket) => {
        const [err] = await once(socket, "connect_error");
        assert.equal(err.message, "Invalid namespace");
      }));

    test("two namespaces share one connection", async () => {
      const main = open(options, { url, path: "/socket.io" });
      const other = main.io.socket("/ws");
      await use(main, () =>
        use(other, async () => {
          assert.deepEqual(await main.timeout(patience).emitWithAck("echo", 1), [1]);
          assert.deepEqual(await other.timeout(patience).emitWithAck("echo", 2), [2]);
          other.disconnect();
          assert.deepEqual(await main.timeout(patience).emitWithAck("echo", 3), [3]);
        }),
      );
    });

    test("the heartbeat keeps it alive", () =>
      use(open(options), async (socket) => {
        for (let i = 0; i < 3; i++) await once(socket.io, "ping");
        assert.deepEqual(await socket.timeout(patience).emitWithAck("echo", 1), [1]);
      }));

    test("comes back by itself after Drop", () =>
      use(open(options), async (socket) => {
        await once(socket, "hello");
        const before = socket.id;
        const heard = once(socket, "error");
        const gone = once(socket, "disconnect");
        const back = once(socket, "hello");
        socket.emit("drop");
        assert.deepEqual(await heard, [{ code: "token_expired" }]);
        assert.equal((await gone)[0], "transport close");
        await back;
        assert.notEqual(socket.id, before);
      }));

    test("does not come back after Disconnect", () =>
      use(open(options), async (socket) => {
        await once(socket, "hello");
        const heard = once(socket, "error");
        const gone = once(socket, "disconnect");
        socket.emit("kick");
        assert.deepEqual(await heard, [{ code: "bad_token" }]);
        assert.equal((await gone)[0], "io server disconnect");
        socket.io.on("reconnect_attempt", () => assert.fail("it came back"));
        await new Promise((resolve) => setTimeout(resolve, 300)); // 15 reconnection delays
        assert.ok(!socket.connected && !socket.active);
      }));

    test("10,000 messages each way arrive in order", () =>
      use(open(options), async (socket) => {
        const total = 10_000;
        let next = 0;
        const all = new Promise((resolve, reject) => {
          socket.on("number", (n) => {
            if (n !== next) reject(new Error(`got ${n} instead of ${next}`));
            if (++next === total) resolve();
          });
        });
        socket.emit("numbers", total);
        for (let i = 0; i < total; i++) {
          socket.emit("count", i);
          if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        assert.equal(await socket.timeout(patience).emitWithAck("counted"), total);
        await all;
        const last = options.transports.at(-1);
        if (socket.io.engine.transport.name !== last) await once(socket.io.engine, "upgrade");
        assert.equal(socket.io.engine.transport.name, last);
      }));
  });
}

test("a v2 client's protocol is refused", async () => {
  const answer = await fetch(`${url}/socket.io/?EIO=3&transport=polling`);
  assert.equal(answer.status, 400);
  assert.deepEqual(await answer.json(), { code: 5, message: "Unsupported protocol version" });
});
