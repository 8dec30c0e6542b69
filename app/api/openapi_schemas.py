"""Schemas of what is sent and answered, in the part of JSON Schema that client generators read.

Their common part is smaller than OpenAPI 3.1: a choice needs its type beside it, tuples are not
understood, and a default makes generators of types demand the property from whoever sends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"


def schemas_of(
    requests: Iterable[object], answers: Iterable[object]
) -> tuple[dict[object, Schema], Schema]:
    """A reference for each of these types, and the components that the references lead to."""
    bodies = set(requests)
    unique = list(dict.fromkeys([*bodies, *answers]))
    found, components = msgspec.json.schema_components(
        unique, ref_template=_REF, schema_hook=_anything
    )
    references = dict(zip(unique, found, strict=True))
    sent = _reachable([references[kind] for kind in bodies], components)
    for name, schema in components.items():
        components[name] = portable(schema)
        _take_defaults(components[name], is_sent=_REF.format(name=name) in sent)
    _loosen_items(components)
    return references, components


def query_schemas(query: type[msgspec.Struct]) -> dict[str, Schema]:
    """The schema of each query parameter. A query has no null, only absent parameters."""
    properties: dict[str, Schema] = request_schema(query)["properties"]
    return {name: _without_null(schema) for name, schema in properties.items()}


def request_schema(kind: type) -> Schema:
    """The schema of one struct that is sent."""
    _, components = msgspec.json.schema_components([kind], schema_hook=_anything)
    schema: Schema = portable(_resolved(components[kind.__name__], components))
    return schema


def _resolved(node: Any, components: Schema) -> Any:
    if isinstance(node, list):
        return [_resolved(each, components) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _resolved(components[node["$ref"].rsplit("/", 1)[1]], components)
    return {name: _resolved(inner, components) for name, inner in node.items()}


def portable(node: Any) -> Any:
    """The same schema, with the type of every choice, and null as a type beside another one."""
    if isinstance(node, list):
        return [portable(each) for each in node]
    if not isinstance(node, dict):
        return node
    schema = {name: portable(inner) for name, inner in node.items()}
    if isinstance(schema.get("enum"), list):
        schema.setdefault("type", "string")
    match schema.get("anyOf"):
        case [{"type": str(kind), **inner}, {"type": "null"}] if "enum" not in inner:
            del schema["anyOf"]
            schema = {**inner, **schema, "type": [kind, "null"]}
    return schema


def _anything(kind: type) -> Schema:
    """The schema of `object`: any JSON value."""
    if kind is not object:
        raise NotImplementedError
    return {"description": "Any JSON value"}


def _take_defaults(schema: Schema, *, is_sent: bool) -> None:
    """Say what is assumed for an absent property in words; an answer has all of its properties."""
    for name, inner in schema.get("properties", {}).items():
        if "default" not in inner:
            continue
        default = inner.pop("default")
        if not is_sent:
            schema["required"] = [*schema.get("required", []), name]
        elif default not in (None, {}):
            told = f"default: {json.dumps(default)}"
            inner["description"] = "; ".join(filter(None, [inner.get("description"), told]))


def _loosen_items(components: Schema) -> None:
    """Make the fields of list items optional: `fields=a,b` leaves the others out."""
    for page in [schema for name, schema in components.items() if name.startswith("Page_")]:
        items = page["properties"]["data"]["items"]
        name = items["$ref"].rsplit("/", 1)[1]
        loose = {key: value for key, value in components[name].items() if key != "required"}
        components[f"{name}Item"] = loose | {"title": f"{name}Item"}
        items["$ref"] = _REF.format(name=f"{name}Item")
        if _REF.format(name=name) not in _references_in(components):
            del components[name]


def _references_in(node: object) -> set[str]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    own = {node["$ref"]} if isinstance(node, dict) and "$ref" in node else set()
    return own.union(*map(_references_in, inner))


def _reachable(node: object, components: Schema) -> set[str]:
    found, fresh = set[str](), _references_in(node)
    while fresh:
        found |= fresh
        names = (reference.rsplit("/", 1)[1] for reference in fresh)
        fresh = _references_in([components[name] for name in names]) - found
    return found


def _without_null(schema: Schema) -> Schema:
    schema = dict(schema)
    if schema.get("default", 0) is None:
        del schema["default"]
    match schema:
        case {"anyOf": [inner, {"type": "null"}]}:
            schema = {**inner, **schema}
            del schema["anyOf"]
        case {"type": [kind, "null"]}:
            schema["type"] = kind
        case {"enum": [*choices]} if None in choices:
            schema["enum"] = [each for each in choices if each is not None]
    return schema
