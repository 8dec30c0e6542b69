"""What a captcha's token and its provider's answer are worth."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from app.domain.spam.captcha import (
    TOKEN_CHARS_MAX,
    Captcha,
    CaptchaAnswer,
    CaptchaProvider,
    Verification,
    choose_token,
    judge,
    read_token,
    verify_form,
)

TURNSTILE, HCAPTCHA, RECAPTCHA = CaptchaProvider


@pytest.mark.parametrize(
    ("codes", "first", "repeat", "turnstile_repeat"),
    [
        (["invalid-input-response"], "failed", "unverified", "failed"),
        (["timeout-or-duplicate"], "unverified", "unverified", "unverified"),
        (["expired-input-response"], "unverified", "unverified", "unverified"),
        (["invalid-or-already-seen-response"], "unverified", "unverified", "unverified"),
        (["invalid-input-secret"], "unverified", "unverified", "unverified"),
        (["invalid-input-response", "bad-request"], "unverified", "unverified", "unverified"),
        ([], "unverified", "unverified", "unverified"),
        (["internal-error"], None, None, None),
    ],
)
def test_only_a_token_that_its_provider_does_not_know_has_failed(
    codes: list[str], first: str | None, repeat: str | None, turnstile_repeat: str | None
) -> None:
    answer = CaptchaAnswer(False, codes)
    assert judge(HCAPTCHA, answer, is_repeat=False) == first
    assert judge(HCAPTCHA, answer, is_repeat=True) == repeat
    assert judge(TURNSTILE, answer, is_repeat=True) == turnstile_repeat
    assert judge(RECAPTCHA, CaptchaAnswer(True, codes), is_repeat=True) is Verification.VERIFIED


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("abc", "abc"),
        (["", "abc", "def"], "abc"),
        ("", None),
        (None, None),
        (7, None),
        ({"a": "b"}, None),
        ("a" * TOKEN_CHARS_MAX, "a" * TOKEN_CHARS_MAX),
        ("a" * (TOKEN_CHARS_MAX + 1), None),
        ("t\u00f6ken", None),
        ("a\nb", None),
    ],
)
def test_a_token_is_a_bounded_text(value: object, token: str | None) -> None:
    assert read_token(value) == token


@pytest.mark.parametrize(
    ("provider", "sent", "chosen"),
    [
        (TURNSTILE, {"cf-turnstile-response": "a", "g-recaptcha-response": "b"}, "a"),
        (HCAPTCHA, {"g-recaptcha-response": "b"}, "b"),
        (RECAPTCHA, {"h-captcha-response": "b"}, None),
        (RECAPTCHA, {}, None),
    ],
)
def test_the_orgs_provider_chooses_the_token(
    provider: CaptchaProvider, sent: dict[str, str], chosen: str | None
) -> None:
    found = choose_token(Captcha(provider), sent)
    assert (found and (found.provider, found.token)) == (chosen and (provider, chosen))
    assert choose_token(None, sent) is None


def test_a_repeat_of_a_request_is_recognised_by_turnstile_alone() -> None:
    first, again, other = (verify_form(TURNSTILE, "s&", "t=", id) for id in ("1", "1", "2"))
    assert first == again != other
    assert parse_qs(first.decode()).keys() == {"secret", "response", "idempotency_key"}
    assert parse_qs(verify_form(RECAPTCHA, "s&", "t=", "1").decode()) == {
        "secret": ["s&"],
        "response": ["t="],
    }
