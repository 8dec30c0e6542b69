"""What the visitor of a plain HTML form sees: the next page, thanks, or what to correct."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.domain.capture.redirect import allowed_redirect
from app.domain.errors import STATUS_BY_CODE, Invalid, RexError
from app.domain.org.org import Org, OrgSettings
from app.domain.submission.submission import Submission
from app.domain.text.email_hint import meant_domain
from app.http.answers import error_headers
from app.ingress.answers import Reply, error_reply, html_reply, redirect_reply
from app.ingress.corrections import Typed
from app.ingress.head import Head
from app.ingress.pages import correction_page, trouble_page

#: Where the page that says thanks is.
THANKS_PATH = "/thanks"
#: Its parameter: the domain that the visitor may have meant.
HINT = "did_you_mean"
#: Tells the developer of a form why its visitor was not sent on.
_REFUSED_REDIRECT = (
    b"x-rex-redirect",
    b"refused: _redirect is not among the org's redirect_targets",
)
_DEFAULTS = OrgSettings()


def accepted(org: Org, submission: Submission) -> Reply:
    """On to where the form wants its visitor, if the org lists it, or to the page of thanks."""
    wanted = submission.controls.redirect
    target = allowed_redirect(wanted, org.settings.redirect_targets)
    if target:
        return redirect_reply(target)
    meant = meant_domain(submission.email)
    reply = redirect_reply(f"{THANKS_PATH}?{HINT}={meant}" if meant else THANKS_PATH)
    if wanted:
        reply.headers.append(_REFUSED_REDIRECT)
    return reply


def refused_redirect(org: Org, submission: Submission) -> str | None:
    """The origin that a form wants its visitor sent to and that the org does not list."""
    wanted = submission.controls.redirect
    if wanted is None or allowed_redirect(wanted, org.settings.redirect_targets):
        return None
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "other"
    is_plain = parts.scheme in ("http", "https") and parts.netloc.isascii()
    return f"{parts.scheme}://{parts.netloc[:100]}" if is_plain and parts.netloc else "other"


def refusal(
    head: Head, error: RexError, request_id: str, typed: Typed | None = None, org: Org | None = None
) -> Reply:
    """Why not: a page for the visitor of a form, the documented envelope for anyone else."""
    if not head.wants_page:
        return error_reply(error, request_id)
    settings = org.settings if org else _DEFAULTS
    if isinstance(error, Invalid):
        page = correction_page(settings, head.accept_language, error.fields, typed or {})
    else:
        page = trouble_page(settings, head.accept_language, error.code)
    reply = html_reply(STATUS_BY_CODE[error.code], page)
    reply.headers.extend((k.lower().encode(), v.encode()) for k, v in error_headers(error).items())
    return reply
