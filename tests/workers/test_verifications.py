"""Captcha tokens are verified after the lead was recorded, whatever becomes of their provider."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.capture.capture import Capture
from app.domain.org.org import Org
from app.domain.spam.captcha import Captcha, CaptchaProvider, CaptchaToken
from app.domain.spam.mode import SpamMode
from app.domain.times import now
from app.storage.capture.captures import insert_rejected
from app.storage.database import Database, transaction
from app.storage.org import orgs
from app.storage.recording import record
from config.settings import Settings
from tests.factories import CIPHER, make_capture, make_org
from tests.statements import execute
from tests.waiting import eventually
from tests.workers.captcha_provider import SECRET, Provider, providing
from workers.captcha_breaker import FAILURES_MAX, OPEN_SECONDS
from workers.scheduler import captcha_tasks
from workers.verifications import THREADS, Verifications

TURNSTILE, HCAPTCHA, RECAPTCHA = CaptchaProvider
ROOT = Path(__file__).resolve().parent.parent.parent
WORKER = """
import sys
from app.storage.database import open_database
from tests.factories import CIPHER
from workers.verifications import Verifications
Verifications(open_database(sys.argv[1]), CIPHER, sys.argv[2]).verify_due()
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture
def org(database: Database) -> Org:
    return org_with(database, TURNSTILE)


@pytest.fixture
def verifications(database: Database, provider: Provider) -> Verifications:
    return Verifications(database, CIPHER, provider.url)


def org_with(database: Database, provider: CaptchaProvider, secret: str = SECRET) -> Org:
    org = make_org(database, f"org-{provider}", captcha=Captcha(provider))
    with transaction(database) as cursor:
        orgs.set_captcha_secret(cursor, org.id, CIPHER.encrypt(secret))
    return org


def capture_with(database: Database, org: Org, token: str, **fields: Any) -> Capture:
    """A recorded capture that came with a token."""
    assert org.settings.captcha
    captcha = CaptchaToken(org.settings.captcha.provider, token)
    capture = make_capture(org, f"{token}@example.com", captcha=captcha, **fields)
    with transaction(database) as cursor:
        record(cursor, [capture], now())
    return capture


def outcomes(database: Database) -> list[str | None]:
    return [row[0] for row in execute(database, "SELECT verification FROM captures ORDER BY id")]


def waiting(database: Database) -> int:
    return len(execute(database, "SELECT 1 FROM verifications"))


def make_due(database: Database) -> None:
    execute(database, "UPDATE verifications SET next_try_at = now()")


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        ("good", "verified"),
        ("forged", "failed"),
        ("expired", "unverified"),
        ("status-503", "pending"),
        ("status-429", "pending"),
        ("status-400", "pending"),
        ("garbage", "pending"),
    ],
)
def test_the_providers_word_is_noted_and_the_lead_is_there_before_it(
    database: Database,
    org: Org,
    verifications: Verifications,
    provider: Provider,
    token: str,
    outcome: str,
) -> None:
    capture_with(database, org, token, spam_mode=SpamMode.QUARANTINE, spam_score=1.5)
    assert outcomes(database) == ["pending"]
    (status, contacts, events) = execute(
        database,
        "SELECT status, (SELECT count(*) FROM contacts), (SELECT count(*) FROM events)"
        " FROM captures",
    )[0]

    verifications.verify_due()
    verifications.verify_due()

    assert (status, contacts, events) == ("recorded", 1, 1)
    assert outcomes(database) == [outcome]
    (row,) = execute(database, "SELECT status, spam_score, spam_signals FROM captures")
    failed = outcome == "failed"
    assert row == ("recorded", 6.5 if failed else 1.5, ["captcha_failed"] if failed else None)
    assert waiting(database) == (outcome == "pending")
    (asked,) = provider.asked
    assert (asked["path"], asked["secret"], asked["response"]) == ("/turnstile", SECRET, token)


def test_a_failed_token_adds_to_the_signals_of_a_quarantined_capture(
    database: Database, org: Org, verifications: Verifications
) -> None:
    signals = ("offer", "link")
    capture_with(database, org, "forged", quarantine="spam", spam_signals=signals, spam_score=None)
    verifications.verify_due()
    (row,) = execute(database, "SELECT status, spam_score, spam_signals FROM captures")
    assert row == ("quarantined", 5.0, ["offer", "link", "captcha_failed"])


def test_a_capture_without_a_token_or_rejected_is_not_verified(
    database: Database, org: Org, verifications: Verifications, provider: Provider
) -> None:
    captcha = CaptchaToken(TURNSTILE, "good")
    rejected = make_capture(org, "a@b", rejected="email", captcha=captcha)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org), rejected], now())
        insert_rejected(cursor, make_capture(org, "c@example.com", captcha=captcha), "odd")
    verifications.verify_due()
    assert (outcomes(database), provider.asked) == ([None] * 3, [])


