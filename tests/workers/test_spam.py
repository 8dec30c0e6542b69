"""What looks like spam is held back where its org wants that; nothing of keyed callers ever is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import redis

from app.domain.capture.capture import Capture
from app.domain.spam.mode import SpamMode
from app.domain.times import now
from app.queue.notifier import DeliveryNotifier
from app.storage.database import Database, transaction
from tests.factories import make_capture, make_org
from workers.captures import Recorder
from workers.spam import SpamFilter

SPAM: dict[str, object] = {
    "message": "Casino, free spins and poker: https://best.top https://best.xyz"
}


def stored(database: Database, redis_url: str, *captures: Capture) -> list[dict[str, Any]]:
    """The rows of captures after a worker has recorded them."""
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        recorder = Recorder(database, DeliveryNotifier(client), now)
        recorder.record([msgspec.Raw(msgspec.json.encode(captures))])
    with transaction(database) as cursor:
        cursor.execute("SELECT to_jsonb(c) FROM captures c ORDER BY id")
        return [row for (row,) in cursor.fetchall()]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"spam_mode": SpamMode.MONITOR}, "recorded"),
        ({"spam_mode": SpamMode.QUARANTINE}, "quarantined"),
        ({"spam_mode": SpamMode.REQUIRE_POW}, "quarantined"),
        ({"spam_mode": SpamMode.QUARANTINE, "keyed": True}, "recorded"),
        ({"spam_mode": SpamMode.QUARANTINE, "metadata": {"message": "Hello?"}}, "recorded"),
    ],
)
def test_the_orgs_mode_decides_what_becomes_of_spam(
    database: Database, redis_url: str, given: dict[str, Any], status: str
) -> None:
    capture = make_capture(make_org(database), **({"metadata": SPAM} | given))

    (row,) = stored(database, redis_url, capture)

    assert row["status"] == status
    assert (row["reason"] or "").startswith("spam score") == (status == "quarantined")
    if capture.keyed:
        assert row["spam_score"] is None
    else:
        assert ("offer" in row["spam_signals"]) == (capture.metadata == SPAM)
        assert (row["spam_score"] >= 5) == (capture.metadata == SPAM)


def test_a_job_that_comes_twice_is_scored_the_same() -> None:
    spam_filter = SpamFilter()
    job = [
        Capture(f"a{n}@x.com", id=f"cap_{n}", org_id="o", contact_id=f"c{n}", metadata=SPAM)
        for n in range(5)
    ]
    spam_filter.score(job[:1])
    first = job[0].spam_score
    spam_filter.score(job[:1])
    assert job[0].spam_score == first

    spam_filter.score(job)
    assert "same_text" in (job[4].spam_signals or ())


def test_a_client_without_an_address_holds_up_nobody(database: Database, redis_url: str) -> None:
    org = make_org(database)
    hidden = make_capture(org, "hidden@example.com", client_address="_hidden:80")
    other = make_capture(org, "other@example.com", client_address="198.51.100.7")

    rows = stored(database, redis_url, hidden, other)

    assert [row["status"] for row in rows] == ["recorded", "recorded"]


def test_one_that_cannot_be_scored_holds_up_nobody() -> None:
    odd: Any = 7  # no address is a number
    captures = [
        Capture(
            "a@x.com", id="cap_a", org_id="o", contact_id="a", metadata=SPAM, client_address=odd
        ),
        Capture("b@x.com", id="cap_b", org_id="o", contact_id="b", metadata=SPAM),
    ]
    SpamFilter().score(captures)
    assert [bool(each.spam_signals) for each in captures] == [False, True]
