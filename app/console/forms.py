"""Posted forms: their fields, and whether one of our pages sent them."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.requests import Request

from app.domain.errors import Forbidden, Invalid
from app.http.body import read_body

#: The field that carries the token of the session's forms.
TOKEN_FIELD = "form_token"
_FIELDS_MAX = 200
#: What a browser says of a request that a page of this very origin made, or a person by hand.
_OWN_SITES = ("same-origin", "none")


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a form, the last value of each name; empty for a request without a body."""
    if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
        return {}
    body = await read_body(request.receive, request.headers.get("content-length", ""))
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise Invalid({"form": "could not be read"}) from None
    return {name: value.replace("\0", "") for name, value in pairs}


def clean_query(query: QueryParams) -> QueryParams:
    """The parameters of a URL without NUL characters, which PostgreSQL does not take."""
    return QueryParams([(name, value.replace("\0", "")) for name, value in query.multi_items()])


def check_origin(request: Request) -> None:
    """Raise `Forbidden` for a form that another site sends."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in _OWN_SITES:
        raise Forbidden("This form was sent by another site")


def check_token(form: Mapping[str, str], token: str) -> None:
    """Raise `Forbidden` for a form that does not belong to this session."""
    sent = form.get(TOKEN_FIELD, "")
    if not token or not hmac.compare_digest(sent.encode(), token.encode()):
        raise Forbidden("This page has expired: reload it and try again")
