"""`python -m scripts.commands.chaos.client_process JOURNAL`: the clients, a process of their own.

The first line of its input says what to do (`Orders`); it ends when that is done or with its input.
Nothing is ever posted again: whatever a client is told, or not told, stands.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from scripts.commands.chaos.journal import Post, Writer
from scripts.commands.chaos.leads import Action, Lead, lead

#: A visitor who waits longer has left.
PATIENCE_SECONDS = 10.0


class Orders(msgspec.Struct):
    """Whom to post to, with which key for edits, how fast, and until when."""

    base_url: str
    api_key: str
    seed: int
    #: Leads per second, all clients together.
    rate: float
    clients: int
    #: Both on the monotonic clock.
    begins: float
    until: float
    #: Leads in all, whatever the time says.
    most: int


class Clients:
    """Several visitors at once; late leads are posted at once, so an outage ends in a rush."""

    def __init__(self, orders: Orders, journal: Writer) -> None:
        self._orders = orders
        self._journal = journal
        self._numbers = itertools.count()
        self._ended = threading.Event()
        address = urlsplit(orders.base_url)
        self._place = address.hostname or "", address.port or 80

    def run(self) -> None:
        """Posts until the time is over or everything is posted."""
        with ThreadPoolExecutor(self._orders.clients) as pool:
            for client in [pool.submit(self._visit) for _ in range(self._orders.clients)]:
                client.result()

    def _visit(self) -> None:
        while (number := next(self._numbers)) < self._orders.most:
            due = self._orders.begins + number / self._orders.rate
            if due >= self._orders.until:
                return
            self._ended.wait(max(0.0, due - time.monotonic()))
            if time.monotonic() >= self._orders.until:
                return
            self._act(lead(self._orders.seed, number))

    def _act(self, wanted: Lead) -> None:
        if wanted.action is Action.EDIT:
            self._post(wanted, "/contacts/upsert", {"X-Api-Key": self._orders.api_key})
        elif wanted.action is Action.DOUBLE_CLICK:
            second = threading.Thread(target=self._post, args=(wanted, "/capture", {}))
            second.start()
            self._post(wanted, "/capture", {})
            second.join()
        else:
            self._post(wanted, "/capture", {})

    def _post(self, wanted: Lead, path: str, headers: dict[str, str]) -> None:
        # A connection for each post, as each visitor has one: a refused one was never sent.
        connection = http.client.HTTPConnection(*self._place, timeout=PATIENCE_SECONDS)
        at = time.monotonic()
        status, answer, reached = None, b"", False
        try:
            connection.connect()
            reached = True
            content = json.dumps(wanted.body)
            headers = {**headers, "Content-Type": "application/json", "Connection": "close"}
            connection.request("POST", path, body=content, headers=headers)
            response = connection.getresponse()
            answer = response.read()
            status = response.status
        except (OSError, http.client.HTTPException):
            pass  # no answer is an outcome, too
        finally:
            connection.close()
        self._note(wanted, at, status, reached, answer)

    def _note(
        self, wanted: Lead, at: float, status: int | None, reached: bool, answer: bytes
    ) -> None:
        post = Post(
            lead=wanted.number,
            kind="edit" if wanted.action is Action.EDIT else "capture",
            email=str(wanted.body["email"]),
            at=at,
            seconds=time.monotonic() - at,
            status=status,
            reached=reached,
        )
        if post.accepted:
            data = json.loads(answer)["data"]
            post.contact_id, post.capture_id = data["id"], data.get("capture_id")
        self._journal.write(post)


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(1)  # whoever gave the orders is gone


def main(journal: Path) -> None:
    """Does what the first line of the input says."""
    orders = msgspec.json.decode(sys.stdin.readline(), type=Orders)
    threading.Thread(target=_end_with_input, daemon=True).start()
    Clients(orders, Writer(journal)).run()
    print("done", flush=True)
    os._exit(0)  # the thread above is blocked in a read


if __name__ == "__main__":
    main(Path(sys.argv[1]))
