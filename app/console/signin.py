"""Signing in: by a link that works once, or by address and password.

OpenID Connect could be added beside these two: every way to sign in ends in `_begin`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.console import cookies
from app.console.answers import SIGN_IN_PATH, answer, error_page, is_secure
from app.console.forms import TOKEN_FIELD, check_origin, check_token, read_form
from app.console.serve import org_of
from app.console.sign_in_tries import take_tries
from app.console.visit import Page, Redirect
from app.domain.errors import NotFound, RexError
from app.domain.org.org import Org
from app.domain.org.user import PASSWORD_CHARS_MAX, User, hash_token, new_token, sign_in_address
from app.http.passwords import is_password
from app.http.services import Services
from app.storage.database import Cursor, Database, retrying, transaction
from app.storage.org import audit, sessions, users

Respond = Callable[[Request, Org], Awaitable[Response]]

HOME_PATH = "/console/"
_WRONG = "Address or password are wrong."
_USED = "This link was used already, or is older than an hour. Ask for another one."


async def form(request: Request) -> Response:
    """The form for address and password."""
    return await _guarded(request, _show_form)


async def password(request: Request) -> Response:
    """Sign in by address and password."""
    return await _guarded(request, _by_password)


async def link(request: Request) -> Response:
    """The page behind a link: a button, so programs that scan links cannot use it up."""
    return await _guarded(request, _show_link)


async def use_link(request: Request) -> Response:
    """Sign in by a link."""
    return await _guarded(request, _by_link)


async def _guarded(request: Request, respond: Respond) -> Response:
    try:
        return await respond(request, await org_of(request))
    except RexError as error:
        return error_page(request, error)


async def _show_form(request: Request, org: Org) -> Response:
    return _form_page(request, org, {"next": request.query_params.get("next", "")})


async def _show_link(request: Request, org: Org) -> Response:
    services: Services = request.app.state.services
    user = await run_in_threadpool(_user_of_link, services.database, org, _token_in(request))
    if user is None:
        raise NotFound(_USED)
    return _form_page(request, org, {"email": user.email}, "signin/link.html")


async def _by_link(request: Request, org: Org) -> Response:
    services: Services = request.app.state.services
    await _checked_form(request)
    await take_tries(request, org, None)
    begin = partial(_begin_by_link, request, services.database, org, _token_in(request))
    token = await run_in_threadpool(retrying, begin)
    if token is None:
        _count_failure(services, org, "sign_in_link")
        raise NotFound(_USED)
    return _signed_in(request, token, HOME_PATH)


async def _by_password(request: Request, org: Org) -> Response:
    services: Services = request.app.state.services
    sent = await _checked_form(request)
    address = sign_in_address(sent.get("email", "")) or ""
    await take_tries(request, org, address)
    typed = sent.get("password", "")[: PASSWORD_CHARS_MAX + 1]
    begin = partial(_begin_by_password, request, services.database, org, address, typed)
    token = await run_in_threadpool(retrying, begin)
    wanted = sent.get("next", "")
    if token is None:
        _count_failure(services, org, "sign_in_password")
        values = {"email": sent.get("email", "")[:254], "next": wanted, "problem": _WRONG}
        return _form_page(request, org, values, status=401)
    return _signed_in(request, token, wanted if is_own_path(wanted) else HOME_PATH)


def is_own_path(path: str) -> bool:
    """Whether a path is one of the console's, not another site in disguise."""
    return path.startswith(HOME_PATH) and "\\" not in path and path.isprintable()


async def _checked_form(request: Request) -> dict[str, str]:
    sent = await read_form(request)
    check_origin(request)
    token = cookies.read_cookie(request, cookies.FORM, secure=is_secure(request))
    check_token(sent, token)
    return dict(sent)


def _user_of_link(database: Database, org: Org, token: str) -> User | None:
    with transaction(database) as cursor:
        return users.user_of_link(cursor, org.id, hash_token(token))


def _begin_by_link(request: Request, database: Database, org: Org, token: str) -> str | None:
    with transaction(database) as cursor:
        user = users.use_link(cursor, org.id, hash_token(token))
        return _begin(request, cursor, user, "link") if user else None


def _begin_by_password(
    request: Request, database: Database, org: Org, address: str, typed: str
) -> str | None:
    with transaction(database) as cursor:
        found = users.credentials(cursor, org.id, address)
    if not is_password(typed, found.password_hash if found else None) or found is None:
        return None
    with transaction(database) as cursor:
        return _begin(request, cursor, found.user, "password")


def _begin(request: Request, cursor: Cursor, user: User, way: str) -> str:
    """Start a session; the token of its cookie. Every sign-in has a token of its own."""
    token, agent = new_token(), request.headers.get("user-agent", "")[:300]
    session_id = sessions.insert(cursor, user.id, token.hash, new_token().text, agent)
    users.note_sign_in(cursor, user.id)
    whose, who = user.org_id, user.id
    audit.note(cursor, "session.started", actor=who, org_id=whose, subject_id=session_id, way=way)
    return token.text


def _count_failure(services: Services, org: Org, code: str) -> None:
    """Count it for the audit log, which gets one row a minute: strangers control the number."""
    services.authenticator.failures[org.id, code] += 1


def _signed_in(request: Request, token: str, path: str) -> Response:
    response = answer(request, Redirect(path))
    secure = is_secure(request)
    cookies.set_cookie(response, cookies.SESSION, token, secure=secure)
    cookies.set_cookie(response, cookies.FORM, "", secure=secure)
    return response


def _form_page(
    request: Request,
    org: Org,
    values: dict[str, str],
    template: str = "signin/form.html",
    status: int = 200,
) -> Response:
    """A form before sign-in; its token is also in a cookie, which other sites cannot read."""
    secure = is_secure(request)
    token = cookies.read_cookie(request, cookies.FORM, secure=secure) or new_token().text
    shown = {"org": org.slug, "action": request.url.path, "email": "", "problem": "", "next": ""}
    page = Page(template, {**shown, **values, TOKEN_FIELD: token}, status)
    response = answer(request, page)
    cookies.set_cookie(response, cookies.FORM, token, secure=secure, seconds=3600)
    return response


def _token_in(request: Request) -> str:
    return str(request.path_params["token"])[:200]


SIGN_IN_PATHS = (SIGN_IN_PATH, SIGN_IN_PATH + "/{token}")
