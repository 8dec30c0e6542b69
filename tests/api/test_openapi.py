"""The OpenAPI document says what is served, no more and no less."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from app.api.bodies import read_body
from app.api.openapi import build_document, endpoints_of
from app.api.openapi_errors import ErrorEnvelope
from app.api.openapi_public import PUBLIC, CaptureAccepted
from app.api.operation import operation_of
from app.domain.errors import STATUS_BY_CODE
from app.domain.submission.controls import FILL_TIME, HONEYPOTS, IDEMPOTENCY_KEY, REDIRECT
from tests.asgi import Client


@pytest.fixture
def document(app: Starlette) -> dict[str, Any]:
    return build_document(app.routes)


def test_every_route_is_documented_and_every_documented_path_is_a_route(
    app: Starlette, document: dict[str, Any]
) -> None:
    served = {(path, method.lower()) for path, method, _ in endpoints_of(app.routes)}
    documented = {
        (path, method) for path, methods in document["paths"].items() for method in methods
    }
    assert documented == served
    assert {(path, method.lower()) for path, method in PUBLIC} <= served


def test_an_undescribed_route_is_refused(app: Starlette) -> None:
    async def nobody_described_me(request: Request) -> Response:
        return Response()

    app.add_route("/secret", nobody_described_me)
    with pytest.raises(LookupError, match="/secret"):
        build_document(app.routes)


def test_every_reference_leads_somewhere_and_every_schema_is_used(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    referenced = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    known = set(document["components"]["schemas"])
    assert referenced == known
    assert set(re.findall(r'"#/components/headers/([^"]+)"', text)) == set(
        document["components"]["headers"]
    )


def test_every_error_code_is_in_the_envelope(document: dict[str, Any]) -> None:
    detail = document["components"]["schemas"]["ErrorDetail"]
    assert detail["properties"]["code"]["enum"] == list(STATUS_BY_CODE)
    for methods in document["paths"].values():
        for operation in methods.values():
            if operation.get("security") != []:
                assert {"401", "403", "404", "429", "500", "503"} <= set(operation["responses"])


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [op["operationId"] for methods in document["paths"].values() for op in methods.values()]
    assert len(names) == len(set(names))


def nodes(node: object) -> Iterator[dict[str, Any]]:
    """Every object in the document."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict):
        yield node
    for each in inner:
        yield from nodes(each)


def test_generators_of_clients_find_nothing_that_they_do_not_understand(
    document: dict[str, Any],
) -> None:
    for node in nodes(document):
        assert node.get("items") is not False
        assert "prefixItems" not in node
        if isinstance(node.get("enum"), list):
            assert node.get("type") == "string"
    # A generator of types would demand what has a default from the caller.
    assert not any("default" in node for node in nodes(document["components"]["schemas"]))


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Lead", {IDEMPOTENCY_KEY}),
        ("LeadForm", {IDEMPOTENCY_KEY, REDIRECT, FILL_TIME, HONEYPOTS[0]}),
        ("LeadMultipart", {IDEMPOTENCY_KEY, REDIRECT, FILL_TIME, HONEYPOTS[0]}),
    ],
)
def test_the_control_fields_of_a_capture_are_named(
    document: dict[str, Any], name: str, fields: set[str]
) -> None:
    assert fields <= document["components"]["schemas"][name]["properties"].keys()


def test_every_tag_is_described_once_and_used(document: dict[str, Any]) -> None:
    used = {op["tags"][0] for methods in document["paths"].values() for op in methods.values()}
    assert sorted(tag["name"] for tag in document["tags"]) == sorted(used)
    assert all(tag["description"] for tag in document["tags"])


