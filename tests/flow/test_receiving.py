"""The receivers of docs/receiving.md, started for real, with real deliveries of a real system."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from standardwebhooks import Webhook, WebhookVerificationError

from app.domain.delivery.signature import generate_secret, sign, sign_standard
from scripts.client import Rex
from scripts.receiver import Receiver
from tests.waiting import eventually

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PATIENCE_SECONDS = 60.0
TOLERANCE_SECONDS = 300

Line = dict[str, Any]


class Subscriber:
    """A receiver of the documentation in a process of its own; it says what it does in lines."""

    def __init__(self, language: str, scheme: str, secret: str, folder: Path) -> None:
        self._argv = _program(language)
        self._environ = {
            **os.environ,
            "WEBHOOK_SECRET": secret,
            "SIGNATURE": scheme,
            "PORT": "0",
            "EVENTS_DB": str(folder / "events.db"),
            "EVENTS_FILE": str(folder / "events.jsonl"),
        }
        self._lines: queue.Queue[Line] = queue.Queue()
        self.url = ""

    def start(self) -> None:
        """Start it; returns when it listens."""
        self._process = subprocess.Popen(
            self._argv, env=self._environ, stdout=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        port = self.wait_for(lambda line: "listening" in line)["listening"]
        self.url = f"http://127.0.0.1:{port}/webhook"

    def kill(self) -> None:
        """End it without a warning."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def wait_for(self, wanted: Callable[[Line], bool]) -> Line:
        """The next line that is wanted; others are passed over."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            if wanted(line):
                return line

    def post(self, headers: Mapping[str, str], body: bytes) -> int:
        """Send it a request by hand; the status of its answer."""
        return urllib3.request("POST", self.url, body=body, headers=dict(headers)).status

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))


def _program(language: str) -> list[str]:
    if language == "python":
        return [sys.executable, "-I", str(DOCS / "receivers" / "receiver.py")]
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the Node receiver was not run")
    return [node, str(DOCS / "receivers" / "receiver.js")]


@contextmanager
def listening(language: str, scheme: str, secret: str, folder: Path) -> Iterator[Subscriber]:
    subscriber = Subscriber(language, scheme, secret, folder)
    subscriber.start()
    try:
        yield subscriber
    finally:
        subscriber.kill()


@contextmanager
def subscribed(rex: Rex, url: str, secret: str) -> Iterator[str]:
    """A webhook with that secret; its id."""
    status, answer = rex.request("POST", "/webhooks", {"url": url, "secret": secret})
    assert status == 201, answer
    webhook_id = answer["data"]["id"]
    try:
        yield webhook_id
    finally:
        rex.request("DELETE", f"/webhooks/{webhook_id}")


def deliveries_of(rex: Rex, webhook_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rex.request("GET", f"/webhooks/{webhook_id}/deliveries")[1][
        "data"
    ]
    return found


BOTH_LANGUAGES = pytest.mark.parametrize("language", ["python", "node"])
BOTH_SCHEMES = pytest.mark.parametrize("scheme", ["rex", "standard"])


@BOTH_LANGUAGES
@BOTH_SCHEMES
def test_a_real_delivery_is_taken_once_and_its_repetition_is_recognised(
    rex: Rex, language: str, scheme: str, tmp_path: Path
) -> None:
    secret = generate_secret()
    with (
        listening(language, scheme, secret, tmp_path) as subscriber,
        subscribed(rex, subscriber.url, secret) as webhook_id,
    ):
        rex.capture(email=f"received-{language}-{scheme}@example.com", first_name="Zoë")
        first = subscriber.wait_for(lambda line: "received" in line)
        handled = subscriber.wait_for(lambda line: "handled" in line)
        eventually(lambda: deliveries_of(rex, webhook_id)[0]["status"] == "succeeded")
        (delivery,) = deliveries_of(rex, webhook_id)
        rex.request("POST", f"/deliveries/{delivery['id']}/retry")
        again = subscriber.wait_for(lambda line: "received" in line)

    assert first == {"received": delivery["event_id"], "new": True}
    assert handled == {"handled": delivery["event_id"], "event": "contact.created"}
    assert again == {"received": delivery["event_id"], "new": False}


def signed(secret: str, body: bytes, timestamp: int, event_id: str) -> dict[str, str]:
    return {
        "X-Rex-Signature": sign(secret, timestamp, body),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign_standard(secret, event_id, timestamp, body),
    }


BODY = json.dumps(
    {"id": "evt_1", "event": "contact.created", "data": {"id": "cont_1", "sequence": 1}}
).encode()


@BOTH_LANGUAGES
@BOTH_SCHEMES
@pytest.mark.parametrize(
    "secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a-secret-of-our-own-choice"]
)
def test_only_what_was_signed_with_the_secret_and_lately_is_taken(
    language: str, scheme: str, secret: str, tmp_path: Path
) -> None:
    now = int(time.time())
    genuine = signed(secret, BODY, now, "evt_1")
    changed = BODY.replace(b"cont_1", b"cont_2")
    refused = {
        "one byte of the body changed": (genuine, changed),
        "signed with another secret": (signed(generate_secret(), BODY, now, "evt_1"), BODY),
        "too old": (signed(secret, BODY, now - TOLERANCE_SECONDS - 5, "evt_1"), BODY),
        "from the future": (signed(secret, BODY, now + TOLERANCE_SECONDS + 5, "evt_1"), BODY),
        "another time than was signed": (
            {
                **genuine,
                "X-Rex-Signature": genuine["X-Rex-Signature"].replace(str(now), str(now - 1)),
                "webhook-timestamp": str(now - 1),
            },
            BODY,
        ),
        "no signature": ({}, BODY),
        "half a signature": (
            {**genuine, "X-Rex-Signature": f"t={now}", "webhook-signature": "v1"},
            BODY,
        ),
        "no time": ({**genuine, "X-Rex-Signature": "t=,v1=", "webhook-timestamp": ""}, BODY),
        "strange letters": (
            {**genuine, "X-Rex-Signature": f"t={now},v1=é", "webhook-signature": "v1,é"},
            BODY,
        ),
    }
    with listening(language, scheme, secret, tmp_path) as subscriber:
        answers = {why: subscriber.post(*request) for why, request in refused.items()}
        skewed = signed(secret, BODY, now - TOLERANCE_SECONDS + 5, "evt_1")

        assert answers == dict.fromkeys(refused, 401)
        assert subscriber.post(genuine, BODY) == 204
        assert subscriber.wait_for(lambda line: "received" in line)["new"] is True
        assert subscriber.post(skewed, BODY) == 204
        assert subscriber.wait_for(lambda line: "received" in line)["new"] is False


@BOTH_LANGUAGES
def test_what_was_answered_is_known_after_a_crash(language: str, tmp_path: Path) -> None:
    secret = generate_secret()
    headers = signed(secret, BODY, int(time.time()), "evt_1")
    with listening(language, "rex", secret, tmp_path) as subscriber:
        assert subscriber.post(headers, BODY) == 204
        subscriber.wait_for(lambda line: "handled" in line)
    with listening(language, "rex", secret, tmp_path) as subscriber:
        assert subscriber.post(headers, BODY) == 204
        # What was being handled at the crash may be handled once more; it is not received anew.
        again = subscriber.wait_for(lambda line: "received" in line)

    assert again == {"received": "evt_1", "new": False}


@BOTH_LANGUAGES
@BOTH_SCHEMES
def test_through_a_rotation_receivers_with_the_old_and_the_new_secret_both_verify(
    rex: Rex, language: str, scheme: str, tmp_path: Path
) -> None:
    old = generate_secret()
    with Receiver() as recorder, subscribed(rex, recorder.url, old) as webhook_id:
        _, answer = rex.request("POST", f"/webhooks/{webhook_id}/rotate-secret")
        new = answer["secret"]
        delivery = _ping(rex, recorder, webhook_id, 1)
        rex.request("POST", f"/webhooks/{webhook_id}/rotate-secret", {"overlap_seconds": 0})
        later = _ping(rex, recorder, webhook_id, 2)

    assert "X-Rex-Signature-Previous" not in later.headers
    for name, secret in (("old", old), ("new", new)):
        folder = tmp_path / name
        folder.mkdir()
        with listening(language, scheme, secret, folder) as subscriber:
            assert subscriber.post(delivery.headers, delivery.body) == 204, name
            assert subscriber.post(later.headers, later.body) == 401, name


def test_the_reference_library_verifies_with_either_secret_through_a_rotation(rex: Rex) -> None:
    old = generate_secret()
    with Receiver() as recorder, subscribed(rex, recorder.url, old) as webhook_id:
        before = _ping(rex, recorder, webhook_id, 1)
        _, answer = rex.request("POST", f"/webhooks/{webhook_id}/rotate-secret")
        during = _ping(rex, recorder, webhook_id, 2)

    assert Webhook(old).verify(before.body, dict(before.headers)) == before.event
    for secret in (old, answer["secret"]):
        assert Webhook(secret).verify(during.body, dict(during.headers)) == during.event
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(during.body.replace(b"ping", b"pong"), dict(during.headers))


def _ping(rex: Rex, recorder: Receiver, webhook_id: str, count: int) -> Any:
    """What came of the webhook's `count`-th ping."""
    status, _ = rex.request("POST", f"/webhooks/{webhook_id}/ping")
    assert status in (200, 202)  # it may have been answered already
    return recorder.wait_for(lambda received: len(received) == count, PATIENCE_SECONDS)[-1]


@pytest.mark.parametrize(("name", "language"), [("receiver.py", "python"), ("receiver.js", "js")])
def test_the_page_shows_the_code_that_is_tested(name: str, language: str) -> None:
    page = (DOCS / "receiving.md").read_text()
    shown = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)

    assert (DOCS / "receivers" / name).read_text() in shown
