"""Where open deliveries are: a claim that is planned for these partitions alone costs as much as
one in a table that is not partitioned, however many there are.

A plan is made anew every ten seconds (prepared.py), and the range with it. What is taken up again
in an old partition where nothing was open is therefore claimed up to ten seconds later.
"""

from __future__ import annotations

from datetime import timedelta

from app.domain.ids import first_ulid_at
from app.domain.system.partition import open_span
from app.domain.times import now
from app.storage.database import Cursor
from app.storage.retention import partitions
from app.storage.retention.partitions import DELIVERIES

#: Of events that come while a plan is in use, and of clocks that differ.
_MARGIN = timedelta(hours=1)
_OPEN = (
    "SELECT '{name}' WHERE EXISTS (SELECT FROM {name} WHERE status IN ('pending', 'attempting'))"
)


def open_range(cursor: Cursor) -> tuple[str, str] | None:
    """The ids of events, from the first to the end, whose deliveries may be open or come soon.

    None: they may be anywhere.
    """
    all_of_them = partitions.of(cursor, DELIVERIES)
    if not all_of_them:  # not migrated yet
        return None
    cursor.execute(" UNION ALL ".join(_OPEN.format(name=each.name) for each in all_of_them))
    names = {name for (name,) in cursor.fetchall()}
    soon = [first_ulid_at(int(at.timestamp() * 1000)) for at in (now() - _MARGIN, now() + _MARGIN)]
    span = open_span(all_of_them, names, soon)
    return (f"evt_{span[0]}", f"evt_{span[1]}") if span else None
