"""Ids sort by time, never repeat, and a contact's is always the same."""

from __future__ import annotations

import pytest

from app.domain.ids import (
    Ulids,
    derive_contact_id,
    encode_ulid,
    first_ulid_at,
    is_id,
    milliseconds_of,
    new_id,
    ulid_of,
)

SECRET = b"s" * 32


def test_a_ulid_is_the_documented_base_32_of_its_128_bits() -> None:
    assert encode_ulid(0) == "0" * 26
    assert encode_ulid(2**128 - 1) == "7" + "Z" * 25
    assert encode_ulid(31) == "0" * 25 + "Z"


def test_ids_of_one_process_rise_even_when_the_clock_steps_back() -> None:
    ticks = iter([5_000_000, 5_000_000, 3_000_000, 6_000_000])
    ulids = Ulids(clock_ns=lambda: next(ticks))

    made = [ulids.next() for _ in range(4)]

    assert made == sorted(made)
    assert len(set(made)) == 4


def test_an_id_tells_when_it_was_made() -> None:
    ulids = Ulids(clock_ns=lambda: 1_773_662_400_123_000_000)
    assert milliseconds_of("cap_" + ulids.next()) == 1_773_662_400_123


def test_the_first_stamp_of_a_millisecond_comes_before_every_id_of_it() -> None:
    stamp = ulid_of(new_id("cap"))
    assert (
        first_ulid_at(milliseconds_of(stamp)) <= stamp < first_ulid_at(milliseconds_of(stamp) + 1)
    )


def test_a_contact_id_depends_on_address_secret_and_org_alone() -> None:
    first = derive_contact_id(1_700_000_000_000, SECRET, "ada@example.com")

    assert first == derive_contact_id(1_700_000_000_000, SECRET, "ada@example.com")
    assert is_id(first, "cont")
    assert milliseconds_of(first) == 1_700_000_000_000
    assert first != derive_contact_id(1_700_000_000_000, SECRET, "bob@example.com")
    assert first != derive_contact_id(1_700_000_000_000, b"t" * 32, "ada@example.com")
    assert first != derive_contact_id(1_700_000_000_001, SECRET, "ada@example.com")


@pytest.mark.parametrize(
    ("text", "prefix", "expected"),
    [
        ("whk_01ARZ3NDEKTSV4RRFFQ69G5FAV", "whk", True),
        ("whk_01ARZ3NDEKTSV4RRFFQ69G5FAV", "evt", False),
        ("whk_01arz3ndektsv4rrffq69g5fav", "whk", False),
        ("whk_81ARZ3NDEKTSV4RRFFQ69G5FAV", "whk", False),
        ("whk_01ARZ3NDEKTSV4RRFFQ69G5FA", "whk", False),
        ("whk_01ARZ3NDEKTSV4RRFFQ69G5FAV\n", "whk", False),
        ("'; drop table webhooks", "whk", False),
    ],
)
def test_only_well_formed_ids_are_ids(text: str, prefix: str, expected: bool) -> None:
    assert is_id(text, prefix) is expected
