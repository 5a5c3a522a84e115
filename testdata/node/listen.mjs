// A person with the stock socket.io-client and nothing but long-polling, who prints every event that is heard as a line of
// JSON. cmd/e2e/polling_test.go runs it with SERVER_URL and ACCESS_TOKEN set, and ends it.
import { io } from "socket.io-client";

const { SERVER_URL: url, ACCESS_TOKEN: token } = process.env;

const socket = io(url, { path: "/ws/socket.io", transports: ["polling"], reconnectionDelay: 50, reconnectionDelayMax: 500 });
socket.on("connect", () => socket.emit("authenticate", { token }));
socket.onAny((event, payload) => console.log(JSON.stringify({ event, ...payload })));
