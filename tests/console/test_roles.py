"""Every route of the console says who may use it, and keeps to that."""

from __future__ import annotations

import re

import pytest
from starlette.routing import BaseRoute

from app.console.routes import ROUTES
from app.console.serve import ConsoleRoute
from app.domain.ids import new_id
from app.domain.org.org import Org
from app.domain.org.user import Role, may
from tests.asgi import Client, Reply
from tests.console.conftest import Admit
from tests.visitor import Visitor

#: What strangers may ask for.
PUBLIC = {
    ("GET", "/"),
    ("GET", "/console"),
    ("GET", "/console/static/{path:path}"),
    ("GET", "/console/sign-in"),
    ("POST", "/console/sign-in"),
    ("GET", "/console/sign-in/{token}"),
    ("POST", "/console/sign-in/{token}"),
}


def named(route: BaseRoute) -> tuple[str, str, Role | None]:
    assert isinstance(route, ConsoleRoute)
    method = "POST" if "POST" in (route.methods or ()) else "GET"
    return method, route.path, route.role


TABLE = [named(route) for route in ROUTES]


def path_of(template: str) -> str:
    """A path that the route takes; nothing has that id."""
    return re.sub(r"\{[^}]*\}", new_id("nil"), template)


def ask(visitor: Visitor, method: str, path: str) -> Reply:
    return visitor.post(path) if method == "POST" else visitor.get(path)


def test_only_these_routes_are_for_strangers() -> None:
    assert {(method, path) for method, path, role in TABLE if role is None} == PUBLIC


def test_actions_are_posted_and_pages_change_nothing() -> None:
    verbs = (
        "end",
        "sign-out",
        "link",
        "role",
        "disable",
        "enable",
        "delete",
        "retry",
        "release",
        "erase",
    )
    assert not [path for method, path, _ in TABLE if method == "GET" and path.endswith(verbs)]


@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_keeps_to_its_role(
    client: Client, admit: Admit, org: Org, role: Role | None
) -> None:
    visitor = admit(role) if role else Visitor(client)
    for method, path, needed in TABLE:
        if needed is None or path.endswith("sign-out"):
            continue
        if path.startswith("/console/changes") and role is not None:
            continue  # a stream, which does not end
        reply = ask(visitor, method, path_of(path))
        where = (method, path, reply.status)
        if path.startswith("/console/changes"):
            assert reply.status == 401, where
        elif role is None:
            assert reply.status == 303, where
            assert reply.headers["location"].startswith("/console/sign-in"), where
        elif may(role, needed):
            assert reply.status not in (401, 403, 500), where
        else:
            assert reply.status == 403, where
        assert reply.headers["cache-control"] == "private, no-store", where
        assert "default-src 'none'" in reply.headers["content-security-policy"], where
        assert "unsafe" not in reply.headers["content-security-policy"], where
        assert reply.headers["x-content-type-options"] == "nosniff", where


@pytest.mark.parametrize("damage", ["no token", "another's token", "another site"])
def test_no_form_is_taken_from_elsewhere(client: Client, admit: Admit, damage: str) -> None:
    visitor = admit(Role.ADMIN)
    tokens = {"no token": "", "another's token": admit(Role.ADMIN, "other@example.com").token}
    site = "cross-site" if damage == "another site" else "same-origin"
    for method, path, needed in TABLE:
        if method == "POST" and needed is not None:
            visitor.token = tokens.get(damage, visitor.token)
            assert visitor.post(path_of(path), sec_fetch_site=site).status == 403, path
    assert visitor.get("/console/").status == 200
