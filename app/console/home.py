"""Home: how the org's leads are doing today."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.console.headers import PRIVATE_HEADERS
from app.console.visit import Page, Visit
from app.domain.errors import NotFound


def show(visit: Visit) -> Page:
    """The first page."""
    return Page("home/show.html", {"org": visit.org.slug})


async def root(request: Request) -> Response:
    """`/`: a browser is led to the console; programs are told that nothing is here."""
    if "text/html" not in request.headers.get("accept", ""):
        raise NotFound
    return RedirectResponse("/console/", 303, headers=PRIVATE_HEADERS)
