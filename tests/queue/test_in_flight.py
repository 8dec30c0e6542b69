from __future__ import annotations

import threading
import time

from app.queue.in_flight import MOST_UNSETTLED, InFlight


def test_room_is_what_the_prefetch_leaves() -> None:
    in_flight = InFlight()
    in_flight.take([b"a", b"b"])
    assert in_flight.wait_for_room(5, 0) == 3
    assert in_flight.wait_for_room(2, 0) == 0


def test_a_finished_message_makes_room_before_redis_knows() -> None:
    in_flight = InFlight()
    in_flight.take([b"a", b"b"])
    in_flight.finish(b"a", failed=False)
    assert in_flight.wait_for_room(2, 0) == 1


def test_waiting_for_room_ends_when_a_message_has_run() -> None:
    in_flight = InFlight()
    in_flight.take([b"a"])
    threading.Timer(0.05, in_flight.finish, [b"a"], {"failed": False}).start()
    began = time.monotonic()
    assert in_flight.wait_for_room(1, 5) == 1
    assert time.monotonic() - began < 2


def test_a_message_is_held_until_redis_has_answered() -> None:
    in_flight = InFlight()
    in_flight.take([b"a", b"b"])
    in_flight.finish(b"a", failed=False)
    in_flight.finish(b"b", failed=True)
    assert in_flight.begin_telling() == ([b"a"], [b"b"])
    assert sorted(in_flight.held()) == [b"a", b"b"]
    in_flight.told()
    assert in_flight.held() == []


def test_what_could_not_be_told_is_told_again() -> None:
    in_flight = InFlight()
    in_flight.finish(b"a", failed=False)
    in_flight.begin_telling()
    in_flight.finish(b"b", failed=True)
    in_flight.not_told()
    assert in_flight.begin_telling() == ([b"a"], [b"b"])


def test_nothing_more_is_fetched_while_too_much_is_untold() -> None:
    in_flight = InFlight()
    for number in range(MOST_UNSETTLED):
        in_flight.finish(b"%d" % number, failed=False)
    assert in_flight.wait_for_room(16, 0) == 0


def test_who_waits_for_room_for_several_goes_on_when_several_have_run() -> None:
    in_flight = InFlight()
    in_flight.take([b"a", b"b", b"c"])
    rooms: list[int] = []
    waiter = threading.Thread(target=lambda: rooms.append(in_flight.wait_for_room(3, 10, 2)))
    waiter.start()
    in_flight.finish(b"a", failed=False)
    waiter.join(0.2)
    assert waiter.is_alive()
    in_flight.finish(b"b", failed=False)
    waiter.join(10)
    assert rooms == [2]
