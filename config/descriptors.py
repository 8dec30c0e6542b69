"""File descriptors: every connection takes one."""

from __future__ import annotations

import resource
from contextlib import suppress

#: For files, servers and threads, beside the connections of callers.
OTHERS = 200


def make_room(connections: int) -> int:
    """Raise this process' limit as far as so many connections need and the machine allows.

    Returns for how many there is room. The usual limit of 1024 is there for programs that use
    select().
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OTHERS
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if resource.RLIM_INFINITY != soft < wanted:
        with suppress(OSError, ValueError):  # macOS names no limit and keeps one
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    if soft == resource.RLIM_INFINITY:
        return connections
    return min(connections, max(soft - OTHERS, soft // 2))
