"""`GET /openapi.yaml` and `GET /docs`: the same document for programs and for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from app.api.openapi import Schema, build_document
from app.http.answers import connection_request_id

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{font:14px ui-monospace,monospace;background:#f3f4f6;padding:.1em .3em;border-radius:3px}
details{border:1px solid #d5d9de;border-radius:6px;margin:.5rem 0;padding:.5rem .8rem}
summary{cursor:pointer}table{border-collapse:collapse;width:100%;margin:.4rem 0 1rem}
td,th{text-align:left;vertical-align:top;border-top:1px solid #e5e7eb;padding:.3rem .6rem .3rem 0}
.method{font-weight:700;display:inline-block;min-width:4.5rem}nav a{margin-right:1rem}
"""


async def openapi_yaml(request: Request) -> Response:
    """The OpenAPI document."""
    return _response(request, _texts(request.app)[0], "application/yaml")


async def docs_page(request: Request) -> Response:
    """The OpenAPI document as a page."""
    return _response(request, _texts(request.app)[1], "text/html")


def _response(request: Request, text: str, media_type: str) -> Response:
    headers = {
        "X-Request-Id": connection_request_id(request),
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Access-Control-Allow-Origin": "*",
    }
    return Response(text, media_type=media_type, headers=headers)


@lru_cache(maxsize=1)
def _texts(app: Starlette) -> tuple[str, str]:
    document = build_document(app.routes)
    # Every JSON text is YAML 1.2.
    return json.dumps(document, ensure_ascii=False, indent=1), "".join(_page(document))


def _page(document: Schema) -> Iterator[str]:
    info = document["info"]
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{info["title"]}</title>'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<style>{_STYLE}</style><h1>{info['title']}</h1><p>{_prose(info['description'])}</p>"
    yield '<p>For machines: <a href="/openapi.yaml">openapi.yaml</a>. Keyed calls send their key'
    yield " in <code>X-Api-Key</code>.</p>"
    tags = _by_tag(document)
    links = (f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in tags)
    yield f"<nav>{''.join(links)}<a href='#schemas'>Schemas</a></nav>"
    for tag, operations in tags.items():
        yield f'<h2 id="{escape(tag)}">{escape(tag)}</h2>'
        for method, path, operation in operations:
            yield from _operation(method, path, operation)
    yield '<h2 id="schemas">Schemas</h2>'
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield f'<details id="schema-{name}"><summary><code>{name}</code></summary>'
        yield f"<p>{_prose(schema.get('description', ''))}</p>{_fields(schema)}</details>"


def _by_tag(document: Schema) -> dict[str, list[tuple[str, str, Schema]]]:
    tags: dict[str, list[tuple[str, str, Schema]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return tags


def _operation(method: str, path: str, operation: Schema) -> Iterator[str]:
    yield f'<details><summary><span class="method">{method}</span><code>{escape(path)}</code> '
    yield f"{_prose(operation['summary'])}</summary>"
    yield f"<p>{_prose(operation.get('description', ''))}</p>"
    parameters = [
        (p["name"], p["schema"], p.get("description", "")) for p in operation.get("parameters", [])
    ]
    if parameters:
        yield _table("Parameters", parameters)
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body, <code>{media}</code>: {_type(content['schema'])}</p>"
        yield _fields(content["schema"])
    yield "<table><tr><th>Status<th>Meaning<th>Body"
    for status, answer in operation["responses"].items():
        kinds = {_type(content["schema"]) for content in answer.get("content", {}).values()}
        yield f"<tr><td>{status}<td>{_prose(answer['description'])}<td>{', '.join(sorted(kinds))}"
    yield "</table></details>"


def _fields(schema: Schema) -> str:
    required = schema.get("required", [])
    rows = [
        (name + ("" if name not in required else " *"), inner, inner.get("description", ""))
        for name, inner in schema.get("properties", {}).items()
    ]
    return _table("Field", rows) if rows else ""


def _table(title: str, rows: list[tuple[str, Schema, str]]) -> str:
    lines = (
        f"<tr><td><code>{escape(name)}</code><td>{_type(schema)}<td>{_prose(text)}"
        for name, schema, text in rows
    )
    return f"<table><tr><th>{title}<th>Type<th>{''.join(lines)}</table>"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("items") or {"type": "values"}
        return "list of " + _type(items)
    return escape(_plain_type(schema))


def _plain_type(schema: Schema) -> str:
    kind: Any = schema.get("type", "anything")
    limits = ("format", "pattern", "minimum", "maximum", "minLength", "maxLength", "default")
    shown = [f"{name} {schema[name]}" for name in limits if name in schema]
    return f"{kind} ({', '.join(shown)})" if shown else str(kind)


def _prose(text: str) -> str:
    """Text with `code` in it."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts)
    )
