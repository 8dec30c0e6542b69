"""What is remembered of captures, for how long, and in how much memory."""

from __future__ import annotations

import pytest

from app.domain.spam_score.history import (
    KEYS_MAX,
    MEMBERS_MAX,
    WINDOW_SECONDS,
    DistinctCounter,
    History,
    Seen,
    keys_of,
    place_of,
)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", ("192.0.2.7", "192.0.2")),
        ("2001:db8:1:2:3::4", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("127.0.0.1", ("", "")),
        ("::1", ("", "")),
        ("::ffff:10.1.2.3", ("", "")),
        ("192.168.1.7:4711", ("", "")),
        ("fd00::7", ("", "")),
        (None, ("", "")),
        ("_hidden:80", ("", "")),
        ("unknown", ("", "")),
    ],
)
def test_an_address_stands_for_its_subscriber_and_its_network(
    address: str | None, place: tuple[str, str]
) -> None:
    assert place_of(address) == place


def test_distinct_contacts_of_the_same_org_count() -> None:
    history = History()
    for number, contact in enumerate(["a", "b", "a"]):
        keys = keys_of("org_1", contact, f"192.0.2.{number % 2}", "t")
        history.see(keys, 0.0)
        if contact == "b":
            history.add_spam(keys, 0.0)

    assert history.see(keys_of("org_1", "c", "192.0.2.1", "t"), 0.0) == Seen(2, 1, 2, 1, 1)
    assert history.see(keys_of("org_1", "b", "192.0.2.1", ""), 0.0) == Seen(0, 1, 2, 0, 0)
    assert history.see(keys_of("org_2", "c", "192.0.2.1", "t"), 0.0) == Seen()
    assert history.see(keys_of("org_1", "d", None, "t"), 0.0) == Seen(text=3)


@pytest.mark.parametrize(
    ("later", "others"),
    [(WINDOW_SECONDS - 1, 1), (WINDOW_SECONDS + 1, 1), (2 * WINDOW_SECONDS + 1, 0)],
)
def test_a_member_is_remembered_for_one_to_two_windows(later: float, others: int) -> None:
    counter = DistinctCounter()
    counter.add("key", "a", 0.0)
    counter.add("other", "b", later)

    assert counter.others("key", "z") == others


def test_memory_is_bounded() -> None:
    counter = DistinctCounter(keys_max=100)
    for number in range(1000):
        counter.add("busy", str(number), 0.0)
        counter.add(f"key {number}", "a", 0.0)

    known = [number for number in range(1000) if counter.others(f"key {number}", "z")]
    assert len(known) <= 200
    assert counter.others("busy", "z") <= 2 * MEMBERS_MAX
    assert KEYS_MAX * MEMBERS_MAX < 1_000_000
