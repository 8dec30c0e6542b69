"""Captcha tokens that wait for their provider's word. A row is a token, and goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from peewee import Expression

from app.domain.capture.capture import Capture
from app.domain.spam.captcha import (
    FAILED_POINTS,
    FAILED_SIGNAL,
    LIFETIMES,
    CaptchaProvider,
    Verification,
)
from app.storage.database import Cursor, execute
from app.storage.models import Captures, Verifications

#: Nobody else takes what was claimed for so long; then it is due again, whatever happened.
CLAIMED_SECONDS = 15

_CLAIM = """
UPDATE verifications v SET tries = v.tries + 1, next_try_at = now() + %(claimed)s * interval '1 s'
FROM (
    SELECT capture_id FROM verifications
    WHERE next_try_at <= now() AND expires_at > now() AND NOT provider = ANY(%(away)s::text[])
    ORDER BY next_try_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) due, orgs o
WHERE v.capture_id = due.capture_id AND o.id = v.org_id
RETURNING v.capture_id, v.provider, v.token, v.tries,
    CASE WHEN o.settings->'captcha'->>'provider' = v.provider THEN o.captcha_secret END
"""
_SETTLE = """
WITH settled AS (DELETE FROM verifications WHERE capture_id = %(id)s RETURNING capture_id)
UPDATE captures c SET verification = %(verification)s,
    spam_score = CASE WHEN %(failed)s THEN coalesce(spam_score, 0) + %(points)s ELSE spam_score END,
    spam_signals = CASE WHEN %(failed)s
        THEN coalesce(spam_signals, '[]') || to_jsonb(%(signal)s::text) ELSE spam_signals END
FROM settled WHERE c.id = settled.capture_id
"""
_EXPIRE = """
WITH expired AS (
    DELETE FROM verifications WHERE expires_at <= now() RETURNING capture_id
)
UPDATE captures c SET verification = 'unverified' FROM expired WHERE c.id = expired.capture_id
"""


class Claimed(NamedTuple):
    """A token to verify, once more or for the first time (`tries` 1)."""

    capture_id: str
    provider: CaptchaProvider
    token: str
    tries: int
    #: Encrypted; None: the org has it no more, or has another provider now.
    secret: bytes | None


def insert(cursor: Cursor, captures: Sequence[Capture]) -> None:
    """Keep the tokens of captures that were just stored."""
    rows = [
        {
            "capture_id": capture.id,
            "org_id": capture.org_id,
            "provider": capture.captcha.provider,
            "token": capture.captcha.token,
            "expires_at": capture.received_at + LIFETIMES[capture.captcha.provider],
        }
        for capture in captures
        if capture.captcha and capture.verifies
    ]
    if rows:
        execute(cursor, Verifications.insert_many(rows))


def claim(cursor: Cursor, limit: int, away: Sequence[str]) -> list[Claimed]:
    """Up to `limit` tokens that are due, but none of the providers that are away."""
    cursor.execute(_CLAIM, {"claimed": CLAIMED_SECONDS, "away": list(away), "limit": limit})
    rows = cursor.fetchall()
    return [Claimed(row[0], CaptchaProvider(row[1]), row[2], row[3], row[4]) for row in rows]


def settle(cursor: Cursor, found: Mapping[str, Verification]) -> None:
    """Note by capture what was found, and forget the tokens; what comes twice counts once."""
    for capture_id in sorted(found):
        verification = found[capture_id]
        values: dict[str, object] = {"id": capture_id, "verification": verification}
        values |= {"failed": verification is Verification.FAILED}
        cursor.execute(_SETTLE, values | {"points": FAILED_POINTS, "signal": FAILED_SIGNAL})


def expire(cursor: Cursor) -> int:
    """Give up the tokens that are worth nothing any more; how many."""
    cursor.execute(_EXPIRE)
    return cursor.rowcount


def forget(cursor: Cursor, which: Expression) -> None:
    """Drop the tokens of these captures, of people who are erased."""
    erased = Captures.select(Captures.id).where(which)
    execute(cursor, Verifications.delete().where(Verifications.capture_id.in_(erased)))
    pending = Captures.verification == Verification.PENDING
    given_up = Captures.update(verification=Verification.UNVERIFIED)
    execute(cursor, given_up.where(which, pending))
