"""The OpenAPI 3.1 document, generated from the route table and its structs.

Served and documented routes are one list: a route without a description fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, get_args, get_origin

from starlette.routing import BaseRoute, Route

from app.api import openapi_errors as errors
from app.api.lists import Page
from app.api.openapi_examples import BODIES, ULID, example
from app.api.openapi_public import PUBLIC, PUBLIC_BODIES, PUBLIC_TYPES
from app.api.openapi_schemas import query_schemas, schemas_of
from app.api.operation import Operation, operation_of
from app.api.queries import FAMILIES
from app.domain.webhook.event import EVENT_TYPES

Schema = dict[str, Any]

VERSION = "1.0"
_PREFIXES = {
    "contacts": "cont",
    "captures": "cap",
    "events": "evt",
    "webhooks": "(whk|wh)",
    "replays": "rpl",
    "deliveries": "dlv",
    "apikeys": "key",
}
_ULID = "_[0-7][0-9A-HJKMNP-TV-Z]{25}"
_PATTERNS = [*EVENT_TYPES, *FAMILIES]
_INFO: Schema = {
    "title": "Rex Capture",
    "version": VERSION,
    "description": "Captures leads from forms and delivers every one to webhooks. Every answer"
    " carries `X-Request-Id`; every error has the same envelope. Times are RFC 3339 in UTC.",
    "contact": {"name": "Rex Capture contributors"},
    "license": {"name": "MIT", "identifier": "MIT"},
}
_TAGS = {
    "Capture": "Leads from any page, without a key.",
    "Contacts": "People, one for each address.",
    "Captures": "Submissions as they came in.",
    "Events": "What happened to contacts and webhooks, in order.",
    "Webhooks": "URLs that events are sent to.",
    "Deliveries": "Events on their way to webhooks, and every attempt.",
    "Replays": "Past events, sent again.",
    "API keys": "Who may call.",
    "Audit log": "Who changed what, and when.",
    "Org": "Which pages may capture, and how.",
    "Service": "Whether it is up, and what it offers.",
}


def build_document(routes: Iterable[BaseRoute]) -> Schema:
    """The document of these routes. Raises `LookupError` for a route without a description."""
    documented = list(_documented(routes))
    references, schemas = _schemas([operation for *_, operation in documented])
    paths: dict[str, Schema] = {}
    for path, method, name, summary, operation in documented:
        described = _public(path, method)
        if operation is not None:
            described = _describe(path, name, summary, operation, references)
        _add_examples(described, schemas)
        paths.setdefault(path, {})[method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "security": [{"ApiKey": []}],
        "paths": paths,
        "components": {
            "schemas": schemas | PUBLIC_BODIES,
            "headers": errors.HEADERS,
            "securitySchemes": {"ApiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
        },
    }


def endpoints_of(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str, object]]:
    """Path, method and endpoint of every route of the API; HEAD goes with GET."""
    for route in routes:
        if isinstance(route, Route) and route.include_in_schema:
            for method in sorted((route.methods or {"POST"}) - {"HEAD"}):
                yield route.path_format, method, route.endpoint


def _documented(
    routes: Iterable[BaseRoute],
) -> Iterator[tuple[str, str, str, str, Operation | None]]:
    for path, method, endpoint in endpoints_of(routes):
        operation = operation_of(endpoint)
        if operation is None and (path, method) not in PUBLIC:
            raise LookupError(f"{method} {path} has no description")
        name = getattr(endpoint, "__name__", path)
        yield path, method, name, getattr(endpoint, "__doc__", "") or "", operation


def _public(path: str, method: str) -> Schema:
    return deepcopy(PUBLIC.get((path, method), {}))


def _schemas(operations: Sequence[Operation | None]) -> tuple[dict[object, Schema], Schema]:
    keyed = list(filter(None, operations))
    answers = [kind for operation in keyed for kind in operation.answers.values() if kind]
    bodies = [operation.body for operation in keyed if operation.body]
    return schemas_of(bodies, [*PUBLIC_TYPES, *answers])


def _describe(
    path: str,
    name: str,
    docstring: str,
    operation: Operation,
    references: Mapping[object, Schema],
) -> Schema:
    summary, _, rest = docstring.partition("\n")
    described: Schema = {"operationId": name, "tags": [operation.tag], "summary": summary}
    described["description"] = re.sub(r"\s+", " ", rest).strip() or summary
    parameters = [*_path_parameters(path), *_query_parameters(operation)]
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        described["requestBody"] = {
            "required": not operation.body_optional,
            "content": {"application/json": {"schema": references[operation.body]}},
        }
    described["responses"] = _responses(operation, references)
    return described


def _add_examples(described: Schema, components: Schema) -> None:
    """An example of each JSON body, and of each answer that is no error: those are all alike."""
    body = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    if body:
        name = body["schema"]["$ref"].rsplit("/", 1)[1]
        body["example"] = BODIES.get(name) or example(body["schema"], components)
    for status, answer in described["responses"].items():
        content = answer.get("content", {}).get("application/json")
        if content and status < "300":
            content["example"] = example(content["schema"], components)


def _path_parameters(path: str) -> Iterator[Schema]:
    if "{id}" in path:
        prefix = _PREFIXES[path.split("/")[1]]
        yield {
            "name": "id",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{prefix}{_ULID}$"},
            "example": f"{prefix.strip('()').split('|')[0]}_{ULID}",
        }


def _query_parameters(operation: Operation) -> Iterator[Schema]:
    if operation.query is None:
        return
    for name, schema in query_schemas(operation.query).items():
        yield {"name": name, "in": "query", **(_choices(name, operation) or {"schema": schema})}


def _choices(name: str, operation: Operation) -> Schema | None:
    """Parameters that are lists of known words, separated by commas."""
    words: Sequence[str] = _PATTERNS
    if name == "fields":
        (item,) = get_args(_page_of(operation))
        words = item.__struct_fields__
    elif name not in ("type", "event_type"):
        return None
    items = {"type": "string", "enum": list(words)}
    schema = {"type": "array", "minItems": 1, "items": items}
    return {"style": "form", "explode": False, "schema": schema}


def _page_of(operation: Operation) -> object:
    return next(kind for kind in operation.answers.values() if get_origin(kind) is Page)


def _responses(operation: Operation, references: Mapping[object, Schema]) -> Schema:
    responses: Schema = {}
    for status, kind in operation.answers.items():
        answer: Schema = {"description": errors.SUCCESSES[status], "headers": errors.KEYED_HEADERS}
        if kind is not None:
            answer["content"] = {"application/json": {"schema": references[kind]}}
        if get_origin(kind) is Page:
            # In words only: with a second type, generated clients would take every page for text.
            answer["description"] += " With `Accept: text/csv`, the page as CSV."
            answer["headers"] = {**errors.KEYED_HEADERS, **errors.NEXT_PAGE}
        responses[str(status)] = answer
    codes = [
        "bad_request",
        "unauthenticated",
        "forbidden",
        "not_found",
        "rate_limit_exceeded",
        "internal",
    ]
    codes += ["internal", "unavailable", *operation.errors]
    if operation.body:
        codes += ["invalid_json", "payload_too_large", "validation_failed"]
    elif operation.query:
        codes.append("validation_failed")
    responses.update(errors.responses(codes))
    return dict(sorted(responses.items()))
