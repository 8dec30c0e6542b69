"""Which form a capture came from: a short name, told by the form itself or by its page."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.domain.text.untrusted_text import clean_text, one_line

#: Fields in which a form tells its name, most telling first.
FORM_FIELDS = ("_form", "form", "form_name", "formName")
#: Longest name of a form, in characters.
FORM_CHARS_MAX = 100


def form_name(value: object) -> str | None:
    """The name that a field's value is; None if it is no short text."""
    if not isinstance(value, str) or len(value) > FORM_CHARS_MAX:
        return None
    return one_line(clean_text(value)) or None


def take_form(fields: dict[str, object]) -> str | None:
    """Take the form's name out of cleaned fields; a value that is no name stays a field."""
    for field in FORM_FIELDS:
        name = form_name(fields.get(field))
        if name is not None:
            del fields[field]
            return name
    return None


def form_of_page(referrer: str | None, own_host: str) -> str | None:
    """The path of the page that sent a capture, to tell forms without a name apart.

    A referrer without a path names a site, not a page; one of ours is the correction page.
    """
    if not referrer:
        return None
    try:
        page = urlsplit(referrer)
    except ValueError:
        return None
    path = page.path.rstrip("/")
    return form_name(path) if page.netloc.lower() != own_host.lower() else None
