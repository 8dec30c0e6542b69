"""The invariants, as PostgreSQL shows them: what clients were told against what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from scripts.commands.chaos.api_checks import check_events
from scripts.commands.chaos.findings import Findings, Kind
from scripts.commands.chaos.journal import Post, Reception
from scripts.commands.sql import rows_of, session


class Rule(NamedTuple):
    """A question whose answer, offending ids, must be empty."""

    kind: Kind
    text: str
    query: str


RULES = (
    Rule(
        Kind.LOST,
        "a capture was set aside though nothing is wrong with it",
        "SELECT id FROM captures WHERE status <> 'recorded'"
        " UNION ALL SELECT 'job ' || id FROM unreadable_jobs",
    ),
    Rule(
        Kind.LOST,
        "a recorded capture has no contact",
        "SELECT k.id FROM captures k LEFT JOIN contacts c ON c.id = k.contact_id"
        " WHERE c.id IS NULL",
    ),
    Rule(
        Kind.INCONSISTENT,
        "a contact counts other captures than there are",
        "SELECT c.id FROM contacts c WHERE captures_count <>"
        " (SELECT count(*) FROM captures k WHERE k.contact_id = c.id)",
    ),
    Rule(
        Kind.INCONSISTENT,
        "a contact's events are not numbered from 1 to its sequence",
        "SELECT c.id FROM contacts c LEFT JOIN events e ON e.contact_id = c.id GROUP BY c.id"
        " HAVING count(e.id) <> c.sequence OR count(DISTINCT e.sequence) <> c.sequence"
        " OR max(e.sequence) <> c.sequence",
    ),
    Rule(
        Kind.INCONSISTENT,
        "a contact does not hold what its latest capture brought",
        "SELECT c.id FROM contacts c JOIN LATERAL (SELECT payload->'metadata'->>'n' AS n"
        " FROM captures k WHERE k.contact_id = c.id ORDER BY k.id DESC LIMIT 1) latest ON true"
        " WHERE c.metadata->>'n' IS DISTINCT FROM latest.n",
    ),
    Rule(
        Kind.LOST,
        "an event has no delivery for a webhook",
        "SELECT e.id || ' ' || w.id FROM events e CROSS JOIN webhooks w LEFT JOIN deliveries d"
        " ON d.event_id = e.id AND d.webhook_id = w.id WHERE d.id IS NULL",
    ),
    Rule(
        Kind.DUPLICATED,
        "an event has two deliveries for a webhook",
        "SELECT event_id || ' ' || webhook_id FROM deliveries GROUP BY event_id, webhook_id"
        " HAVING count(*) > 1",
    ),
    Rule(
        Kind.LOST,
        "a delivery was given up",
        "SELECT id FROM deliveries WHERE status NOT IN ('pending', 'attempting', 'succeeded')",
    ),
    Rule(
        Kind.INCONSISTENT,
        "a delivery's attempts are not all on record",
        "SELECT d.id FROM deliveries d LEFT JOIN attempts a ON a.delivery_id = d.id"
        " WHERE d.status <> 'attempting' GROUP BY d.id, d.attempts"
        " HAVING count(a.id) <> d.attempts OR COALESCE(max(a.number), 0) <> d.attempts",
    ),
    Rule(
        Kind.INCONSISTENT,
        "a delivery succeeded without an attempt that did, or went on after it",
        "SELECT d.id FROM deliveries d LEFT JOIN attempts a ON a.delivery_id = d.id"
        " GROUP BY d.id, d.status HAVING count(*) FILTER (WHERE a.result = 'succeeded')"
        " <> (d.status = 'succeeded')::int"
        " OR max(a.number) FILTER (WHERE a.result = 'succeeded') < max(a.number)",
    ),
)

_FIGURES = {
    "recorded": "SELECT count(*) FROM captures WHERE status = 'recorded'",
    "contacts": "SELECT count(*) FROM contacts",
    "events": "SELECT count(*) FROM events",
    "deliveries": "SELECT count(*) FROM deliveries",
    "delivered": "SELECT count(*) FROM deliveries WHERE status = 'succeeded'",
    "attempts": "SELECT count(*) FROM attempts",
    "in flight at crashes": "SELECT count(*) FROM attempts WHERE result = 'lost'",
}

_PER_CONTACT = """
SELECT c.id, c.email, (SELECT count(*) FROM captures k WHERE k.contact_id = c.id),
    (SELECT count(*) FROM events e WHERE e.contact_id = c.id)
FROM contacts c
"""


def examine(database_url: str, posts: Sequence[Post], receptions: Sequence[Reception]) -> Findings:
    """Everything that PostgreSQL can tell about a run that has settled."""
    findings = Findings()
    with session(database_url) as cursor:
        for name, query in _FIGURES.items():
            findings.figures[name] = int(rows_of(cursor, query)[0][0])
        for rule in RULES:
            offenders = rows_of(cursor, rule.query)
            findings.expect_none(rule.kind, rule.text, (row[0] for row in offenders))
        _check_captures(findings, cursor, posts)
        check_events(findings, rows_of(cursor, _PER_CONTACT), posts)
        _check_repeats(findings, cursor, receptions)
    return findings


def _check_captures(findings: Findings, cursor: Any, posts: Iterable[Post]) -> None:
    """Every 202 is recorded, and no lead more often than it may have been posted."""
    captures = [post for post in posts if post.kind == "capture"]
    accepted = {post.capture_id for post in captures if post.accepted}
    rows = rows_of(
        cursor,
        "SELECT id, (payload->'metadata'->>'n')::int FROM captures WHERE status = 'recorded'",
    )
    recorded = dict(rows)
    findings.expect_none(
        Kind.LOST, "a 202 was not recorded", sorted(str(each) for each in accepted - set(recorded))
    )
    unasked = Counter(lead for capture_id, lead in recorded.items() if capture_id not in accepted)
    # Told nothing, or that it was not taken: such a post may be recorded all the same, once.
    possible = Counter(post.lead for post in captures if not post.accepted and post.reached)
    findings.expect_none(
        Kind.DUPLICATED, "a lead was recorded more often than posted", sorted(unasked - possible)
    )


def _check_repeats(findings: Findings, cursor: Any, receptions: Iterable[Reception]) -> None:
    """What a receiver took twice is explained by an attempt that did not end as a success."""
    taken = Counter(each.delivery_id for each in receptions if each.taken)
    repeated = [delivery_id for delivery_id, times in taken.items() if times > 1]
    findings.figures["repeated at receivers"] = sum(taken[each] - 1 for each in repeated)
    rows = rows_of(
        cursor,
        "SELECT delivery_id, count(*) FROM attempts"
        " WHERE delivery_id = ANY(%s) AND result <> 'succeeded' GROUP BY 1",
        (repeated,),
    )
    explained = dict(rows)
    findings.expect_none(
        Kind.DUPLICATED,
        "a receiver took a delivery again that was on record as taken",
        (each for each in repeated if taken[each] - 1 > explained.get(each, 0)),
    )
