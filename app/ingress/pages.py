"""The pages that a plain HTML form's visitor sees: thanks, or what to correct."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.domain.org.org import OrgSettings
from app.domain.org.page_settings import DEFAULT_COLOR, PageSettings, text_color_on
from app.domain.text.email_hint import KNOWN_DOMAINS
from app.domain.text.language import best_language
from app.ingress.corrections import Typed, inputs_for, kept_besides
from app.ingress.texts import read_texts

STYLESHEET_PATH = "/pages.css"

_FOLDER = Path(__file__).parent
_environment = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEXTS = read_texts()
_STYLE = (_FOLDER / "static" / "pages.css").read_text()
#: Words for faults that are in no field, by their codes.
_TROUBLES = {
    "rate_limit_exceeded": "too_many",
    "payload_too_large": "too_large",
    "unavailable": "unavailable",
}


class Page(NamedTuple):
    """A page and the policy that it is sent with."""

    html: str
    policy: str


def thanks_page(
    settings: OrgSettings, accept_language: str | None, back_url: str | None, hint: str | None
) -> Page:
    """What a visitor sees when there is nowhere else to go.

    `back_url`: the page they came from, if known; `hint`: the domain that they may have meant.
    """
    page = settings.page
    language = best_language(accept_language, _TEXTS)
    texts = _TEXTS[language]
    back_url = back_url or page.home_url
    return _render(
        "thanks.html",
        settings,
        language,
        title=page.thanks_title or texts.thanks_title,
        text=page.thanks_text or texts.thanks_text,
        hint=texts.did_you_mean.format(domain=hint) if hint in KNOWN_DOMAINS else None,
        back_url=back_url,
        back=texts.back.format(site=urlsplit(back_url).hostname) if back_url else None,
    )


def trouble_page(settings: OrgSettings, accept_language: str | None, code: str) -> Page:
    """What a visitor sees when the fault is not in the form."""
    language = best_language(accept_language, _TEXTS)
    texts = _TEXTS[language]
    text = getattr(texts, _TROUBLES.get(code, "trouble_text"))
    return _render("trouble.html", settings, language, title=texts.trouble_title, text=text)


def correction_page(
    settings: OrgSettings, accept_language: str | None, problems: Mapping[str, str], typed: Typed
) -> Page:
    """The form once more: what was typed, and at each wrong field what would be right.

    A page of trouble if no field can be corrected: the form as a whole has too much in it.
    """
    language = best_language(accept_language, _TEXTS)
    texts = _TEXTS[language]
    inputs = inputs_for(problems, typed, texts)
    if not inputs:
        is_too_much = any(field.startswith("metadata") for field in problems)
        return trouble_page(settings, accept_language, "payload_too_large" if is_too_much else "")
    kept = kept_besides(inputs, typed)
    title = texts.check_title
    return _render("correction.html", settings, language, title=title, inputs=inputs, kept=kept)


def stylesheet(page: PageSettings) -> str:
    """The style of an org's pages."""
    accent = page.color or DEFAULT_COLOR
    colors = f":root {{ --accent: {accent}; --on-accent: {text_color_on(accent)} }}\n"
    return colors + _STYLE


def policy_for(settings: OrgSettings) -> str:
    """The Content-Security-Policy: our style, the org's logo, and nothing else.

    A form may be sent here, and be redirected to the targets of the org; browsers ask for both.
    Pages that may capture may also show ours in a frame, as some site builders do.
    """
    logo = settings.page.logo_url
    redirects = sorted({_origin(target) for target in settings.redirect_targets})
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'self'",
            "img-src " + (_origin(logo) if logo else "'none'"),
            " ".join(["form-action 'self'", *redirects]),
            " ".join(["frame-ancestors 'self'", *settings.allowed_origins]),
            "base-uri 'none'",
        ]
    )


def _render(template: str, settings: OrgSettings, language: str, **values: Any) -> Page:
    html = _environment.get_template(template).render(
        language=language,
        texts=_TEXTS[language],
        page=settings.page,
        stylesheet=_versioned(settings.page.color),
        **values,
    )
    return Page(html, policy_for(settings))


@lru_cache(maxsize=256)
def _versioned(color: str | None) -> str:
    """The address of the stylesheet, another one for each version of it."""
    style = stylesheet(PageSettings(color=color))
    return f"{STYLESHEET_PATH}?{hashlib.blake2b(style.encode(), digest_size=6).hexdigest()}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
