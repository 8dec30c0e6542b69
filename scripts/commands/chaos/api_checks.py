"""Conservation, seen from outside: the public API and the receivers' own records, nothing else.

What went in must have come out: every accepted capture is in its contact's list, each has an event
in the stream, and every event of the stream reached every receiver that can be reached.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from scripts.client import Rex
from scripts.commands.chaos.findings import Findings, Kind
from scripts.commands.chaos.journal import Post, Reception
from scripts.commands.chaos.leads import is_edited

_PAGE = 200
_READERS = 4


class StreamEvent(NamedTuple):
    """An event as `GET /events` shows it."""

    id: str
    contact_id: str
    sequence: int


class Evidence(NamedTuple):
    """Everything that can be known from outside."""

    posts: Sequence[Post]
    receptions: Sequence[Reception]
    #: The whole stream, in its order.
    events: Sequence[StreamEvent]
    #: Ids of a contact's captures, by contact.
    captures: Mapping[str, Sequence[str]]


class ApiFault(Exception):
    """The API answered a reader with something else than what was asked for."""


def gather(rex: Rex, posts: Sequence[Post], receptions: Sequence[Reception]) -> Evidence:
    """Reads the whole stream and every known contact's captures. Raises `ApiFault`."""
    events = [_stream_event(item) for item in _read_all(rex, "/events")]
    contacts = {post.contact_id for post in posts if post.accepted and post.contact_id}
    contacts |= {event.contact_id for event in events}
    known = sorted(contacts)
    with ThreadPoolExecutor(_READERS) as pool:
        lists = pool.map(lambda contact: _read_all(rex, f"/contacts/{contact}/captures"), known)
        captures = {
            contact: [str(item["id"]) for item in items]
            for contact, items in zip(known, lists, strict=True)
        }
    return Evidence(posts, receptions, events, captures)


def judge(evidence: Evidence, must_have_all: Iterable[str]) -> Findings:
    """What the evidence shows; `must_have_all` are the receivers that were all healed."""
    findings = Findings()
    _check_captures(findings, evidence)
    _check_stream(findings, evidence.events)
    _check_events(findings, evidence)
    for receiver in sorted(must_have_all):
        _check_receiver(findings, evidence, receiver)
    _check_attempts(findings, evidence.receptions)
    return findings


def _check_captures(findings: Findings, evidence: Evidence) -> None:
    accepted = {
        (post.contact_id or "", post.capture_id or "")
        for post in evidence.posts
        if post.accepted and post.kind == "capture"
    }
    listed = [(contact, each) for contact, ids in evidence.captures.items() for each in ids]
    findings.figures["captures listed"] = len(listed)
    findings.expect_none(
        Kind.LOST,
        "a 202 is not among the captures of its contact",
        sorted(capture_id for _, capture_id in accepted - set(listed)),
    )
    findings.expect_none(
        Kind.DUPLICATED,
        "a capture is listed twice",
        (capture_id for capture_id, times in Counter(c for _, c in listed).items() if times > 1),
    )


def _check_stream(findings: Findings, events: Sequence[StreamEvent]) -> None:
    findings.figures["events in the stream"] = len(events)
    findings.expect_none(
        Kind.DUPLICATED,
        "an event is twice in the stream",
        (event for event, times in Counter(event.id for event in events).items() if times > 1),
    )
    seen: Counter[str] = Counter()
    out_of_order = []
    for event in events:
        seen[event.contact_id] += 1
        if event.sequence != seen[event.contact_id]:
            out_of_order.append(event.id)
    findings.expect_none(
        Kind.INCONSISTENT, "a contact's events are not in the stream as 1, 2, 3", out_of_order
    )


def _check_events(findings: Findings, evidence: Evidence) -> None:
    emails = {post.contact_id: post.email for post in evidence.posts if post.contact_id}
    events = Counter(event.contact_id for event in evidence.events)
    counted = (
        (contact_id, emails.get(contact_id, ""), len(captures), events[contact_id])
        for contact_id, captures in evidence.captures.items()
    )
    check_events(findings, counted, evidence.posts)


def check_events(
    findings: Findings, counted: Iterable[tuple[str, str, int, int]], posts: Iterable[Post]
) -> None:
    """One event for each capture and each edit. Of a contact: id, address, captures, events."""
    edits = [post for post in posts if post.kind == "edit" and post.reached]
    edited = Counter(post.email for post in edits if post.accepted)
    possible = Counter(post.email for post in edits)
    few, many = [], []
    for contact_id, email, captures, events in counted:
        if events < captures + (edited[email] if is_edited(email) else 0):
            few.append(contact_id)
        if events > captures + (possible[email] if is_edited(email) else 0):
            many.append(contact_id)
    findings.expect_none(Kind.LOST, "a contact has fewer events than captures and edits", few)
    findings.expect_none(Kind.DUPLICATED, "a contact has more events than captures and edits", many)


def _check_receiver(findings: Findings, evidence: Evidence, receiver: str) -> None:
    taken = {
        each.event_id for each in evidence.receptions if each.receiver == receiver and each.taken
    }
    owed = {event.id for event in evidence.events}
    findings.figures[f"taken by {receiver}"] = len(taken)
    findings.expect_none(Kind.LOST, f"{receiver} never took an event", sorted(owed - taken))
    findings.expect_none(
        Kind.INCONSISTENT, f"{receiver} took an event that is not there", sorted(taken - owed)
    )


def _check_attempts(findings: Findings, receptions: Sequence[Reception]) -> None:
    # A request that broke off on a kept connection goes out once more within its attempt; one that
    # was answered does not.
    answered = (each for each in receptions if each.status is not None)
    attempts = Counter((each.delivery_id, each.attempt) for each in answered)
    findings.expect_none(
        Kind.DUPLICATED,
        "an attempt was made again though it was answered",
        (f"{delivery} {number}" for (delivery, number), times in attempts.items() if times > 1),
    )
    findings.expect_none(
        Kind.INCONSISTENT,
        "a signature does not verify",
        (each.delivery_id for each in receptions if not each.verified),
    )


def _stream_event(item: Mapping[str, Any]) -> StreamEvent:
    data = item["data"]
    return StreamEvent(item["id"], data.get("contact_id", ""), data.get("sequence", 0))


def _read_all(rex: Rex, path: str) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    items: list[dict[str, Any]] = []
    query = f"?limit={_PAGE}"
    while True:
        status, answer = rex.request("GET", path + query)
        if status == 404:
            return []  # a contact that should be there, which is for the judge to say
        if status != 200:
            raise ApiFault(f"GET {path + query} was answered with {status}: {answer}")
        items += answer["data"]
        if not answer["has_more"]:
            return items
        query = f"?limit={_PAGE}&cursor={answer['next_cursor']}"