def test_an_answer_has_all_of_its_properties_and_a_list_item_those_asked_for(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    dry_run, timings = schemas["DryRun"], schemas["TimingsView"]
    assert set(dry_run["required"]) == set(dry_run["properties"])
    assert set(timings["required"]) == set(timings["properties"])
    assert "required" not in schemas["ContactViewItem"]


def test_every_example_of_a_body_is_taken_and_every_example_of_an_answer_is_one(
    app: Starlette, document: dict[str, Any]
) -> None:
    for path, method, endpoint in endpoints_of(app.routes):
        operation = operation_of(endpoint)
        if operation is None:
            continue
        told = document["paths"][path][method.lower()]
        if operation.body:
            content = told["requestBody"]["content"]["application/json"]
            read_body(msgspec.json.encode(content["example"]), operation.body)
        for status, kind in operation.answers.items():
            if kind is not None:
                content = told["responses"][str(status)]["content"]["application/json"]
                msgspec.convert(content["example"], kind)


def test_the_page_has_a_call_for_every_operation_and_every_link_leads_somewhere_open(
    ask: Client, document: dict[str, Any]
) -> None:
    page = ask("GET", "/docs", x_api_key=None).body.decode()
    operations = [op for methods in document["paths"].values() for op in methods.values()]
    assert page.count("curl -X ") == len(operations)
    ids = re.findall(r"id=['\"]([^'\"]+)['\"]", page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"href=['\"]#([^'\"]+)['\"]", page)) <= set(ids)
    assert "<details" not in page
    assert page.count("<main>") == page.count("</main>") == 1
    assert not re.search(r"<(h[1-6]|th|dt)[^>]*>\s*<", page.replace("<code>", ""))


def test_the_calls_of_the_page_do_what_they_say(ask: Client, document: dict[str, Any]) -> None:
    examples = [
        (method, path, told["requestBody"]["content"]["application/json"]["example"])
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if "requestBody" in told and "{id}" not in path
    ]
    for method, path, body in examples:
        reply = ask(method.upper(), path, body)
        assert reply.status in (200, 201, 202, 204), (path, reply.body)


def test_what_a_capture_is_answered_is_what_is_documented(ask: Client) -> None:
    reply = ask("POST", "/capture", {"email": "ada@example.com"}, x_api_key=None)
    assert reply.status == 202
    msgspec.json.decode(reply.body, type=CaptureAccepted)
    refused = ask("POST", "/capture", {"email": "nobody"}, x_api_key=None)
    assert msgspec.json.decode(refused.body, type=ErrorEnvelope).error.field == "email"


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/contacts", 405, "method_not_allowed"),
        ("POST", "/contacts", 400, "invalid_json"),
        ("GET", "/contacts?limit=0", 422, "validation_failed"),
        ("GET", "/contacts/cont_1", 404, "not_found"),
    ],
)
def test_every_error_has_the_documented_envelope(
    ask: Client, method: str, target: str, status: int, code: str
) -> None:
    reply = ask(method, target, b"{", x_request_id="mine")
    assert reply.status == status
    detail = msgspec.json.decode(reply.body, type=ErrorEnvelope).error
    assert (detail.code, detail.request_id) == (code, "mine")
    assert reply.headers["x-request-id"] == "mine"


def test_a_wrong_method_is_told_the_right_ones(ask: Client) -> None:
    reply = ask("PUT", "/contacts")
    assert reply.headers["allow"] == "GET, HEAD, POST"


def test_a_large_body_is_refused_in_the_envelope(ask: Client) -> None:
    for headers in ({}, {"content_length": "70000"}):
        reply = ask("POST", "/contacts", b" " * 70_000, **headers)
        assert (reply.status, reply.json["error"]["code"]) == (413, "payload_too_large")


def test_the_document_and_its_page_are_served_without_a_key(
    ask: Client, document: dict[str, Any]
) -> None:
    reply = ask("GET", "/openapi.yaml", x_api_key=None)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/yaml")
    assert document["openapi"] == "3.1.0"
    # Every JSON text is YAML, and parsers of either read the same.
    assert json.loads(reply.body) == yaml.safe_load(reply.body) == json.loads(json.dumps(document))
    page = ask("GET", "/docs", x_api_key=None)
    assert page.status == 200
    assert b"/webhooks/{id}/rotate-secret" in page.body
    assert not re.search(rb'(?:src|href)="?https?:', page.body)
