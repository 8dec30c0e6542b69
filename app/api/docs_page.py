"""The OpenAPI document as a page for people, made once for each process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from app.api.expected import in_words
from app.api.openapi_schemas import Schema

_STYLE = """
:root{color-scheme:light}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
 overflow-wrap:anywhere}
code,pre{font:14px/1.5 ui-monospace,monospace;background:#f3f4f6;border-radius:3px}
code{padding:.1em .3em}pre{padding:.6rem .8rem;white-space:pre-wrap}pre code{padding:0}
section{border-top:1px solid #d5d9de;margin:1.5rem 0}
h3 code{font-size:1.1rem}dt{margin-top:.4rem}dd{margin-left:1.5rem}
nav>ul{columns:17rem;padding:0;list-style:none}nav ul ul{padding:0 0 .6rem;list-style:none}
nav>ul>li{break-inside:avoid}
"""


def page(document: Schema) -> str:
    """The page as HTML."""
    return "".join(_page(document))


def _page(document: Schema) -> Iterator[str]:
    info = document["info"]
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{info["title"]}</title>'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<style>{_STYLE}</style><body>"
    yield f"<header><h1>{info['title']}</h1><p>{_prose(info['description'])}</p>"
    yield '<p>For programs: <a href="/openapi.yaml">openapi.yaml</a>. The examples read this'
    yield " service's address from <code>$REX</code> and a key from <code>$REX_API_KEY</code>.</p>"
    yield "</header>"
    tags = [(tag, _operations(document, tag["name"])) for tag in document["tags"]]
    yield '<nav aria-label="Contents"><ul>'
    for tag, operations in tags:
        yield f"<li><a href='#{_anchor(tag['name'])}'>{tag['name']}</a><ul>"
        for method, path, each in operations:
            link = f"<a href='#{each['operationId']}'><code>{method} {escape(path)}</code></a>"
            yield f"<li>{link}</li>"
        yield "</ul></li>"
    yield "<li><a href='#schemas'>Schemas</a></li></ul></nav><main>"
    for tag, operations in tags:
        yield f"<h2 id='{_anchor(tag['name'])}'>{tag['name']}</h2><p>{_prose(tag['description'])}"
        for method, path, each in operations:
            yield from _operation(method, path, each)
    yield '<h2 id="schemas">Schemas</h2>'
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield f"<section><h3 id='schema-{name}'><code>{name}</code></h3>"
        yield f"<p>{_prose(schema.get('description', ''))}</p>{_properties(schema)}</section>"
    yield "</main></body></html>"


def _operations(document: Schema, tag: str) -> list[tuple[str, str, Schema]]:
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["tags"] == [tag]
    ]


def _operation(method: str, path: str, operation: Schema) -> Iterator[str]:
    yield f"<section><h3 id='{operation['operationId']}'><code>{method} {escape(path)}</code></h3>"
    yield f"<p>{_prose(operation['summary'])}</p>"
    if operation["description"] != operation["summary"]:
        yield f"<p>{_prose(operation['description'])}</p>"
    yield _code(_curl(method, path, operation))
    parameters = operation.get("parameters", [])
    if parameters:
        yield "<h4>Parameters</h4>"
        yield _list((p["name"], p["schema"], p.get("description", "")) for p in parameters)
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<h4>Body, <code>{media}</code></h4><p>{_body(content['schema'])}</p>"
        yield _properties(content["schema"])
    yield "<h4>Answers</h4><dl>"
    for status, answer in operation["responses"].items():
        contents = answer.get("content", {}).values()
        kinds = ", ".join(sorted({_type(content["schema"]) for content in contents}))
        yield f"<dt>{status} {kinds}</dt><dd>{_prose(answer['description'])}"
        shown = [content["example"] for content in contents if "example" in content]
        yield "".join(map(_json, shown)) + "</dd>"
    yield "</dl></section>"


def _body(schema: Schema) -> str:
    text = _prose(schema.get("description", ""))
    return _type(schema) + (f". {text}" if text else "")


def _curl(method: str, path: str, operation: Schema) -> str:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", parameter["example"])
    lines = [f'curl -X {method} "$REX{path}"']
    if "security" not in operation:
        lines.append('-H "X-Api-Key: $REX_API_KEY"')
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body['example'])}'"]
    return " \\\n  ".join(lines)


def _properties(schema: Schema) -> str:
    required = schema.get("required", [])
    properties = schema.get("properties", {}).items()
    if not properties:
        return ""
    return _list(
        (name, inner, ("Required. " if name in required else "") + inner.get("description", ""))
        for name, inner in properties
    )


def _list(rows: Iterable[tuple[str, Schema, str]]) -> str:
    lines = (
        f"<dt><code>{escape(name)}</code></dt><dd>{_type(schema)}. {_prose(text)}</dd>"
        for name, schema, text in rows
    )
    return f"<dl>{''.join(lines)}</dl>"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"{escape(in_words(schema))}: {_type(schema['items'])}"
    null = " or null" if "null" in schema.get("type", "") else ""
    default = f" (default {schema['default']})" if "default" in schema else ""
    return escape(in_words(schema) if "type" in schema else "any JSON value") + null + default


def _json(value: Any) -> str:
    return _code(json.dumps(value, ensure_ascii=False, indent=1))


def _code(text: str) -> str:
    return f"<pre><code>{escape(text)}</code></pre>"


def _anchor(name: str) -> str:
    return "tag-" + name.lower().replace(" ", "-")


def _prose(text: str) -> str:
    """Text with `code` in it."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts)
    )
