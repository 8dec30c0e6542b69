"""The pages for visitors that have a URL of their own, and their stylesheet."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from app.domain.org.org import Org
from app.http.answers import connection_request_id
from app.http.authenticator import RequestAuthenticator
from app.ingress.answers import html_reply
from app.ingress.form_answers import HINT
from app.ingress.pages import stylesheet, thanks_page

#: A stylesheet's address changes with it.
_STYLE_CACHE_SECONDS = 86_400


class PageEndpoints:
    """The pages of whichever org the host name stands for."""

    def __init__(self, authenticator: RequestAuthenticator) -> None:
        self._authenticator = authenticator

    async def thanks(self, request: Request) -> Response:
        """The page that says thanks: loading it again sends no form again."""
        org = await self._org(request)
        page = thanks_page(
            org.settings,
            request.headers.get("accept-language"),
            _page_before(request),
            request.query_params.get(HINT),
        )
        reply = html_reply(200, page)
        headers = {name.decode(): value.decode("latin-1") for name, value in reply.headers}
        headers["x-request-id"] = connection_request_id(request)
        return Response(reply.body, headers=headers)

    async def style(self, request: Request) -> Response:
        """The stylesheet, with the org's colour."""
        org = await self._org(request)
        headers = {
            "cache-control": f"public, max-age={_STYLE_CACHE_SECONDS}",
            "x-content-type-options": "nosniff",
            "x-request-id": connection_request_id(request),
        }
        return Response(stylesheet(org.settings.page), media_type="text/css", headers=headers)

    async def _org(self, request: Request) -> Org:
        return await self._authenticator.org_of(request.headers.get("host", ""))


def _page_before(request: Request) -> str | None:
    """The page of the form, as far as the browser tells; not one of ours, which leads nowhere."""
    referrer = request.headers.get("referer", "")
    try:
        parts = urlsplit(referrer)
        host = parts.hostname
    except ValueError:
        return None
    is_page = parts.scheme in ("http", "https") and host and "@" not in parts.netloc
    is_ours = parts.netloc.lower() == request.headers.get("host", "").lower()
    return referrer[:2000] if is_page and not is_ours else None
