"""The yardstick of delivery: a plain loop of threads that post over urllib3.

`python -m scripts.commands.bench.bare_deliver URL COUNT THREADS` posts COUNT deliveries, each
with the product's headers and both of its signatures, and prints the seconds. Nothing is stored.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import urllib3

from app.domain.delivery.signature import sign, sign_standard
from app.domain.ids import new_id
from app.domain.times import now
from app.domain.webhook.event import CONTACT_CREATED, delivery_body
from scripts.commands.bench.dataset import event_data

_SECRET = "whsec_" + "0" * 44


def post_all(url: str, count: int, threads: int) -> float:
    """Post `count` deliveries from so many threads; the seconds it took."""
    pool = urllib3.PoolManager(maxsize=threads, block=True, retries=False, timeout=10)
    data = event_data()
    failures: list[int] = []

    def post_some(share: int) -> None:
        for _ in range(share):
            event_id = new_id("evt")
            body = delivery_body(event_id, CONTACT_CREATED, now(), data)
            answer = pool.request("POST", url, body=body, headers=_headers(event_id, body))
            if answer.status != 200:
                failures.append(answer.status)

    shares = [len(range(number, count, threads)) for number in range(threads)]
    began_at = time.perf_counter()
    with ThreadPoolExecutor(threads) as crew:
        list(crew.map(post_some, shares))
    if failures:
        raise RuntimeError(f"{len(failures)} posts were refused")
    return time.perf_counter() - began_at


def _headers(event_id: str, body: bytes) -> dict[str, str]:
    seconds = int(time.time())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Rex-Webhooks/1.0",
        "X-Rex-Event": CONTACT_CREATED,
        "X-Rex-Delivery": new_id("dlv"),
        "X-Rex-Attempt": "1",
        "X-Rex-Signature": sign(_SECRET, seconds, body),
        "webhook-id": event_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": sign_standard(_SECRET, event_id, seconds, body),
    }


def main() -> None:
    """Post as the arguments say; print the seconds."""
    url, count, threads = sys.argv[1:]
    print(post_all(url, int(count), int(threads)))


if __name__ == "__main__":
    main()
