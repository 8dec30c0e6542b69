"""`./scripts/demo`: proof for a newcomer that a running ./scripts/dev works.

Subscribes a receiver that fails at first, posts a few leads (one of them twice), and shows each
step with its time, up to what was received and verified.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import urllib3

from scripts.client import Rex, find_rex
from scripts.commands.arguments import BY_SCRIPT, script_parser
from scripts.receiver import Received, Receiver

#: The first retry comes after 5 s, 20 % more or less.
RETRY_PATIENCE_SECONDS = 30.0
PATIENCE_SECONDS = 15.0
#: Leads sent one at a time to see how long an unloaded system takes.
SINGLE_LEADS = 20

_GREEN, _RED, _PLAIN = ("\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("",) * 3


class Demo:
    """Shows a running system at work; its receiver fails the first request that it gets."""

    def __init__(self, rex: Rex) -> None:
        self.failed = 0
        self._rex = rex
        self._requests = count()
        self._receiver = Receiver(self._answer)
        self._started = time.perf_counter()
        #: Makes the addresses of this run new ones.
        self._run = f"{time.time_ns() // 1_000_000:x}"

    def run(self) -> None:
        """Shows everything; `failed` counts the steps that went wrong."""
        with self._receiver:
            webhook_id = self._subscribe()
            try:
                self._show_retry()
                self._show_double_click()
                self._show_update()
                self._show_latency()
                self._show_verification()
            except TimeoutError as error:
                self._check(False, f"timed out: {error}")
            finally:
                self._rex.request("DELETE", f"/webhooks/{webhook_id}")

    def _answer(self, headers: Mapping[str, str]) -> int:
        return 200 if next(self._requests) else 500

    def _subscribe(self) -> str:
        wanted = {"url": self._receiver.url, "events": ["contact.*"], "name": "demo"}
        status, answer = self._rex.request("POST", "/webhooks", wanted)
        if status != 201:
            raise SystemExit(f"POST /webhooks was answered with {status}: {answer}")
        self._receiver.secret = answer["secret"]
        self._check(True, f"subscribed {self._receiver.url} as {answer['data']['id']}")
        return str(answer["data"]["id"])

    def _show_retry(self) -> None:
        contact_id = self._post("ada", first_name="Ada", source="organic")
        self._wait(contact_id, 1)
        self._note("the receiver answered 500 to the first attempt; the retry comes in about 5 s")
        first, second = self._wait(contact_id, 2, RETRY_PATIENCE_SECONDS)[:2]
        self._check(
            first.event["id"] == second.event["id"] and second.headers["X-Rex-Attempt"] == "2",
            f"the same event came again after {second.at - first.at:.1f} s, as attempt 2, and was"
            " accepted",
        )

    def _show_double_click(self) -> None:
        lead = {"first_name": "Grace", "metadata": {"utm_source": "demo"}}
        contact_id = self._post("grace", **lead)
        again = self._capture("grace", **lead)[1]
        same = again["data"]["id"] == contact_id
        self._check(same, "posted twice in a row: the same answer, one event")
        delivered = self._wait(contact_id, 1)
        self._check(delivered[0].event["event"] == "contact.created", "contact.created arrived")

    def _show_update(self) -> None:
        status, answer = self._capture("grace", last_name="Hopper")
        updated = self._wait(answer["data"]["id"], 2)[-1].event
        self._check(
            status == 202 and updated["event"] == "contact.updated",
            f"the same address again: contact.updated, changes {updated['data']['changes']}",
        )

    def _show_latency(self) -> None:
        answered_ms, through_ms = [], []
        for number in range(SINGLE_LEADS):
            before = time.perf_counter()
            _, answer = self._capture(f"single{number}")
            after = time.perf_counter()
            answered_ms.append((after - before) * 1000)
            through_ms.append((self._wait(answer["data"]["id"], 1)[0].at - after) * 1000)
        self._check(
            True,
            f"{SINGLE_LEADS} leads one at a time: answered in"
            f" {statistics.median(answered_ms):.1f} ms, at the subscriber"
            f" {statistics.median(through_ms):.1f} ms after the answer (medians)",
        )

    def _show_verification(self) -> None:
        received = list(self._receiver.received)
        verified = sum(each.verified for each in received)
        events = {each.event["id"] for each in received}
        self._check(
            verified == len(received),
            f"{len(received)} deliveries of {len(events)} events received, {verified} verified",
        )

    def _capture(self, name: str, **fields: object) -> tuple[int, dict[str, Any]]:
        return self._rex.capture(email=f"{name}+{self._run}@example.com", **fields)

    def _post(self, name: str, **fields: object) -> str:
        before = time.perf_counter()
        status, answer = self._capture(name, **fields)
        took_ms = (time.perf_counter() - before) * 1000
        self._check(status == 202, f"POST /capture: {status} in {took_ms:.1f} ms")
        return str(answer["data"]["id"])

    def _wait(
        self, contact_id: str, attempts: int, seconds: float = PATIENCE_SECONDS
    ) -> list[Received]:
        """What has come about a contact, once it is that much. Raises TimeoutError."""

        def about(received: list[Received]) -> list[Received]:
            return [each for each in received if each.event["data"]["id"] == contact_id]

        return about(self._receiver.wait_for(lambda all: len(about(all)) >= attempts, seconds))

    def _check(self, passed: bool, text: str) -> None:
        self.failed += not passed
        self._note(text, f"{_GREEN}ok{_PLAIN}" if passed else f"{_RED}NO{_PLAIN}")

    def _note(self, text: str, mark: str = "  ") -> None:
        print(f"{time.perf_counter() - self._started:7.3f} s {mark} {text}")


def main(arguments: Sequence[str] | None = None, by: str = BY_SCRIPT) -> int:
    """Run the demonstration; 0 when every step passed."""
    script_parser("demo", __doc__, by).parse_args(arguments)
    rex = find_rex()
    if not _is_ready(rex):
        print(f"Nothing is ready at {rex.base_url}. Start {by}dev first.", file=sys.stderr)
        return 1
    demo = Demo(rex)
    demo.run()
    print(f"{demo.failed} steps failed." if demo.failed else "All steps passed.")
    return 1 if demo.failed else 0


def _is_ready(rex: Rex) -> bool:
    try:
        return rex.request("GET", "/readyz", keyed=False)[0] == 200
    except urllib3.exceptions.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(main())
