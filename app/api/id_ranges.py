"""Stretches of ids, which contain the time of their creation."""

from __future__ import annotations

from datetime import datetime

from app.api.queries import SortedQuery, read_time
from app.domain.errors import Invalid
from app.domain.ids import first_ulid_at, is_id

_MILLISECONDS_MAX = 2**48 - 1


def id_range(
    query: SortedQuery, prefix: str, since: str | None, until: str | None
) -> tuple[str, str]:
    """The ids asked for: from the first up to, without, the second. Raises `Invalid`."""
    begin, end = read_time("since", since), read_time("until", until)
    first = _first_id_at(prefix, begin) if begin else f"{prefix}_"
    last = _first_id_at(prefix, end) if end else f"{prefix}_~"
    after = query.after
    if after is None:
        return first, last
    if not is_id(after, prefix):
        raise Invalid({"cursor": "expected a cursor from an earlier answer of this list"})
    if query.newest_first:
        return first, min(last, after)
    return max(first, after + "~"), last


def _first_id_at(prefix: str, moment: datetime) -> str:
    milliseconds = min(max(0, round(moment.timestamp() * 1000)), _MILLISECONDS_MAX)
    return f"{prefix}_{first_ulid_at(milliseconds)}"
