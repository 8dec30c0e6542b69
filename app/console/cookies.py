"""The console's cookies: the session, the form token before sign-in, and a one-time notice.

Scripts cannot read them, and browsers don't send them with requests from other sites. With TLS
their names begin with `__Host-`, so other hosts of the domain cannot set them.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from app.domain.org.user import SESSION_SECONDS

SESSION, FORM, NOTICE = "rex_session", "rex_form", "rex_notice"
_NOTICE_SECONDS = 60
_NOTICE_CHARS_MAX = 300


def read_cookie(request: Request, name: str, *, secure: bool) -> str:
    """A cookie's value; "" when it was not sent."""
    return request.cookies.get(_name(name, secure=secure), "")[:1024]


def set_cookie(
    response: Response, name: str, value: str, *, secure: bool, seconds: int = SESSION_SECONDS
) -> None:
    """Set a cookie; an empty value removes it."""
    response.set_cookie(
        _name(name, secure=secure),
        value,
        max_age=seconds if value else 0,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def set_notice(response: Response, text: str, *, secure: bool) -> None:
    """Show this text on the next page, once."""
    value = quote(text[:_NOTICE_CHARS_MAX])
    set_cookie(response, NOTICE, value, secure=secure, seconds=_NOTICE_SECONDS)


def read_notice(request: Request, *, secure: bool) -> str:
    """The text to show."""
    return unquote(read_cookie(request, NOTICE, secure=secure))


def _name(name: str, *, secure: bool) -> str:
    return f"__Host-{name}" if secure else name
