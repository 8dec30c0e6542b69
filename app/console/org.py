"""The org's settings: who may send leads, limits, spam, and the look of its pages."""

from __future__ import annotations

from collections.abc import Mapping

from app.console.visit import Page, Redirect, Visit
from app.domain.errors import Invalid
from app.domain.org.page_settings import DEFAULT_COLOR
from app.domain.spam.mode import SpamMode

PATH = "/console/org"
#: What each mode does.
MODES = {
    SpamMode.MONITOR: "Leads are scored; none is held back for its score.",
    SpamMode.QUARANTINE: "Leads that count as spam wait in quarantine.",
    SpamMode.REQUIRE_POW: "So do leads without a proof of work, which rex-pow.js adds to a form.",
}
_LISTS = ("allowed_origins", "redirect_targets")
_NUMBERS = ("min_fill_ms", "capture_rate_per_address", "capture_rate_per_email")
_OF_PAGE = ("name", "color", "logo_url", "home_url", "thanks_title", "thanks_text")


def show(visit: Visit) -> Page:
    """Show the settings."""
    return _page(visit)


def edit(visit: Visit) -> Page | Redirect:
    """Save the form of one card; the other settings stay as they are."""
    try:
        visit.operations.edit_org(visit.caller, body=_changes(visit.form))
    except Invalid as error:
        return _page(visit, dict(error.fields))
    return Redirect(PATH, "Saved. It applies everywhere within a second.")


def allow_origin(visit: Visit) -> Redirect:
    """Allow a refused origin."""
    org = visit.operations.get_org(visit.caller)["data"]
    origins = [*org["allowed_origins"], visit.form.get("origin", "")]
    try:
        visit.operations.edit_org(visit.caller, body={"allowed_origins": origins})
    except Invalid:
        return Redirect(PATH, "That is not a valid origin.")
    return Redirect(PATH, f"Pages of {visit.form['origin']} may now send leads.")


def _changes(form: Mapping[str, str]) -> dict[str, object]:
    """The form as the API takes it. Raises `Invalid` if a number is not one."""
    changes: dict[str, object] = {name: form[name].split() for name in _LISTS if name in form}
    changes |= {name: _number(name, form[name]) for name in _NUMBERS if name in form}
    if "spam_mode" in form:
        changes["spam_mode"] = form["spam_mode"]
    page = {
        name: form[f"page.{name}"].strip() or None for name in _OF_PAGE if f"page.{name}" in form
    }
    return changes | ({"page": page} if page else {})


def _number(name: str, text: str) -> int | None:
    """A whole number; None for an empty field: the default."""
    if not text.strip():
        return 0 if name == "min_fill_ms" else None
    try:
        return int(text)
    except ValueError:
        raise Invalid({name: "must be a whole number"}) from None


def _page(visit: Visit, problems: dict[str, str] | None = None) -> Page:
    org = visit.operations.get_org(visit.caller)["data"]
    settings = visit.services.settings
    values = {
        "org": org,
        "base_domain": settings.base_domain,
        "modes": MODES,
        "default_color": DEFAULT_COLOR,
        "default_rates": {
            "capture_rate_per_address": settings.capture_rate_per_address,
            "capture_rate_per_email": settings.capture_rate_per_email,
        },
        "refused": {
            origin: count
            for origin, count in org["refused_origins"].items()
            if origin not in org["allowed_origins"]
        },
        "problems": problems or {},
        "typed": visit.form if problems else {},
    }
    return Page("org/show.html", values, 422 if problems else 200)
