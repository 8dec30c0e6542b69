from __future__ import annotations

from app.queue.brake import FAILURES_BEFORE_BRAKING, LONGEST_PAUSE_SECONDS, Brake


def fail(brake: Brake, count: int) -> None:
    for number in range(count):
        brake.record(b"%d" % number, failed=True)


def test_the_brake_is_on_when_everything_fails() -> None:
    brake = Brake()
    fail(brake, FAILURES_BEFORE_BRAKING - 1)
    assert brake.pause_seconds() == 0.0
    fail(brake, FAILURES_BEFORE_BRAKING)
    assert brake.pause_seconds() > 0


def test_pauses_grow_up_to_a_limit() -> None:
    brake = Brake()
    fail(brake, FAILURES_BEFORE_BRAKING)
    pauses = []
    for _ in range(100):
        pauses.append(brake.pause_seconds())
        brake.record(b"probe", failed=True)
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.1
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_one_success_lets_everything_go() -> None:
    brake = Brake()
    fail(brake, 100)
    brake.record(b"good", failed=False)
    assert brake.pause_seconds() == 0.0


def test_one_bad_message_never_brakes_the_others() -> None:
    brake = Brake()
    for _ in range(100):
        brake.record(b"bad", failed=True)
    assert brake.pause_seconds() == 0.0
