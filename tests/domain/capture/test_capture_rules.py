"""Who a capture is from: every case of the tables in docs/capture-rules.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.domain.capture.capture import CaptureStatus
from app.domain.capture.capture_rules import Caller, Rules, Said, rules_for
from app.domain.org.api_key import Scope

DOCS = Path(__file__).resolve().parents[3] / "docs" / "capture-rules.md"

HERE, THERE = "203.0.113.1", "198.51.100.2"
RECORDED, QUARANTINED = CaptureStatus.RECORDED, CaptureStatus.QUARANTINED


def post(
    address: str = HERE,
    *,
    key: str | None = None,
    scope: Scope = Scope.READ_WRITE,
    verdict: CaptureStatus = RECORDED,
    digest: str = "ada",
    idempotency: str | None = None,
) -> Rules:
    caller = Caller(address, key, scope if key else None)
    return rules_for(caller, verdict, Said(digest, "cont_1", idempotency))


def outcome(first: Rules, then: Rules) -> str:
    """What the second of two posts is."""
    if first.identity == then.identity:
        return "the first"
    bound = first.bound_key and first.bound_key == then.bound_key
    return "refused with 422" if bound else "another capture"


IDEMPOTENT = post(idempotency="i")
BOTH = post(key="a", idempotency="i")
CASES = [
    ("a post", "the same post", post(), post()),
    ("a post", "the same post, from another address", post(), post(THERE)),
    ("a post", "the same post, quarantined this time", post(), post(verdict=QUARANTINED)),
    (
        *("a quarantined post", "the same post, recorded this time"),
        *(post(verdict=QUARANTINED), post()),
    ),
    ("a post", "another post", post(), post(digest="bob")),
    ("a post", "the same post, with a read-write key", post(), post(key="a")),
    (
        *("a post with a read-write key", "the same post, with another read-write key"),
        *(post(key="a"), post(key="b")),
    ),
    (
        *("a post with a read-write key", "the same post, from another address"),
        *(post(key="a"), post(THERE, key="a")),
    ),
    (
        *("a post with a capture-only key", "the same post, without a key"),
        *(post(key="a", scope=Scope.CAPTURE_ONLY), post()),
    ),
    ("a post with an Idempotency-Key", "the same post", IDEMPOTENT, post(idempotency="i")),
    (
        *("a post with an Idempotency-Key", "the same post, from another address"),
        *(IDEMPOTENT, post(THERE, idempotency="i")),
    ),
    (
        *("a post with an Idempotency-Key", "the same post, quarantined this time"),
        *(IDEMPOTENT, post(verdict=QUARANTINED, idempotency="i")),
    ),
    (
        *("a post with an Idempotency-Key", "another post with that Idempotency-Key"),
        *(IDEMPOTENT, post(digest="bob", idempotency="i")),
    ),
    (
        *("a post with an Idempotency-Key", "the same post with another Idempotency-Key"),
        *(IDEMPOTENT, post(idempotency="j")),
    ),
    ("a post with both keys", "the same post", BOTH, post(key="a", idempotency="i")),
    (
        *("a post with both keys", "another post with both keys"),
        *(BOTH, post(key="a", digest="bob", idempotency="i")),
    ),
    (
        *("a post with both keys", "another post with that Idempotency-Key, anonymous"),
        *(BOTH, post(digest="bob", idempotency="i")),
    ),
    (
        "a post with both keys",
        "another post with that Idempotency-Key, another read-write key",
        *(BOTH, post(key="b", digest="bob", idempotency="i")),
    ),
]


def documented(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    section = DOCS.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.*) \|$", section, re.MULTILINE)
    return [row.split(" | ") for row in rows][1:]


def test_the_documented_table_of_duplicates_is_the_rule() -> None:
    assert documented("Duplicates") == [
        [first_text, then_text, outcome(first, then)]
        for first_text, then_text, first, then in CASES
    ]


@pytest.mark.parametrize("scope", [None, Scope.CAPTURE_ONLY, Scope.READ_WRITE])
def test_the_documented_table_of_limits_is_the_rule(scope: Scope | None) -> None:
    name = f"{scope} key" if scope else "anonymous"
    rules = post(key="key_1" if scope else None, scope=scope or Scope.READ)
    anonymous = post()

    (row,) = [row for row in documented("Limits and answers") if row[0] == name]
    assert row[1:] == [
        "its key" if rules.caller_bucket == "key_1" else "its address",
        "shared by all visitors"
        if rules.email_bucket == anonymous.email_bucket
        else "one for all read-write keys",
        "honoured" if rules.is_trusted else "ignored",
        "overwrites" if rules.is_trusted else "fills blanks",
    ]
