"""The clients: they post leads on schedule and write down what they were told.

Nothing is ever posted again: whatever a client is told, or not told, stands.
"""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from scripts.commands.chaos.journal import Post
from scripts.commands.chaos.leads import Action, Lead, lead

#: A visitor who waits longer has left.
PATIENCE_SECONDS = 10.0


#: Hosts and ports of the webs that a post may go to: the next one if the first cannot be reached.
Webs = Callable[[], Sequence[tuple[str, int]]]
#: How long a balancer waits for a connection before it tries the next web.
CONNECT_SECONDS = 1.0


class Load(NamedTuple):
    """How hard the clients press; seconds count from the start."""

    #: Leads per second, all clients together.
    rate: float = 30.0
    clients: int = 12
    begins_seconds: float = 0.0
    #: Leads in all, whatever the time says.
    most: int = 10_000_000


class Clients:
    """Several visitors at once; late leads are posted at once, so an outage ends in a rush.

    What came of each post is added to `posts`.
    """

    def __init__(
        self, webs: Webs, api_key: str | None, seed: int, load: Load, posts: list[Post]
    ) -> None:
        self._webs = webs
        self._api_key = api_key or ""
        self._seed = seed
        self._load = load
        self._posts = posts
        self._numbers = itertools.count()

    def run(self, started: float, until: float, stopping: threading.Event) -> None:
        """Posts until that time (monotonic) or until everything is posted."""
        with ThreadPoolExecutor(self._load.clients) as pool:
            clients = [
                pool.submit(self._visit, started + self._load.begins_seconds, until, stopping)
                for _ in range(self._load.clients)
            ]
        for client in clients:
            client.result()

    def _visit(self, begins: float, until: float, stopping: threading.Event) -> None:
        while (number := next(self._numbers)) < self._load.most:
            due = begins + number / self._load.rate
            if due >= until or stopping.wait(max(0.0, due - time.monotonic())):
                return
            if time.monotonic() >= until:
                return
            self._act(lead(self._seed, number))

    def _act(self, wanted: Lead) -> None:
        if wanted.action is Action.EDIT:
            self._post(wanted, "/contacts/upsert", {"X-Api-Key": self._api_key})
        elif wanted.action is Action.DOUBLE_CLICK:
            second = threading.Thread(target=self._post, args=(wanted, "/capture", {}))
            second.start()
            self._post(wanted, "/capture", {})
            second.join()
        else:
            self._post(wanted, "/capture", {})

    def _post(self, wanted: Lead, path: str, headers: dict[str, str]) -> None:
        at = time.monotonic()
        connection = self._connect()
        status, answer = _ask(connection, path, headers, wanted.body) if connection else (None, b"")
        kind = "edit" if wanted.action is Action.EDIT else "capture"
        seconds, reached = time.monotonic() - at, connection is not None
        email = str(wanted.body["email"])
        post = Post(wanted.number, kind, email, at, seconds, status, reached)
        if post.accepted:
            data = json.loads(answer)["data"]
            post.contact_id, post.capture_id = data["id"], data.get("capture_id")
        self._posts.append(post)

    def _connect(self) -> http.client.HTTPConnection | None:
        """A connection for each post, as each visitor has one: a refused one was never sent."""
        for address in self._webs():
            connection = http.client.HTTPConnection(*address, timeout=CONNECT_SECONDS)
            with suppress(OSError):
                connection.connect()
                connection.sock.settimeout(PATIENCE_SECONDS)
                return connection
        return None


def _ask(
    connection: http.client.HTTPConnection,
    path: str,
    headers: dict[str, str],
    body: dict[str, object],
) -> tuple[int | None, bytes]:
    """Status and body of the answer; None if there was none, which is an outcome, too."""
    headers = {**headers, "Content-Type": "application/json", "Connection": "close"}
    try:
        connection.request("POST", path, body=json.dumps(body), headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None, b""
    finally:
        connection.close()
