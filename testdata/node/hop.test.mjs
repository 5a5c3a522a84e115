// The stock socket.io-client whose gateway ends: adapters/socketio/hop_integration_test.go starts two
// of them behind SERVER_URL, which asks them in turn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { io } from "socket.io-client";

const patience = 20_000;

test("a polling client whose gateway dies opens another session by itself", async () => {
  const socket = io(process.env.SERVER_URL, { path: "/ws/socket.io", transports: ["polling"], forceNew: true, reconnectionDelay: 20 });
  try {
    await once(socket, "hello");
    const gone = once(socket, "disconnect");
    const back = once(socket, "hello");
    socket.emit("die");
    assert.equal((await gone)[0], "transport error");
    await back;
    assert.deepEqual(await socket.timeout(patience).emitWithAck("echo", 1), [1]);
  } finally {
    socket.disconnect();
  }
});

function once(emitter, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} in time`)), patience);
    emitter.once(event, (...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });
}
