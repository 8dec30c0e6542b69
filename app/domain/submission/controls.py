"""Control fields of a form: they say how to treat a submission and are not part of it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from app.domain.spam.captcha import TOKEN_FIELDS, read_token
from app.domain.submission.problems import Problems
from app.domain.submission.record import text_of
from app.domain.touch.touch import Touch, read_touches

#: Fields that people don't see; a bot that fills in everything gives itself away.
HONEYPOTS = ("_gotcha", "_hp")
#: Milliseconds from showing the form to sending it.
FILL_TIME = "_fill_ms"
#: Where a plain form wants its visitor redirected.
REDIRECT = "_redirect"

#: The Idempotency-Key of those who cannot set headers: beacons and plain forms.
IDEMPOTENCY_KEY = "_idempotency_key"
#: The touches that the visitor's browser kept.
TOUCHES = "_touches"
#: Where ALTCHA's widget and `rex-pow.js` put a proof of work.
PROOF = "altcha"

REDIRECT_CHARS_MAX = 2000

#: Longest fill time (about 24 days).
FILL_MS_MAX = 2**31


class Controls(msgspec.Struct, frozen=True):
    """What the control fields said."""

    #: Name of the honeypot that was filled in, if any.
    honeypot: str | None = None
    #: Milliseconds that it took to fill in the form, if known.
    fill_ms: int | None = None
    #: URL to redirect to, if asked for.
    redirect: str | None = None
    #: Instead of the header of that name.
    idempotency_key: str | None = None
    #: What the browser kept of this visit and earlier ones.
    touches: list[Touch] = []
    #: A proof of work, not checked yet.
    proof: str | None = None
    #: Captcha tokens by their fields, not verified yet.
    captcha_tokens: dict[str, str] = {}


#: What a submission without control fields has.
NO_CONTROLS = Controls()


def take_controls(
    fields: Mapping[str, object], problems: Problems
) -> tuple[Controls, dict[str, object]]:
    """The controls among cleaned fields, and the fields without them.

    A fill time that is not a number of milliseconds, and touches that are none, stay normal fields.
    """
    rest = dict(fields)
    filled = [name for name in HONEYPOTS if _is_filled(rest.pop(name, None))]
    redirect = text_of(rest.pop(REDIRECT, None))
    idempotency_key = text_of(rest.pop(IDEMPOTENCY_KEY, None))
    proof = text_of(rest.pop(PROOF, None))
    tokens = {name: read_token(rest.pop(name, None)) for name in TOKEN_FIELDS.values()}
    captcha_tokens = {name: token for name, token in tokens.items() if token}
    if redirect and len(redirect) > REDIRECT_CHARS_MAX:
        problems.add(REDIRECT, f"is longer than {REDIRECT_CHARS_MAX:,} characters")
    fill_ms = read_fill_ms(rest.get(FILL_TIME))
    if fill_ms is not None:
        del rest[FILL_TIME]
    touches = read_touches(rest.get(TOUCHES))
    if touches is not None:
        del rest[TOUCHES]
    honeypot = filled[0] if filled else None
    controls = Controls(
        honeypot, fill_ms, redirect, idempotency_key, touches or [], proof, captcha_tokens
    )
    return controls, rest


def _is_filled(value: object) -> bool:
    return any(map(_is_filled, value)) if isinstance(value, list) else bool(value)


def read_fill_ms(value: object) -> int | None:
    """A fill time in milliseconds from a number or a text; None if it is not valid."""
    text = text_of(value) or ""
    whole = text.partition(".")[0]
    milliseconds = int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 11 else -1
    return milliseconds if 0 <= milliseconds <= FILL_MS_MAX else None