def test_a_slow_provider_is_given_up_in_time_and_its_token_when_it_is_too_old(
    database: Database, org: Org, provider: Provider
) -> None:
    impatient = Verifications(database, CIPHER, provider.url, total_seconds=0.3)
    for number in range(THREADS):
        capture_with(database, org, f"good-{number}-slow")
    began = time.monotonic()
    impatient.verify_due()
    assert time.monotonic() - began < 30
    assert outcomes(database) == ["pending"] * THREADS

    execute(database, "UPDATE verifications SET expires_at = now()")
    impatient.verify_due()
    assert outcomes(database) == ["unverified"] * THREADS
    assert waiting(database) == 0
    assert (
        len(provider.asked) <= THREADS
    )  # on a slow machine a request is given up before it is sent


def test_a_provider_that_is_away_is_left_alone_for_a_while(
    database: Database, org: Org, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    clock = 100.0
    verifications = Verifications(database, CIPHER, "http://127.0.0.1:9", clock=lambda: clock)
    other = org_with(database, HCAPTCHA)
    for number in range(FAILURES_MAX + 1):
        capture_with(database, org, f"good-{number}")
    verifications.verify_due()
    assert [r.message for r in caplog.records if r.levelno == logging.WARNING] == ["captcha.away"]

    execute(database, "DELETE FROM verifications WHERE token <> 'good-0'")
    make_due(database)
    capture_with(database, other, "good-h")
    verifications.verify_due()  # asks only the other
    tries = execute(database, "SELECT token, tries FROM verifications ORDER BY token")
    assert tries == [("good-0", 1), ("good-h", 1)]

    clock += OPEN_SECONDS
    make_due(database)
    verifications.verify_due()
    tries = execute(database, "SELECT token, tries FROM verifications ORDER BY token")
    assert tries == [("good-0", 2), ("good-h", 2)]

    make_due(database)
    Verifications(database, CIPHER, provider.url).verify_due()
    assert waiting(database) == 0


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [(TURNSTILE, "verified"), (HCAPTCHA, "unverified"), (RECAPTCHA, "unverified")],
)
def test_a_token_that_a_killed_worker_used_up_is_no_failure(
    database: Database,
    database_url: str,
    provider: Provider,
    verifications: Verifications,
    kind: CaptchaProvider,
    outcome: str,
) -> None:
    capture_with(database, org_with(database, kind), "good-slow")
    command = [sys.executable, "-c", WORKER, database_url, provider.url]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environ) as worker:
        eventually(lambda: len(provider.asked) == 1)
        worker.kill()
    provider.released.set()

    verifications.verify_due()
    assert outcomes(database) == ["pending"]  # it is claimed
    make_due(database)
    verifications.verify_due()

    assert outcomes(database) == [outcome]
    assert len(provider.asked) == 2
    assert provider.asked[0] == provider.asked[1]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orgs SET captcha_secret = NULL",
        "UPDATE orgs SET captcha_secret = 'not encrypted'",
        'UPDATE orgs SET settings = settings || \'{"captcha": {"provider": "hcaptcha"}}\'',
        "UPDATE orgs SET settings = settings - 'captcha'",
    ],
)
def test_without_the_orgs_secret_nobody_is_asked(
    database: Database, org: Org, verifications: Verifications, provider: Provider, change: str
) -> None:
    capture_with(database, org, "good")
    execute(database, change)
    verifications.verify_due()
    assert (outcomes(database), waiting(database), provider.asked) == (["unverified"], 0, [])


def test_a_wrong_secret_speaks_against_no_lead_and_is_logged_without_it(
    database: Database, verifications: Verifications, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    capture_with(database, org_with(database, RECAPTCHA, "wrong-secret"), "good-token")
    verifications.verify_due()
    assert outcomes(database) == ["unverified"]
    (warning,) = [r for r in caplog.records if r.message == "captcha.unverified"]
    assert warning.__dict__["codes"] == "invalid-input-secret"
    told = " ".join(str(r.__dict__) for r in caplog.records)
    assert not [text for text in ("wrong-secret", "good-token") if text in told]


def test_the_scheduler_asks_at_the_address_of_its_settings(
    database: Database, database_url: str, org: Org, provider: Provider
) -> None:
    settings = Settings(database_url, "", b"k" * 32, captcha_proxy_url=f"{provider.url}/proxy/")
    (task,) = captcha_tasks(settings)
    capture_with(database, org, "good")
    task.do()
    assert outcomes(database) == ["verified"]
    assert provider.asked[0]["path"] == "/proxy/turnstile"


def test_many_are_verified_in_one_call_and_a_repeated_job_asks_once(
    database: Database, org: Org, verifications: Verifications, provider: Provider
) -> None:
    many = 3 * THREADS
    captures = [capture_with(database, org, f"good-{number}") for number in range(many)]
    with transaction(database) as cursor:
        record(cursor, captures, now())
    verifications.verify_due()
    with transaction(database) as cursor:
        record(cursor, captures, now())
    verifications.verify_due()
    assert outcomes(database) == ["verified"] * many
    assert len(provider.asked) == many
