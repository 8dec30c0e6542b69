"""What every page shares: authentication, authorisation, the form token and the response."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.console import cookies
from app.console.answers import answer, error_page, finish, is_secure, to_sign_in
from app.console.forms import check_origin, check_token, clean_query, read_form
from app.console.headers import PRIVATE_HEADERS
from app.console.live import LiveChanges
from app.console.visit import Endpoint, Visit
from app.domain.errors import Forbidden, RexError, Unavailable
from app.domain.org.org import Org
from app.domain.org.user import Role, hash_token, may, new_token
from app.http.answers import connection_request_id
from app.http.graceful_stop import stop_event
from app.http.services import Services
from app.storage.database import Database, retrying, transaction
from app.storage.org import sessions
from app.storage.org.sessions import Session

log = logging.getLogger(__name__)

Serve = Callable[[Request], Awaitable[Response]]


class ConsoleRoute(Route):
    """A route with the role that it needs; None: open to everybody."""

    def __init__(self, path: str, serve: Serve, role: Role | None, methods: list[str]) -> None:
        super().__init__(path, serve, methods=methods, include_in_schema=False)
        self.role = role


def page(path: str, endpoint: Endpoint, role: Role = Role.VIEWER) -> ConsoleRoute:
    """A page for users with this role."""
    return ConsoleRoute(path, partial(serve, endpoint, role), role, ["GET"])


def action(path: str, endpoint: Endpoint, role: Role = Role.OPERATOR) -> ConsoleRoute:
    """The action of a form for users with this role."""
    return ConsoleRoute(path, partial(serve, endpoint, role), role, ["POST"])


def changes(path: str, topic_of: Callable[[Visit], str]) -> ConsoleRoute:
    """A stream that says when a page should refresh its live part."""
    return ConsoleRoute(path, partial(serve_changes, topic_of), Role.VIEWER, ["GET"])


async def org_of(request: Request) -> Org:
    """The org whose console is at this host. Raises `NotFound`."""
    services: Services = request.app.state.services
    return await services.authenticator.org_of(request.headers.get("host", ""))


async def serve(endpoint: Endpoint, role: Role, request: Request) -> Response:
    """The endpoint's response for a user with this role, or a redirect to the sign-in."""
    try:
        visit = await _admit(request, role)
        result = await run_in_threadpool(retrying, partial(endpoint, visit))
        return answer(request, result)
    except NotSignedIn:
        return to_sign_in(request)
    except RexError as error:
        return error_page(request, error)
    except Exception:
        log.exception("console.failed", extra={"request_id": connection_request_id(request)})
        return error_page(request, RexError())


async def serve_changes(topic_of: Callable[[Visit], str], request: Request) -> Response:
    """A stream of server-sent events, one for each change of a topic."""
    live: LiveChanges = request.app.state.live
    try:
        visit = await _admit(request, Role.VIEWER)
        if not live.has_room_for(visit.user.id):
            raise Unavailable("Too many pages are live at this moment")
        topic = topic_of(visit)
    except NotSignedIn:
        return Response(status_code=401, headers=PRIVATE_HEADERS)
    except RexError as error:
        return error_page(request, error)
    lines = live.stream(topic, visit.user.id, stop_event(request.scope))
    headers = {"X-Accel-Buffering": "no"}  # nginx would hold the lines back
    stream = StreamingResponse(lines, media_type="text/event-stream", headers=headers)
    return finish(request, stream)


class NotSignedIn(Exception):
    """The request has no valid session."""


async def _admit(request: Request, role: Role) -> Visit:
    """The visit of a user who may make it.

    Raises `NotSignedIn`, or `Forbidden` for another role or a form that no page of theirs sent.
    """
    services: Services = request.app.state.services
    secure, host = is_secure(request), request.headers.get("host", "")
    org = await org_of(request)
    token = cookies.read_cookie(request, cookies.SESSION, secure=secure)
    look = partial(_find_session, services.database, org, token)
    session, fresh = await run_in_threadpool(retrying, look) if token else (None, None)
    if session is None:
        raise NotSignedIn
    request.state.session, request.state.fresh_token = session, fresh
    form = await read_form(request)
    if request.method == "POST":
        check_origin(request)
        check_token(form, session.form_token)
    if not may(session.user.role, role):
        raise Forbidden(f"This needs the role {role}; yours is {session.user.role}")
    return Visit(
        org=org,
        user=session.user,
        session_id=session.id,
        path=request.path_params,
        query=clean_query(request.query_params),
        form=form,
        services=services,
        operations=request.app.state.operations,
        host=host,
        origin=f"{'https' if secure else 'http'}://{host}",
    )


def _find_session(database: Database, org: Org, token: str) -> tuple[Session | None, str | None]:
    """The session of a cookie, and the token that replaces it if it is time."""
    with transaction(database) as cursor:
        session = sessions.find(cursor, org.id, hash_token(token))
        if session is None:
            return None, None
        if session.is_due_for_touch:
            sessions.touch(cursor, session.id)
        new = new_token()
        if session.is_due_for_rotation and sessions.rotate(cursor, session.id, new.hash):
            return session, new.text
        return session, None
