"""The OpenAPI 3.1 document, generated from the route table and its structs.

Served and documented routes are one list: a route without a description fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

import msgspec
from starlette.routing import BaseRoute, Route

from app.api import openapi_errors as errors
from app.api.lists import FAMILIES, Page
from app.api.openapi_public import PUBLIC, PUBLIC_TYPES
from app.api.operation import Operation, operation_of
from app.domain.event import EVENT_TYPES

Schema = dict[str, Any]

VERSION = "1.0"
_REF = "#/components/schemas/{name}"
_PREFIXES = {
    "contacts": "cont",
    "captures": "cap",
    "webhooks": "(whk|wh)",
    "replays": "rpl",
    "deliveries": "dlv",
    "apikeys": "key",
}
_ULID = "_[0-7][0-9A-HJKMNP-TV-Z]{25}"
_PATTERNS = [*EVENT_TYPES, *FAMILIES]
_INFO = (
    "Captures leads from forms and delivers every one to webhooks. Every answer carries"
    " `X-Request-Id`; every error has the same envelope. Times are RFC 3339 in UTC."
)


def build_document(routes: Iterable[BaseRoute]) -> Schema:
    """The document of these routes. Raises `LookupError` for a route without a description."""
    documented = list(_documented(routes))
    references, schemas = _schemas([operation for *_, operation in documented])
    paths: dict[str, Schema] = {}
    for path, method, name, summary, operation in documented:
        described = _public(path, method)
        if operation is not None:
            described = _describe(path, name, summary, operation, references)
        paths.setdefault(path, {})[method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rex Capture", "version": VERSION, "description": _INFO},
        "servers": [{"url": "/"}],
        "security": [{"ApiKey": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": errors.HEADERS,
            "securitySchemes": {"ApiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
        },
    }


def endpoints_of(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str, object]]:
    """Path, method and endpoint of every route; HEAD goes with GET."""
    for route in routes:
        if isinstance(route, Route):
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
    return PUBLIC.get((path, method), {})


def _schemas(operations: Sequence[Operation | None]) -> tuple[dict[object, Schema], Schema]:
    types: list[object] = list(PUBLIC_TYPES)
    for operation in filter(None, operations):
        types += [kind for kind in (operation.body, *operation.answers.values()) if kind]
    unique = list(dict.fromkeys(types))
    found, components = msgspec.json.schema_components(
        unique, ref_template=_REF, schema_hook=_anything
    )
    _loosen_items(components)
    return dict(zip(unique, found, strict=True)), components


def _anything(kind: type) -> Schema:
    """The schema of `object`: any JSON value."""
    if kind is not object:
        raise NotImplementedError
    return {"description": "Any JSON value"}


def _loosen_items(components: Schema) -> None:
    """Make the fields of list items optional: `fields=a,b` leaves the others out."""
    for page in [schema for name, schema in components.items() if name.startswith("Page_")]:
        items = page["properties"]["data"]["items"]
        name = items["$ref"].rsplit("/", 1)[1]
        loose = {key: value for key, value in components[name].items() if key != "required"}
        components[f"{name}Item"] = loose | {"title": f"{name}Item"}
        items["$ref"] = _REF.format(name=f"{name}Item")


def _describe(
    path: str,
    name: str,
    docstring: str,
    operation: Operation,
    references: Mapping[object, Schema],
) -> Schema:
    summary, _, rest = docstring.partition("\n")
    described: Schema = {"operationId": name, "tags": [operation.tag], "summary": summary}
    description = re.sub(r"\s+", " ", rest).strip()
    if description:
        described["description"] = description
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


def _path_parameters(path: str) -> Iterator[Schema]:
    if "{id}" in path:
        pattern = f"^{_PREFIXES[path.split('/')[1]]}{_ULID}$"
        schema = {"type": "string", "pattern": pattern}
        yield {"name": "id", "in": "path", "required": True, "schema": schema}


def _query_parameters(operation: Operation) -> Iterator[Schema]:
    if operation.query is None:
        return
    _, components = msgspec.json.schema_components([operation.query])
    for name, schema in components[operation.query.__name__]["properties"].items():
        choices = _choices(name, operation)
        yield {"name": name, "in": "query", **(choices or {"schema": _without_null(schema)})}


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


def _without_null(schema: Schema) -> Schema:
    """A query has no null, only absent parameters."""
    choices = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    if len(choices) == 1:
        inherited = {key: schema[key] for key in ("description",) if key in schema}
        return {**choices[0], **inherited}
    if None in schema.get("enum", []):
        schema = schema | {"enum": [each for each in schema["enum"] if each is not None]}
    return {key: value for key, value in schema.items() if key != "default" or value is not None}


def _responses(operation: Operation, references: Mapping[object, Schema]) -> Schema:
    responses: Schema = {}
    for status, kind in operation.answers.items():
        answer: Schema = {"description": errors.SUCCESSES[status], "headers": errors.KEYED_HEADERS}
        if kind is not None:
            answer["content"] = {"application/json": {"schema": references[kind]}}
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
