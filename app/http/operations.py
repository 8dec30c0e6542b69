"""Operations: what answers the API, asked inside this process in the name of somebody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from app.domain.org.org import Org


class Caller(NamedTuple):
    """In whose name an operation is asked: `actor` is what the audit log says."""

    org: Org
    actor: str
    #: The Host header of the request that leads to it.
    host: str = ""


class Ask(Protocol):
    """One operation: the same checks, errors and shapes as over HTTP, as plain values."""

    def __call__(
        self,
        caller: Caller,
        id: str = "",
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Any:
        """What it answers. Blocks. Raises the errors of the tree."""
        ...
