"""When a PostgreSQL standby is promoted, and which one; pure.

Commits wait for any one of two standbys, so what was acknowledged is on one of them, and nobody
knows on which. The one that has received more has all of it, provided that both can be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class View(NamedTuple):
    """What a server says of itself."""

    is_standby: bool
    #: Bytes of WAL received and on disk, or replayed.
    received: int
    #: Whether the primary was heard a moment ago.
    hears_primary: bool


Views = Mapping[str, View | None]


def has_failed(primary: str, views: Views) -> bool:
    """Whether nobody hears the primary any more. `views` by host; None: cannot be asked.

    Both others must say so: one of them that is cut off says it, too.
    """
    others = [view for host, view in views.items() if host != primary]
    return all(view and view.is_standby and not view.hears_primary for view in others)


def successor(primary: str, views: Views) -> str | None:
    """The standby that has every commit which was acknowledged; None if nobody can tell.

    Ask once the primary is fenced: what is received must be final.
    """
    received = {
        host: view.received for host, view in views.items() if host != primary and view is not None
    }
    if len(received) < len(views) - 1:
        return None
    return max(received, key=lambda host: received[host], default=None)
