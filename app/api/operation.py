"""What the OpenAPI document says about an endpoint, written where the endpoint is defined.

The structs named here are those that the endpoint reads and answers with, so the document
cannot differ from what is served.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

if TYPE_CHECKING:  # call.py asks for the descriptions
    from app.api.call import Endpoint

Item = TypeVar("Item")
_ATTRIBUTE = "operation"


class One(msgspec.Struct, Generic[Item]):
    """One entity."""

    data: Item


@dataclass(frozen=True)
class Operation:
    """An endpoint's parameters and answers, besides what all endpoints share."""

    tag: str
    #: The struct of each success, by status; None: no body.
    answers: Mapping[int, object]
    body: type[msgspec.Struct] | None = None
    body_optional: bool = False
    query: type[msgspec.Struct] | None = None
    #: Codes of the error table that this endpoint may answer with, besides the shared ones.
    errors: tuple[str, ...] = ()


def describe(operation: Operation) -> Callable[[Endpoint], Endpoint]:
    """Attach its description to an endpoint."""

    def attach(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _ATTRIBUTE, operation)
        return endpoint

    return attach


def operation_of(endpoint: object) -> Operation | None:
    """The description of an endpoint, also of a wrapped one."""
    found = getattr(endpoint, _ATTRIBUTE, None)
    return found if isinstance(found, Operation) else None
