"""The operator has the product's own settings and may do everything in every org.

Commands ask the same functions that answer the HTTP API, in this process: the same checks, the same
errors, the same shapes, and no web process needs to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from app.api import in_process
from app.api.call import Endpoint
from app.api.queries import LIMIT_MAX
from app.domain.errors import NotFound
from app.domain.org.org import Org
from app.http.operations import Caller
from app.http.services import Services, make_services
from app.storage.database import transaction
from app.storage.org import audit, orgs
from config.settings import Settings


class Operator:
    """Asks the API's endpoints in the name of one org."""

    def __init__(self, settings: Settings, org_slug: str | None) -> None:
        self.settings = settings
        #: The org that was asked for; None: none in particular.
        self.wanted_org = org_slug

    @cached_property
    def services(self) -> Services:
        """The handles of the product. Raises `BadSetting` for an invalid URL."""
        return make_services(self.settings)

    @cached_property
    def org(self) -> Org:
        """The org that was asked for, or the default one. Raises `NotFound`."""
        slug = self.wanted_org or self.settings.default_org
        with transaction(self.services.database) as cursor:
            found = orgs.find_by_slug(cursor, slug)
        if found is None:
            raise NotFound(f"There is no org {slug!r}; see ./scripts/manage orgs list")
        return found

    def ask(
        self,
        endpoint: Endpoint,
        id: str = "",
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Any:
        """What an endpoint answers, as plain values; entities without their `data`.

        None in a body stands for an absent field. Raises what the endpoint raises.
        """
        given = {name: value for name, value in (body or {}).items() if value is not None}
        caller = Caller(self.org, audit.MANAGE)
        content = in_process.ask(self.services, endpoint, caller, id, query, given)
        is_one = isinstance(content, dict) and content.keys() == {"data"}
        return content["data"] if is_one else content

    def list(
        self, endpoint: Endpoint, limit: int, id: str = "", **query: str | None
    ) -> tuple[list[dict[str, Any]], bool]:
        """Up to `limit` items of a list, over as many pages as that takes, and if there is more."""
        given = {name: value for name, value in query.items() if value is not None}
        items: list[dict[str, Any]] = []
        has_more = True
        while has_more and len(items) < limit:
            given["limit"] = str(min(limit - len(items), LIMIT_MAX))
            page = self.ask(endpoint, id, given)
            items += page["data"]
            has_more, given["cursor"] = page["has_more"], page["next_cursor"] or ""
        return items, has_more

    def close(self) -> None:
        """Hang up, if anybody was called."""
        services = self.__dict__.get("services")
        if services is not None:
            services.database.close_all()
