"""The org's own settings: which pages may capture, and how."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.api.bodies import read_body
from app.api.call import Answer, Call
from app.api.operation import One, Operation, describe
from app.api.page_bodies import PageEdit, page_changes
from app.domain.errors import Invalid
from app.domain.org.org import Org, OrgSettings
from app.domain.org.page_settings import PageSettings
from app.domain.spam.captcha import Captcha, CaptchaProvider
from app.domain.spam.mode import SpamMode
from app.domain.times import rfc3339
from app.domain.webhook.target import DEFAULT_PORTS, InvalidTarget, check_url, parse_target
from app.queue.figures import RefusedOrigins
from app.storage.database import transaction
from app.storage.org import orgs

_TAG = "Org"
#: Settings that are not stored as they are sent.
_APART = ("captcha", "page")
_ORIGIN = re.compile(r"https?://[^/?#]+/?", re.IGNORECASE)

Rate = Annotated[
    int, Meta(ge=0, le=1_000_000, description="Captures a minute; 0: no limit; null: the default")
]
Origin = Annotated[
    str,
    Meta(
        max_length=300,
        description="`https://example.com`, no path",
        extra_json_schema={"pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]+/?$"},
    ),
]
RedirectTarget = Annotated[
    str,
    Meta(
        max_length=2048,
        description="A URL; one that ends in `/` allows all below it",
        extra_json_schema={"pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"},
    ),
]


class CaptchaEdit(msgspec.Struct, forbid_unknown_fields=True):
    """A captcha's provider, and the secret that it gave for verifying tokens."""

    provider: CaptchaProvider
    secret: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            pattern="^[!-~]+$",
            description="Stored encrypted, never shown",
        ),
    ]


class OrgEdit(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What `PATCH /org` takes; absent fields stay unchanged."""

    allowed_origins: (
        Annotated[list[Origin], Meta(max_length=100, description="Empty: any page may capture")]
        | UnsetType
    ) = UNSET
    redirect_targets: Annotated[list[RedirectTarget], Meta(max_length=100)] | UnsetType = UNSET
    min_fill_ms: (
        Annotated[
            int,
            Meta(ge=0, le=60_000, description="A form filled in faster is quarantined; 0: none is"),
        ]
        | UnsetType
    ) = UNSET
    spam_mode: (
        Annotated[
            SpamMode,
            Meta(
                description="`monitor` scores only, `quarantine` holds spam back, `require-pow`"
                " also what comes without a proof of work"
            ),
        ]
        | UnsetType
    ) = UNSET
    captcha: (
        Annotated[
            CaptchaEdit | None,
            Meta(
                description="The captcha in the org's forms; null: none, and its secret is deleted"
            ),
        ]
        | UnsetType
    ) = UNSET
    page: (
        Annotated[PageEdit, Meta(description="How the pages for visitors of forms look")]
        | UnsetType
    ) = UNSET
    capture_rate_per_address: Rate | UnsetType | None = UNSET
    capture_rate_per_email: Rate | UnsetType | None = UNSET


class OrgView(msgspec.Struct, kw_only=True):
    """The org and its settings."""

    id: str
    slug: str
    created_at: str
    allowed_origins: tuple[str, ...]
    redirect_targets: tuple[str, ...]
    min_fill_ms: int
    spam_mode: SpamMode
    #: Without its secret.
    captcha: Captcha | None
    page: PageSettings
    capture_rate_per_address: int | None
    capture_rate_per_email: int | None
    #: Captures refused in the last seven days, by the origin of their page.
    refused_origins: dict[str, int]
    #: Forms whose visitors were not sent on to `_redirect`, by the origin of that.
    refused_redirects: dict[str, int]


@describe(Operation(_TAG, {200: One[OrgView]}))
def get_org(call: Call) -> Answer:
    """The org of this host name, with its settings."""
    with transaction(call.services.database) as cursor:
        org = orgs.find_by_slug(cursor, call.org.slug)
    return Answer(One(view(org or call.org, call.services.refused_origins)))


@describe(Operation(_TAG, {200: One[OrgView]}, body=OrgEdit))
def edit_org(call: Call) -> Answer:
    """Change the org's settings. They apply everywhere within a second."""
    edit = read_body(call.body, OrgEdit)
    allow_http = call.services.settings.allow_private_webhooks
    changes = _changes(edit, allow_http)
    of_page = page_changes(edit.page, allow_http)
    with transaction(call.services.database) as cursor:
        org = orgs.lock(cursor, call.org.id)
        if of_page:
            changes["page"] = msgspec.structs.replace(org.settings.page, **of_page)
        settings = msgspec.structs.replace(org.settings, **changes)
        orgs.update_settings(cursor, org.id, settings)
        if edit.captcha is not UNSET:
            secret = call.services.cipher.encrypt(edit.captcha.secret) if edit.captcha else None
            orgs.set_captcha_secret(cursor, org.id, secret)
        call.note(cursor, "org.updated", org.id, settings=sorted(changes))
        changed = msgspec.structs.replace(org, settings=settings)
    call.services.tenants.refresh()
    return Answer(One(view(changed, call.services.refused_origins)))


def view(org: Org, refused: RefusedOrigins) -> OrgView:
    """An org as callers see it; never its secret."""
    return OrgView(
        id=org.id,
        slug=org.slug,
        created_at=rfc3339(org.created_at),
        refused_origins=refused.of(org.id),
        refused_redirects=refused.redirects_of(org.id),
        **msgspec.structs.asdict(org.settings),
    )


def _changes(edit: OrgEdit, allow_http: bool) -> dict[str, object]:
    changes = {
        name: getattr(edit, name)
        for name in OrgSettings.__struct_fields__
        if name not in _APART and getattr(edit, name) is not UNSET
    }
    if edit.captcha is not UNSET:
        changes["captcha"] = Captcha(edit.captcha.provider) if edit.captcha else None
    if edit.allowed_origins is not UNSET:
        changes["allowed_origins"] = _distinct(map(_checked_origin, edit.allowed_origins))
    if edit.redirect_targets is not UNSET:
        targets = [_checked_target(target, allow_http) for target in edit.redirect_targets]
        changes["redirect_targets"] = _distinct(targets)
    return changes


def _checked_origin(text: str) -> str:
    """The origin as browsers send it. Pages on a developer's machine have origins too."""
    try:
        if not _ORIGIN.fullmatch(text):
            raise InvalidTarget("an origin looks like https://example.com, without a path")
        target = parse_target(text, allow_private=True)
    except InvalidTarget as error:
        raise Invalid({"allowed_origins": f"{text[:100]}: {error}"}) from None
    host = f"[{target.host}]" if ":" in target.host else target.host
    port = "" if target.port == DEFAULT_PORTS[target.scheme] else f":{target.port}"
    return f"{target.scheme}://{host}{port}"


def _checked_target(text: str, allow_http: bool) -> str:
    try:
        return check_url(text, allow_http=allow_http, allow_private=True)
    except InvalidTarget as error:
        raise Invalid({"redirect_targets": f"{text[:100]}: {error}"}) from None


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
