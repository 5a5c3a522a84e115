"""A stock python-socketio client hears everything `chat serve` tells, whatever happens to the server.

cmd/chat/python_integration_test.go starts the server and runs this file with SERVER_URL set. A line on stdout says what is to happen to
the server next, and the answer on stdin that it has: "restart" ends it gently and starts it again.
"""

import os
import queue
import sys
import threading
import time
import uuid

import requests
import socketio

URL = os.environ["SERVER_URL"]
PATIENCE = 30


def api(person, method, path, body=None):
    headers = {"Authorization": "Bearer " + person["access_token"]} if person else {}
    answer = requests.request(method, URL + "/api" + path, json=body, headers=headers, timeout=10)
    assert answer.ok, (method, path, answer.status_code, answer.text)
    return answer.json() if answer.content else None


def register(name):
    unique = f"{name}-{uuid.uuid4().hex[:8]}"
    return api(None, "POST", "/users/auth/register", {"email": unique + "@example.org", "password": "correct horse", "username": unique})


def send(person, conversation, body):
    return api(person, "POST", f"/messages/conversations/{conversation}/messages", {"client_msg_id": uuid.uuid4().hex, "body": body})


class Listener:
    """Hears the messages of one conversation in order, and reads what it missed by after_seq, as every client should."""

    def __init__(self, person, conversation, transports):
        self.person, self.conversation = person, conversation
        self.lock, self.last, self.news = threading.Lock(), 0, queue.Queue()
        self.live = threading.Event()
        self.connections, self.events = 0, 0
        self.sio = socketio.Client(reconnection=True, reconnection_delay=0.1, reconnection_delay_max=1)
        self.sio.on("connect", self.connected)
        self.sio.on("authenticated", lambda _: self.authenticated())
        self.sio.on("message:new", self.heard)
        self.sio.on("disconnect", lambda *_: self.live.clear())
        self.sio.connect(URL, socketio_path="/ws/socket.io", transports=transports, wait_timeout=10)
        assert self.live.wait(PATIENCE), "not authenticated"

    def connected(self):
        self.connections += 1
        self.sio.emit("authenticate", {"token": self.person["access_token"]})

    def authenticated(self):
        self.live.set()
        self.catch_up()

    def heard(self, pointer):
        self.events += 1
        self.catch_up()

    def catch_up(self):
        with self.lock:
            while True:
                page = api(self.person, "GET", f"/messages/conversations/{self.conversation}/messages?after_seq={self.last}&limit=200")
                for message in page["messages"]:
                    assert message["seq"] == self.last + 1, ("a gap or a double", self.last, message["seq"])
                    self.last = message["seq"]
                    self.news.put(message)
                if not page["has_more"]:
                    return

    def expect(self, bodies):
        got = []
        end = time.monotonic() + PATIENCE
        while len(got) < len(bodies):
            try:
                got.append(self.news.get(timeout=max(0, end - time.monotonic()))["preview"])
            except queue.Empty:
                raise AssertionError(f"{len(got)} of {len(bodies)} messages came") from None
        assert got == bodies, (got, bodies)

    def close(self):
        self.sio.disconnect()


def tell(what):
    print(what, flush=True)
    assert sys.stdin.readline().strip() == "done"


def story(transports):
    ada, ben = register("ada"), register("ben")
    dm = api(ada, "POST", "/chats/conversations/dm", {"other_user_id": ben["user"]["user_id"]})["conversation_id"]
    ear = Listener(ben, dm, transports)

    burst = [f"burst {i}" for i in range(200)]  # many more packets than python-engineio takes in one answer to a poll
    for body in burst:
        send(ada, dm, body)
    ear.expect(burst)
    assert ear.connections == 1, "the burst broke the connection"

    before = ear.connections
    tell("restart")
    end = time.monotonic() + PATIENCE
    while ear.connections == before or not ear.live.is_set():
        assert time.monotonic() < end, "it does not come back by itself"
        time.sleep(0.02)
    heard = ear.events
    send(ada, dm, "after the restart")
    ear.expect(["after the restart"])
    end = time.monotonic() + PATIENCE
    while ear.events == heard:
        assert time.monotonic() < end, "it is not told live any more"
        time.sleep(0.02)
    ear.close()
    print("ok " + "+".join(transports), file=sys.stderr, flush=True)


for ways in (["polling"], ["websocket"], ["polling", "websocket"]):
    story(ways)
