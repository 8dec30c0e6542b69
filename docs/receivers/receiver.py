"""A complete receiver of Rex webhooks on nothing but Python's standard library (3.9 or newer).

    WEBHOOK_SECRET=whsec_... python3 receiver.py

WEBHOOK_SECRET     the secret that the webhook was created with
PORT               where to listen (default 9000)
EVENTS_DB          file that remembers events (default events.db)
TOLERANCE_SECONDS  accepted difference between the sender's clock and ours (default 300)
SIGNATURE          rex (default), or standard for the Standard Webhooks headers
"""

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["WEBHOOK_SECRET"]
PORT = int(os.environ.get("PORT", "9000"))
EVENTS_DB = os.environ.get("EVENTS_DB", "events.db")
TOLERANCE_SECONDS = int(os.environ.get("TOLERANCE_SECONDS", "300"))
BODY_BYTES_MAX = 1024 * 1024


# 1. Verify: nothing of the body is looked at before.


def verify_rex(secret, headers, body):
    """Whether one of the X-Rex-Signature headers was made with our secret, and not long ago."""
    return any(
        _is_signed(secret, headers.get(name), body)
        for name in ("X-Rex-Signature", "X-Rex-Signature-Previous")
    )


def _is_signed(secret, signature, body):
    try:
        timestamp, received = (part.split("=", 1)[1] for part in signature.split(","))
        message = timestamp.encode() + b"." + body
        expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), received.encode()) and _is_recent(timestamp)
    except (AttributeError, IndexError, ValueError):
        return False


def verify_standard(secret, headers, body):
    """The same by the Standard Webhooks headers, which list one signature per valid secret."""
    try:
        event_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
        message = f"{event_id}.{timestamp}.".encode() + body
        digest = hmac.new(_standard_key(secret), message, hashlib.sha256).digest()
        expected = b"v1," + base64.b64encode(digest)
        signatures = [each.encode() for each in headers["webhook-signature"].split(" ")]
        is_ours = any(hmac.compare_digest(expected, each) for each in signatures)
        return is_ours and _is_recent(timestamp)
    except (AttributeError, TypeError, ValueError):
        return False


def _standard_key(secret):
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret[len("whsec_") :], validate=True)
        except ValueError:
            pass
    return secret.encode()


def _is_recent(timestamp):
    return abs(time.time() - int(timestamp)) <= TOLERANCE_SECONDS


VERIFY = {"rex": verify_rex, "standard": verify_standard}[os.environ.get("SIGNATURE", "rex")]


# 2. Remember: an event that is on disk may be answered with 2xx, and is known when it comes again.


def open_store():
    store = sqlite3.connect(EVENTS_DB, timeout=5)
    store.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, body TEXT, done INT)")
    store.execute(
        "CREATE TABLE IF NOT EXISTS contacts (id TEXT PRIMARY KEY, sequence INT, state TEXT)"
    )
    return store


def remember(event, body):
    """Store an event that is new; whether it was."""
    store = open_store()
    try:
        with store:
            row = (event["id"], body.decode())
            added = store.execute("INSERT OR IGNORE INTO events VALUES (?, ?, 0)", row)
            return added.rowcount == 1
    finally:
        store.close()


# 3. Work, after the answer: here, keeping a copy of every contact.

something_new = threading.Event()


def work():
    store = open_store()
    while True:
        something_new.clear()
        undone = store.execute("SELECT id, body FROM events WHERE NOT done").fetchall()
        for event_id, body in undone:
            try:
                with store:  # what is done and that it is done: both or neither
                    handle(store, json.loads(body))
                    store.execute("UPDATE events SET done = 1 WHERE id = ?", (event_id,))
            except Exception as error:
                print(json.dumps({"failed": event_id, "reason": str(error)}), flush=True)
        something_new.wait(timeout=60)  # what failed is tried again


def handle(store, event):
    """Events may come in another order than they happened: `sequence` tells which is newer."""
    print(json.dumps({"handled": event["id"], "event": event["event"]}), flush=True)
    contact = event["data"]
    if not event["event"].startswith("contact."):
        return
    state = None if event["event"] == "contact.deleted" else json.dumps(contact)
    store.execute(
        "INSERT INTO contacts VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " sequence = excluded.sequence, state = excluded.state"
        " WHERE excluded.sequence > contacts.sequence",
        (contact["id"], contact["sequence"], state),
    )


# 4. Answer.


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds that a connection may be silent

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.refuse_unread(411)
        elif int(length) > BODY_BYTES_MAX:
            self.refuse_unread(413)
        else:
            self.take(self.rfile.read(int(length)))

    def take(self, body):  # the bytes that were signed, not parsed and rebuilt
        if not VERIFY(SECRET, self.headers, body):
            self.answer(401)
            return
        event = json.loads(body)
        try:
            is_new = remember(event, body)
        except sqlite3.Error:
            self.answer(503, {"Retry-After": "30"})
            return
        self.answer(204)
        print(json.dumps({"received": event["id"], "new": is_new}), flush=True)
        something_new.set()

    def refuse_unread(self, status):
        self.close_connection = True  # the body is still on its way
        self.answer(status, {"Connection": "close"})

    def answer(self, status, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # connections that may wait to be accepted


if __name__ == "__main__":
    threading.Thread(target=work, daemon=True).start()
    server = Server(("127.0.0.1", PORT), Receiver)
    print(json.dumps({"listening": server.server_address[1]}), flush=True)
    server.serve_forever()
