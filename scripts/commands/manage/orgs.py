"""`manage orgs`: tenants."""

from __future__ import annotations

import re
import secrets
import sys
from argparse import Namespace

import msgspec

from app.api import org as org_api
from app.api.org import view
from app.domain.errors import Conflict, Invalid
from app.domain.ids import new_id
from app.domain.org.api_key import NewKey, Scope, generate_key
from app.domain.org.org import Org, OrgSettings
from app.domain.spam.captcha import CaptchaProvider
from app.domain.spam.mode import SpamMode
from app.domain.times import now
from app.storage.database import Cursor, transaction
from app.storage.org import api_keys, audit, orgs
from scripts.commands.manage.command_line import Command, option
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.output import Listing

#: It becomes a label of the org's host name.
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


_NO_CAPTCHA = "none"

#: What of the pages for visitors can be set.
_PAGE = {
    "name": "name on the pages for visitors; an empty text takes it back, as with all of these",
    "color": "colour of buttons, #rrggbb",
    "logo_url": "address of the logo",
    "home_url": "where visitors go back to",
    "thanks_title": "title of the page that says thanks",
    "thanks_text": "its text",
}


def list_orgs(operator: Operator, arguments: Namespace) -> object:
    """Every org."""
    with transaction(operator.services.database) as cursor:
        all_orgs = orgs.all_orgs(cursor)
    refused = operator.services.refused_origins
    found = [msgspec.to_builtins(view(org, refused)) for org in all_orgs]
    return Listing(
        found, ("slug", "id", "created_at", "allowed_origins", "redirect_targets", "min_fill_ms")
    )


def create_org(operator: Operator, arguments: Namespace) -> object:
    """Make an org and its first read-write key, which is shown this once."""
    slug = arguments.slug
    if not _SLUG.fullmatch(slug):
        raise Invalid({"slug": "use up to 63 lower-case letters, digits and hyphens"})
    key = generate_key("live")
    with transaction(operator.services.database) as cursor:
        if orgs.find_by_slug(cursor, slug):
            raise Conflict(f"There is an org {slug!r} already")
        org = insert_org(cursor, slug)
        insert_key(cursor, org, "first", key)
    host = f"{slug}.{operator.settings.base_domain}"
    return {"id": org.id, "slug": slug, "host": host, "api_key": key.text}


def edit_org(operator: Operator, arguments: Namespace) -> object:
    """Change the settings of an org; what is not given stays as it is."""
    given = {name: getattr(arguments, f"page_{name}") for name in _PAGE}
    # An empty text goes back to our own.
    page = {name: text or None for name, text in given.items() if text is not None}
    wanted = {
        "spam_mode": arguments.spam_mode,
        "min_fill_ms": arguments.min_fill_ms,
        "page": page or None,
        "captcha": _captcha(arguments.captcha),
    }
    return operator.ask(org_api.edit_org, body=wanted)


def _captcha(provider: str | None) -> object:
    """The captcha to set; its secret comes from stdin, where neither `ps` nor a history sees it."""
    if provider == _NO_CAPTCHA:
        return msgspec.Raw(b"null")
    return provider and {"provider": provider, "secret": sys.stdin.readline().strip()}


def insert_org(cursor: Cursor, slug: str) -> Org:
    """A new org with that name."""
    org = Org(new_id("org"), slug, now(), secrets.token_bytes(32), OrgSettings())
    orgs.insert(cursor, org)
    audit.note(cursor, "org.created", actor=audit.MANAGE, org_id=org.id, subject_id=org.id)
    return org


def insert_key(cursor: Cursor, org: Org, name: str, key: NewKey) -> None:
    """A read-write key of an org, unless it is there already."""
    before = api_keys.count(cursor, org.id)
    key_id = api_keys.insert(cursor, org.id, name, Scope.READ_WRITE, key)
    if api_keys.count(cursor, org.id) > before:
        whose, by = org.id, audit.MANAGE
        audit.note(cursor, "key.created", actor=by, org_id=whose, subject_id=key_id)


COMMANDS = (
    Command("orgs list", list_orgs),
    Command(
        "orgs edit",
        edit_org,
        option("--spam-mode", choices=[mode.value for mode in SpamMode]),
        option("--min-fill-ms", type=int, help="a form filled in faster is quarantined"),
        option(
            "--captcha",
            choices=[*(each.value for each in CaptchaProvider), _NO_CAPTCHA],
            help="captcha in its forms; its secret is read from standard input",
        ),
        *(option(f"--page-{name.replace('_', '-')}", help=text) for name, text in _PAGE.items()),
    ),
    Command("orgs create", create_org, option("slug", help="its host is SLUG.BASE_DOMAIN")),
)
