"""Whether the process that a request has reached is about to stop.

The server says so in the state that ASGI hands from a lifespan to its requests; see
`app/serving/server.py`.
"""

from __future__ import annotations

from typing import Any

from starlette.types import Scope

_KEY = "stopping"


def mark_stopping(state: dict[str, Any]) -> None:
    """From now on every request that starts with a copy of this state knows."""
    state[_KEY] = True


def is_stopping(scope: Scope) -> bool:
    """Whether the request came after the process was told to stop."""
    return _KEY in scope.get("state", ())
