"""Times as callers see them: RFC 3339 in UTC, whole seconds, with Z."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

_encoder = msgspec.json.Encoder()


def now() -> datetime:
    """The time, aware, in UTC, to the millisecond."""
    return truncate(datetime.now(UTC))


def truncate(moment: datetime) -> datetime:
    """That moment to the millisecond, the precision of ids."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def whole_seconds(moment: datetime) -> datetime:
    """That moment in UTC to the second, which JSON shows as callers see times."""
    return moment.astimezone(UTC).replace(microsecond=0)


def rfc3339(moment: datetime) -> str:
    """For example 2026-03-16T12:00:00Z."""
    # Isoformat takes several times as long.
    return _encoder.encode(whole_seconds(moment)).decode()[1:-1]


def parse_rfc3339(text: str) -> datetime:
    """A time in UTC from RFC 3339; a time without a zone is taken as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        # PostgreSQL takes no offset beyond 15:59, Python up to 23:59.
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None
