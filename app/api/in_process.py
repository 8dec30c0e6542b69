"""The API's endpoints, asked inside this process: by the console and by `manage`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from starlette.datastructures import QueryParams

from app.api.call import Call, Endpoint
from app.domain.org.api_key import ApiKey, Scope
from app.http.operations import Ask, Caller
from app.http.services import Services
from app.storage.database import retrying


def ask(
    services: Services,
    endpoint: Endpoint,
    caller: Caller,
    id: str = "",
    query: Mapping[str, str] | None = None,
    body: Mapping[str, object] | None = None,
) -> Any:
    """What an endpoint answers, as plain values. Raises what the endpoint raises."""
    call = Call(
        caller.org,
        ApiKey(caller.actor, caller.org.id, Scope.READ_WRITE, b""),
        {"id": id},
        QueryParams(query or {}),
        msgspec.json.encode(body or {}),
        services,
        caller.host,
    )
    answer = retrying(partial(endpoint, call))
    return msgspec.json.decode(msgspec.json.encode(answer.content))


def operation(services: Services, endpoint: Endpoint) -> Ask:
    """The endpoint as an operation of this process."""
    return partial(ask, services, endpoint)
