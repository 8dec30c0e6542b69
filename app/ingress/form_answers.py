"""What the visitor of a plain HTML form sees: the next page, thanks, or what to correct."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from app.domain.controls import HONEYPOTS
from app.domain.errors import (
    STATUS_BY_CODE,
    Invalid,
    PayloadTooLarge,
    RateLimitExceeded,
    RexError,
    Unavailable,
)
from app.domain.labels import field_of_label
from app.domain.org import Org
from app.domain.redirect import allowed_redirect
from app.http.answers import connection_request_id, error_headers
from app.ingress.answers import Reply, error_reply, html_reply, redirect_reply
from app.ingress.head import Head
from app.ingress.pages import correction_page, thanks_page, trouble_page

#: Where the page that says thanks is.
THANKS_PATH = "/thanks"


def accepted(org: Org, wanted: str | None) -> Reply:
    """On to where the form wants its visitor, if the org lists it, or to the page of thanks."""
    return redirect_reply(allowed_redirect(wanted, org.settings.redirect_targets) or THANKS_PATH)


async def thanks(request: Request) -> Response:
    """The page that says thanks, with a URL of its own: loading it again sends no form again."""
    reply = html_reply(200, thanks_page())
    headers = {name.decode(): value.decode() for name, value in reply.headers}
    return Response(reply.body, headers=headers | {"x-request-id": connection_request_id(request)})


def refusal(
    head: Head,
    error: RexError,
    request_id: str,
    typed: Mapping[str, str | list[str]] | None = None,
) -> Reply:
    """Why not: a page for the visitor of a form, the documented envelope for anyone else."""
    return refused(error, typed or {}) if head.wants_page else error_reply(error, request_id)


def refused(error: RexError, typed: Mapping[str, str | list[str]]) -> Reply:
    """The form once more, with what was typed, or a page that says what went wrong."""
    if isinstance(error, Invalid):
        page = correction_page(_problems_as_typed(error.fields, typed), _texts(typed))
    else:
        page = trouble_page(_for_visitor(error))
    reply = html_reply(STATUS_BY_CODE[error.code], page)
    reply.headers.extend((k.lower().encode(), v.encode()) for k, v in error_headers(error).items())
    return reply


def _for_visitor(error: RexError) -> str:
    """The error in words for somebody who filled in a form."""
    match error:
        case RateLimitExceeded(retry_after_seconds=seconds):
            return f"Too many forms were sent in a short time. Please wait {seconds} seconds."
        case Unavailable():
            return "We cannot take your details right now. Please wait a few seconds."
        case PayloadTooLarge():
            return "What you sent is too large: please shorten it, or leave files out."
        case _:
            return error.message


def _problems_as_typed(
    problems: Mapping[str, str], typed: Mapping[str, str | list[str]]
) -> dict[str, str]:
    """The problems under the names that the form has for its fields: `Your e-mail` for `email`."""
    return {_typed_name(field, typed): problem for field, problem in problems.items()}


def _typed_name(field: str, typed: Iterable[str]) -> str:
    names = list(typed)
    if field in names:
        return field
    return next((name for name in names if field_of_label(name) == field), field)


def _texts(typed: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
    """Every text that was typed, with the name of its field; a honeypot's is forgiven."""
    return [
        (name, text)
        for name, value in typed.items()
        if name not in HONEYPOTS
        for text in ([value] if isinstance(value, str) else value)
    ]
