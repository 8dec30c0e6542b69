"""Responses to browsers: pages, parts of pages for htmx, redirects, files and error pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from app.console import cookies, menu
from app.console.headers import PRIVATE_HEADERS
from app.console.rendering import link, render
from app.console.visit import Download, Page, Redirect
from app.domain.errors import STATUS_BY_CODE, RexError
from app.domain.org.user import Role, may
from app.http.answers import connection_request_id, error_headers
from app.http.services import Services
from app.storage.org.sessions import Session

SIGN_IN_PATH = "/console/sign-in"


def is_secure(request: Request) -> bool:
    """Whether the browser's connection uses TLS."""
    peer = request.client.host if request.client else None
    proto = request.headers.get("x-forwarded-proto")
    services: Services = request.app.state.services
    return services.authenticator.is_https(peer, request.url.scheme, proto)


def to_sign_in(request: Request) -> Response:
    """Redirect to the sign-in, which leads back here."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    path = link(SIGN_IN_PATH, {"next": wanted if request.method == "GET" else None})
    if is_partial(request):  # htmx follows redirects of its own requests without a trace
        return finish(request, Response(headers={"HX-Redirect": path}))
    return finish(request, RedirectResponse(path, 303))


def answer(request: Request, result: Page | Redirect | Download) -> Response:
    """The response for what an endpoint returned."""
    if isinstance(result, Redirect):
        response: Response = RedirectResponse(result.path, 303)
        if result.notice:
            cookies.set_notice(response, result.notice, secure=is_secure(request))
        return finish(request, response)
    if isinstance(result, Download):
        headers = {"Content-Disposition": f'attachment; filename="{result.name}"'}
        stream = StreamingResponse(result.chunks, media_type=result.media_type, headers=headers)
        return finish(request, stream)
    return _html(request, result)


def error_page(request: Request, error: RexError) -> Response:
    """The page for an error."""
    status = STATUS_BY_CODE[error.code]
    values = {"title": _TITLES.get(status, "That did not work"), "message": error.message}
    values["request_id"] = connection_request_id(request)
    response = _html(request, Page("error.html", values, status))
    response.headers.update(error_headers(error))
    return response


_TITLES = {
    403: "You may not do that",
    404: "Not found",
    409: "That is not possible now",
    429: "Too many tries",
    503: "Not available at the moment",
}


def is_partial(request: Request) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("hx-request") == "true" and "hx-boosted" not in request.headers


def _html(request: Request, page: Page) -> Response:
    fragment = page.fragment if is_partial(request) else None
    html = render(fragment or page.template, {**_shared(request), **page.values})
    response = Response(html, page.status, media_type="text/html")
    # A page for htmx must not be shown in place of the whole one.
    response.headers["Vary"] = "HX-Request"
    if not fragment and cookies.read_cookie(request, cookies.NOTICE, secure=is_secure(request)):
        cookies.set_cookie(response, cookies.NOTICE, "", secure=is_secure(request))
    return finish(request, response)


def _shared(request: Request) -> Mapping[str, Any]:
    """The values that every template may use."""
    session: Session | None = getattr(request.state, "session", None)
    user = session.user if session else None
    return {
        "user": user,
        "can": lambda role: user is not None and may(user.role, Role(role)),
        "menu": menu.entries_for(user.role) if user else [],
        "form_token": session.form_token if session else "",
        "path": request.url.path,
        "query": dict(request.query_params),
        "notice": cookies.read_notice(request, secure=is_secure(request)),
    }


def finish(request: Request, response: Response) -> Response:
    """Any answer with what all have, among it the session's new token if it got one.

    The old token ends soon, so the new one has to come with errors and streams, too.
    """
    if fresh := getattr(request.state, "fresh_token", ""):
        cookies.set_cookie(response, cookies.SESSION, fresh, secure=is_secure(request))
    response.headers.update(PRIVATE_HEADERS)
    response.headers["X-Request-Id"] = connection_request_id(request)
    return response
