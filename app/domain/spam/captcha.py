"""Captchas of other companies: a form sends a token, and the provider verifies it.

Each is verified by the same request: secret and token as a form, answered by `success` and
`error-codes`. Only a token that the provider does not know counts against a capture.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlencode

import msgspec


class CaptchaProvider(StrEnum):
    """Who is asked."""

    TURNSTILE = "turnstile"
    HCAPTCHA = "hcaptcha"
    RECAPTCHA = "recaptcha"


class Verification(StrEnum):
    """What became of a capture's token."""

    PENDING = "pending"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"  # its provider could not say, or not any more
    FAILED = "failed"  # its provider does not know it


class Captcha(msgspec.Struct, frozen=True):
    """An org's captcha; its secret is kept apart."""

    provider: CaptchaProvider


class CaptchaToken(msgspec.Struct, frozen=True):
    """A token that came with a capture."""

    provider: CaptchaProvider
    token: str


class CaptchaAnswer(msgspec.Struct):
    """What a provider answers."""

    success: bool
    codes: list[str] = msgspec.field(default_factory=list, name="error-codes")


#: The field that each widget fills in. All can fill in reCAPTCHA's besides.
TOKEN_FIELDS = {
    CaptchaProvider.TURNSTILE: "cf-turnstile-response",
    CaptchaProvider.HCAPTCHA: "h-captcha-response",
    CaptchaProvider.RECAPTCHA: "g-recaptcha-response",
}
_SHARED_FIELD = TOKEN_FIELDS[CaptchaProvider.RECAPTCHA]
VERIFY_URLS = {
    CaptchaProvider.TURNSTILE: "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    CaptchaProvider.HCAPTCHA: "https://api.hcaptcha.com/siteverify",
    CaptchaProvider.RECAPTCHA: "https://www.google.com/recaptcha/api/siteverify",
}
#: How long after a capture its token may still be good, as each provider documents it.
LIFETIMES = {
    CaptchaProvider.TURNSTILE: timedelta(seconds=300),
    CaptchaProvider.HCAPTCHA: timedelta(seconds=120),
    CaptchaProvider.RECAPTCHA: timedelta(seconds=120),
}
#: Turnstile's have 2,048 characters at most; the others name no limit.
TOKEN_CHARS_MAX = 8192
#: The signal of a capture whose token failed, and its points.
FAILED_SIGNAL, FAILED_POINTS = "captcha_failed", 5.0

_UNKNOWN_TOKEN = {"invalid-input-response"}
_ASK_AGAIN = "internal-error"


def read_token(value: object) -> str | None:
    """A token from a field's value, or the first of several; None if there is none."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and each:
            is_token = len(each) <= TOKEN_CHARS_MAX and each.isascii() and each.isprintable()
            return each if is_token else None
    return None


def choose_token(captcha: Captcha | None, tokens: dict[str, str]) -> CaptchaToken | None:
    """The token that the org's provider can verify, from the tokens by field."""
    if captcha is None:
        return None
    token = tokens.get(TOKEN_FIELDS[captcha.provider]) or tokens.get(_SHARED_FIELD)
    return CaptchaToken(captcha.provider, token) if token else None


def verify_form(provider: CaptchaProvider, secret: str, token: str, capture_id: str) -> bytes:
    """The body of the request. Turnstile answers a repeated request like the first."""
    fields = {"secret": secret, "response": token}
    if provider is CaptchaProvider.TURNSTILE:
        fields["idempotency_key"] = str(uuid.uuid5(uuid.NAMESPACE_OID, capture_id))
    return urlencode(fields).encode()


def judge(
    provider: CaptchaProvider, answer: CaptchaAnswer, *, is_repeat: bool
) -> Verification | None:
    """What an answer says about a token; None: ask again.

    `is_repeat`: we may have used the token up ourselves, of which nobody but Turnstile knows.
    """
    if answer.success:
        return Verification.VERIFIED
    if _ASK_AGAIN in answer.codes:
        return None
    knows_repeats = provider is CaptchaProvider.TURNSTILE or not is_repeat
    is_unknown = set(answer.codes) == _UNKNOWN_TOKEN
    return Verification.FAILED if is_unknown and knows_repeats else Verification.UNVERIFIED
