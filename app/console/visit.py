"""What an endpoint of the console takes and returns: a `Visit`; a page, redirect or download.

An endpoint is a plain function. It runs in a thread, may block on PostgreSQL, and raises errors of
the tree; what all of them share happens in serve.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from app.console.operations import Operations
from app.domain.errors import NotFound
from app.domain.ids import is_id
from app.domain.org.org import Org
from app.domain.org.user import User
from app.http.operations import Caller
from app.http.services import Services
from app.storage.database import Cursor
from app.storage.org import audit
from config.urls import public_url


@dataclass(frozen=True)
class Visit:
    """A request from a signed-in user with the required role."""

    org: Org
    user: User
    session_id: str
    path: Mapping[str, str]
    query: QueryParams
    #: What a form sent, the last value of each name.
    form: Mapping[str, str]
    services: Services
    operations: Operations
    host: str
    #: Scheme and host, as the browser has them.
    origin: str

    @property
    def public_origin(self) -> str:
        """Where visitors and programs reach the org, for what is shown to be copied."""
        settings = self.services.settings
        return public_url(settings, self.org.slug) if settings.console_port else self.origin

    @property
    def caller(self) -> Caller:
        """The caller for operations."""
        return Caller(self.org, self.user.id, self.host)

    @property
    def runs_the_system(self) -> bool:
        """Whether the org is the default one, whose users see what concerns all orgs."""
        return self.org.slug == self.services.settings.default_org

    def note(
        self, cursor: Cursor, action: str, subject_id: str | None = None, **details: object
    ) -> None:
        """Write a change to the audit log."""
        whose, who = self.org.id, self.user.id
        audit.note(cursor, action, actor=who, org_id=whose, subject_id=subject_id, **details)

    def id_in_path(self, prefix: str, noun: str) -> str:
        """The id in the path. Raises `NotFound` when it is not one of that prefix."""
        wanted = self.path["id"]
        if not is_id(wanted, prefix):
            raise NotFound(f"{noun} not found")
        return wanted


class Page(NamedTuple):
    """A template and its values. `fragment`: the template of the part that htmx asks for."""

    template: str
    values: Mapping[str, Any]
    status: int = 200
    fragment: str | None = None


class Redirect(NamedTuple):
    """Where to go after a form; the next page shows `notice` once."""

    path: str
    notice: str = ""


@dataclass(frozen=True)
class Download:
    """A file that is generated while it is sent."""

    name: str
    media_type: str
    chunks: Iterable[bytes] = field(repr=False)


Endpoint = Callable[[Visit], Page | Redirect | Download]
