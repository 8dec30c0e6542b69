"""Proofs of work by ALTCHA (altcha.org): cheap for one form, expensive for a flood.

A challenge is signed, not stored. The browser finds the number behind its hash and sends both. Each
proof is valid for one capture.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

import msgspec
from altcha.v1 import ChallengeOptions, PayloadType, create_challenge, verify_solution

#: Hashes that a page tries at the most; half of them on average, which takes it about a second.
NUMBER_MAX = 50_000
#: How long a challenge can be answered.
CHALLENGE_SECONDS = 1200
#: How long a used proof is remembered: longer than it could be sent again.
REMEMBERED_MS = (CHALLENGE_SECONDS + 60) * 1000

_TEXT_CHARS_MAX = 1000


class Challenge(msgspec.Struct):
    """A challenge as ALTCHA's widget takes it."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class Fault(StrEnum):
    """Why a capture has no proof that counts, in words for its quarantine."""

    MISSING = "no proof of work"
    WRONG = "the proof of work is wrong or expired"
    USED = "the proof of work was used before"


class _Solution(msgspec.Struct):
    """A solved challenge, as the widget sends it."""

    algorithm: Literal["SHA-256"]
    challenge: str
    number: int
    salt: str
    signature: str


_decoder = msgspec.json.Decoder(_Solution)


def key_of(org_secret: bytes) -> bytes:
    """The key that signs an org's challenges."""
    return hashlib.blake2b(b"altcha", key=org_secret[:64], digest_size=32).digest()


def make_challenge(key: bytes, now: datetime) -> Challenge:
    """A new challenge; takes 15 µs."""
    expires = now + timedelta(seconds=CHALLENGE_SECONDS)
    options = ChallengeOptions(max_number=NUMBER_MAX, hmac_key=key, expires=expires)
    made = create_challenge(options)
    return Challenge(made.algorithm, made.challenge, NUMBER_MAX, made.salt, made.signature)


def check_proof(text: str | None, key: bytes) -> str | Fault:
    """The challenge that a proof (base64 of JSON) solves, or what is wrong; takes 20 µs."""
    if text is None:
        return Fault.MISSING
    try:
        solution = _decoder.decode(b64decode(text[:_TEXT_CHARS_MAX], validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return Fault.WRONG
    solved: PayloadType = {
        "algorithm": solution.algorithm,
        "challenge": solution.challenge,
        "number": solution.number,
        "salt": solution.salt,
        "signature": solution.signature,
    }
    try:
        is_right, _ = verify_solution(solved, key)
    except ValueError:
        return Fault.WRONG
    return solution.challenge if is_right else Fault.WRONG
