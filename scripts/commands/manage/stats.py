"""`manage stats`: how the whole system is doing."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime, timedelta

from app.domain.times import rfc3339
from app.queue.admission import REFUSED_REDIRECT
from app.queue.connection import connect
from app.queue.figures import depth_in, refusals
from app.queue.jobs import CAPTURES, DELIVERIES
from app.queue.stream_clients import connect_streams
from app.storage.database import transaction
from app.storage.figures import figures
from app.storage.org import orgs
from scripts.commands.manage.command_line import Command, option
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.output import Listing

DAYS_DEFAULT = 7
#: Refusals are kept for this many days.
DAYS_MAX = 90

_HEALTH_COLUMNS = (
    *("org", "id", "name", "status", "failure_count", "exhausted_count", "due", "waiting", "held"),
    *("failed", "oldest_due_at", "last_success_at", "circuit_open_until", "status_reason"),
)


def stats(operator: Operator, arguments: Namespace) -> object:
    """Counts of everything, queues, what is due, held or failed, and the webhooks' health.

    Of all orgs, unless one is named. Every row is counted: on many millions it takes a while.
    """
    with transaction(operator.services.database) as cursor:
        all_orgs = {org.id: org.slug for org in orgs.all_orgs(cursor)}
        if operator.wanted_org:
            all_orgs = {operator.org.id: operator.org.slug}
        counts = figures.of_orgs(cursor, list(all_orgs))
        health = figures.of_webhooks(cursor, list(all_orgs))
        inbox_captures, unreadable_jobs = figures.backlog(cursor)
    return {
        "inbox_captures": inbox_captures,
        "unreadable_jobs": unreadable_jobs,
        "queues": _queues(operator),
        "captures": _counts(counts, ("recorded", "quarantined", "rejected", "contacts", "events")),
        "deliveries": _counts(
            counts,
            ("due", "waiting", "held", "in_flight", "succeeded", "failed", "cancelled", "attempts"),
        ),
        "webhooks": _health(health),
        "refused": _refused(operator, all_orgs, arguments.days),
    }


def _queues(operator: Operator) -> Listing:
    numbers = range(operator.settings.capture_streams)
    streams = connect_streams(operator.settings.redis_url, numbers, connections=1)
    queues = (CAPTURES, DELIVERIES)
    found = [{"queue": queue, **depth_in(streams, queue)._asdict()} for queue in queues]
    return Listing(found, ("queue", "waiting", "in_flight", "retrying", "dead_letters"))


def _counts(counts: list[figures.Figures], columns: tuple[str, ...]) -> Listing:
    found = [{name: each[name] for name in ("org", *columns)} for each in counts]
    return Listing(found, ("org", *columns))


def _health(health: list[figures.Figures]) -> Listing:
    found = [{name: _time(value) for name, value in each.items()} for each in health]
    return Listing(found, _HEALTH_COLUMNS)


def _refused(operator: Operator, all_orgs: dict[str, str], days: int) -> Listing:
    today = datetime.now(UTC).date()
    wanted = [str(today - timedelta(days=ago)) for ago in range(days)]
    client = connect(operator.settings.redis_url, connections=1)
    refused = refusals(client, list(all_orgs), wanted)
    found = [
        each._asdict() | {"org": all_orgs[each.org_id]}
        for each in refused
        if not each.reason.startswith(REFUSED_REDIRECT)  # the capture was taken
    ]
    return Listing(found, ("day", "org", "reason", "refused"))


def _time(value: object) -> object:
    return rfc3339(value) if isinstance(value, datetime) else value


COMMANDS = (
    Command(
        "stats",
        stats,
        option(
            "--days",
            type=int,
            choices=range(1, DAYS_MAX + 1),
            default=DAYS_DEFAULT,
            metavar="N",
            help=f"days of refused captures to show (default: {DAYS_DEFAULT})",
        ),
    ),
)
