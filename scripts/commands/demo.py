"""`./scripts/demo`: proof for a newcomer that a running ./scripts/dev works.

Subscribes a receiver that fails at first, posts a few leads (one of them twice), and shows each
step with its time, up to what was received and verified.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import urllib3

from scripts.client import Rex, find_rex
from scripts.commands.arguments import script_parser
from scripts.receiver import Received, Receiver

#: The first retry comes after 5 s, 20 % more or less.
RETRY_PATIENCE_SECONDS = 30.0
PATIENCE_SECONDS = 15.0
#: Leads sent one at a time to see how long an unloaded system takes.
SINGLE_LEADS = 20

_GREEN, _RED, _PLAIN = ("\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("",) * 3


class Steps:
    """Prints each step with the time since the start."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.failed = 0

    def note(self, text: str) -> None:
        """Something happened."""
        print(f"{self._clock()}   {text}")

    def check(self, passed: bool, text: str) -> None:
        """Something is as it should be, or not."""
        mark = f"{_GREEN}ok{_PLAIN}" if passed else f"{_RED}NO{_PLAIN}"
        self.failed += not passed
        print(f"{self._clock()} {mark} {text}")

    def _clock(self) -> str:
        return f"{time.perf_counter() - self._started:7.3f} s"


class FailsOnce:
    """Answers 500 to the first attempt of the first event, 200 to everything else."""

    def __init__(self) -> None:
        self._failed: str | None = None

    def __call__(self, headers: Mapping[str, str]) -> int:
        if self._failed is None:
            self._failed = headers["webhook-id"]
            return 500
        return 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration; 0 when every step is green."""
    script_parser("demo", __doc__).parse_args(arguments)
    rex = find_rex()
    steps = Steps()
    if not _is_ready(rex):
        print(f"Nothing is ready at {rex.base_url}. Start ./scripts/dev first.", file=sys.stderr)
        return 1
    with Receiver(FailsOnce()) as receiver:
        webhook_id = _subscribe(rex, receiver, steps)
        try:
            _show_retry(rex, receiver, steps)
            _show_double_click(rex, receiver, steps)
            _show_update(rex, receiver, steps)
            _show_latency(rex, receiver, steps)
            _show_verification(receiver, steps)
        except TimeoutError as error:
            steps.check(False, f"timed out: {error}")
        finally:
            rex.request("DELETE", f"/webhooks/{webhook_id}")
    print("All steps are green." if not steps.failed else f"{steps.failed} steps failed.")
    return 1 if steps.failed else 0


def _is_ready(rex: Rex) -> bool:
    try:
        return rex.request("GET", "/readyz", keyed=False)[0] == 200
    except urllib3.exceptions.HTTPError:
        return False


def _subscribe(rex: Rex, receiver: Receiver, steps: Steps) -> str:
    status, answer = rex.request(
        "POST", "/webhooks", {"url": receiver.url, "events": ["contact.*"], "name": "demo"}
    )
    if status != 201:
        raise SystemExit(f"POST /webhooks was answered with {status}: {answer}")
    receiver.secret = answer["secret"]
    steps.check(True, f"subscribed {receiver.url} as {answer['data']['id']}")
    return str(answer["data"]["id"])


def _show_retry(rex: Rex, receiver: Receiver, steps: Steps) -> None:
    contact_id = _post(rex, steps, _lead("ada", first_name="Ada", source="organic"))
    receiver.wait_for(_attempts_of(contact_id, 1), PATIENCE_SECONDS)
    steps.note("the receiver answered 500 to the first attempt; the retry comes in about 5 s")
    first, second = _wait(receiver, contact_id, 2, RETRY_PATIENCE_SECONDS)[:2]
    pause = second.at - first.at
    steps.check(
        first.event["id"] == second.event["id"] and second.headers["X-Rex-Attempt"] == "2",
        f"the same event came again after {pause:.1f} s, as attempt 2, and was taken",
    )


def _show_double_click(rex: Rex, receiver: Receiver, steps: Steps) -> None:
    lead = _lead("grace", first_name="Grace", metadata={"utm_source": "demo"})
    contact_id = _post(rex, steps, lead)
    _, again = rex.capture(**lead)
    steps.check(
        again["data"]["id"] == contact_id, "posted twice at once: the same answer, one event"
    )
    delivered = _wait(receiver, contact_id, 1, PATIENCE_SECONDS)
    steps.check(delivered[0].event["event"] == "contact.created", "contact.created arrived")


def _show_update(rex: Rex, receiver: Receiver, steps: Steps) -> None:
    email = f"grace+{_RUN}@example.com"
    status, answer = rex.capture(email=email, last_name="Hopper")
    contact_id = answer["data"]["id"]
    updated = _wait(receiver, contact_id, 2, PATIENCE_SECONDS)[-1].event
    steps.check(
        status == 202 and updated["event"] == "contact.updated",
        f"the same address again: contact.updated, changes {updated['data']['changes']}",
    )


def _show_latency(rex: Rex, receiver: Receiver, steps: Steps) -> None:
    answered, through = [], []
    for number in range(SINGLE_LEADS):
        before = time.perf_counter()
        _, answer = rex.capture(email=f"single{number}+{_RUN}@example.com")
        after = time.perf_counter()
        arrived = _wait(receiver, answer["data"]["id"], 1, PATIENCE_SECONDS)[0].at
        answered.append((after - before) * 1000)
        through.append((arrived - after) * 1000)
    steps.check(
        True,
        f"{SINGLE_LEADS} leads one at a time: answered in {statistics.median(answered):.1f} ms,"
        f" at the subscriber {statistics.median(through):.1f} ms after the answer (medians)",
    )


def _show_verification(receiver: Receiver, steps: Steps) -> None:
    received = list(receiver.received)
    verified = sum(each.verified for each in received)
    events = {each.event["id"] for each in received}
    steps.check(
        verified == len(received),
        f"{len(received)} deliveries of {len(events)} events received, {verified} verified",
    )


#: Makes the addresses of this run new ones.
_RUN = f"{time.time_ns() // 1_000_000:x}"


def _lead(name: str, **fields: object) -> dict[str, object]:
    return {"email": f"{name}+{_RUN}@example.com", **fields}


def _post(rex: Rex, steps: Steps, lead: dict[str, object]) -> str:
    before = time.perf_counter()
    status, answer = rex.capture(**lead)
    took_ms = (time.perf_counter() - before) * 1000
    steps.check(status == 202, f"POST /capture: {status} in {took_ms:.1f} ms")
    return str(answer["data"]["id"])


def _attempts_of(contact_id: str, count: int) -> Callable[[list[Received]], bool]:
    return lambda received: len(_of(received, contact_id)) >= count


def _of(received: list[Received], contact_id: str) -> list[Received]:
    return [each for each in received if each.event["data"]["id"] == contact_id]


def _wait(receiver: Receiver, contact_id: str, count: int, seconds: float) -> list[Received]:
    return _of(receiver.wait_for(_attempts_of(contact_id, count), seconds), contact_id)


if __name__ == "__main__":
    sys.exit(main())
