"""Proofs of work: what counts, whose, and for how long."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from altcha.v1 import solve_challenge

from app.domain.spam.proof import CHALLENGE_SECONDS, Challenge, Fault, check_proof, make_challenge
from app.domain.times import now
from tests.domain.spam.cpu import fastest

KEY = b"k" * 32


def encode(solution: object) -> str:
    return b64encode(json.dumps(solution).encode()).decode()


def solve(challenge: Challenge, **changed: Any) -> str:
    """What the page sends, with something changed."""
    found = solve_challenge(challenge.challenge, challenge.salt, "SHA-256", challenge.maxnumber)
    assert found is not None
    given = msgspec.structs.asdict(challenge) | {"number": found.number} | changed
    return encode({name: value for name, value in given.items() if name != "maxnumber"})


def test_a_solved_challenge_counts_as_itself() -> None:
    challenge = make_challenge(KEY, now())
    assert check_proof(solve(challenge), KEY) == challenge.challenge


@pytest.mark.parametrize(
    "forge",
    [
        lambda c: solve(c, number=-1),
        lambda c: solve(c, salt=c.salt.replace("expires=", "expires=9")),
        lambda c: solve(c, algorithm="SHA-1"),
        lambda c: solve(c, signature=""),
        lambda c: solve(c, number="12"),
        lambda c: encode([]),
        lambda c: encode({"number": 1}),
        lambda c: b64encode(b"[" * 700).decode(),
        lambda c: "not base64",
        lambda c: "é",
        lambda c: "",
        lambda c: "A" * 100_000,
    ],
)
def test_anything_else_is_wrong(forge: Callable[[Challenge], str]) -> None:
    assert check_proof(forge(make_challenge(KEY, now())), KEY) is Fault.WRONG


def test_a_challenge_of_another_org_or_an_old_one_is_wrong() -> None:
    late = make_challenge(KEY, now() - timedelta(seconds=CHALLENGE_SECONDS + 5))
    other = make_challenge(b"o" * 32, now())
    assert [check_proof(solve(each), KEY) for each in (late, other)] == [Fault.WRONG] * 2
    assert check_proof(None, KEY) is Fault.MISSING


def test_checking_costs_no_more_than_a_few_signatures() -> None:
    proof = solve(make_challenge(KEY, now()))
    checking, signing = fastest(
        lambda: check_proof(proof, KEY), lambda: hmac.digest(KEY, b"x" * 100, "sha256")
    )
    assert checking < 15 * signing
