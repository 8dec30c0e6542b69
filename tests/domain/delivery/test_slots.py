from __future__ import annotations

import pytest

from app.domain.delivery.slots import Demand, Held, grant, kept_for_retries


def proven(name: str, wanted: int, *, held: int = 0, org: str | None = None) -> Demand:
    return Demand(name, org or name, True, held, wanted)


def unproven(name: str, wanted: int, *, held: int = 0, org: str | None = None) -> Demand:
    return Demand(name, org or name, False, held, wanted)


CASES = {
    "one webhook gets what it wants": ([proven("a", 7)], {"a": 7}),
    "and leaves a reserve to others": ([proven("a", 500)], {"a": 90}),
    "what is held counts": ([proven("a", 500, held=80)], {"a": 10}),
    "two share": ([proven("a", 500), proven("b", 500)], {"a": 45, "b": 45}),
    "who holds little may have the reserve": ([proven("a", 9, held=95), proven("b", 9)], {"b": 5}),
    "a webhook with a quarter of the slots waits for the others": (
        [proven("a", 500, held=25), *(proven(f"b{n}", 20, held=10) for n in range(6))],
        {f"b{n}": 1 for n in range(5)},
    ),
    "who holds less goes first": (
        [proven("a", 500, held=60), proven("b", 500)],
        {"b": 30},
    ),
    "a webhook that wants little leaves the rest": (
        [proven("a", 500), proven("b", 3)],
        {"a": 87, "b": 3},
    ),
    "unproven webhooks stay behind the bulkhead": ([unproven("a", 500)], {"a": 60}),
    "however many they are": (
        [unproven(f"u{n:02}", 1) for n in range(80)] + [proven("a", 500)],
        {**{f"u{n:02}": 1 for n in range(60)}, "a": 30},
    ),
    "first slots go before second ones": (
        [unproven("a", 500, held=1), *(unproven(f"u{n:02}", 9) for n in range(59))],
        {f"u{n:02}": 1 for n in range(59)},
    ),
    "hanging webhooks do not keep a healthy one waiting": (
        [unproven(f"u{n:02}", 500, held=1) for n in range(60)] + [proven("a", 5)],
        {"a": 5},
    ),
    "a noisy org waits for a quiet one": (
        [
            *(proven(f"n{n}", 500, held=8, org="noisy") for n in range(10)),
            *(proven(f"q{n}", 2, held=1, org="quiet") for n in range(5)),
        ],
        {f"q{n}": 1 for n in range(5)},
    ),
    "a noisy org may have all that nobody else wants": (
        [proven("a", 500, held=50, org="noisy")],
        {"a": 40},
    ),
    "nothing is free": ([proven("a", 5, held=100), proven("b", 5)], {}),
    "a smaller bulkhead than what is held": (
        [unproven("a", 5, held=70), unproven("b", 5), proven("c", 5)],
        {"c": 5},
    ),
}


@pytest.mark.parametrize(("demands", "granted"), CASES.values(), ids=CASES)
def test_who_gets_the_next_slots(demands: list[Demand], granted: dict[str, int]) -> None:
    held = Held()
    for each in demands:
        held.add(each.org_id, each.in_flight, proven=each.proven)
    assert grant(100, held, demands) == granted


@pytest.mark.parametrize(
    ("wanted", "chance", "kept"),
    [
        (100, 0.0, 10),
        (10, 0.0, 1),
        (32, 0.5, 3),
        (5, 0.4, 0),
        (5, 0.5, 1),
        (1, 0.89, 0),
        (1, 0.95, 1),
    ],
)
def test_retries_keep_a_tenth_of_what_a_webhook_starts(
    wanted: int, chance: float, kept: int
) -> None:
    assert kept_for_retries(wanted, chance) == kept
