"""Of several Sentinels the newest configuration counts, not the first answer."""

from __future__ import annotations

import pytest

from app.queue.sentinels import Answer, answer_of, newest_primary
from config.redis_url import Host

OLD, NEW = ("10.0.0.1", 6379), ("10.0.0.2", 6379)


@pytest.mark.parametrize(
    ("answers", "primary"),
    [
        ([], None),
        ([Answer(OLD, 3, True)], OLD),
        ([Answer(OLD, 3, False)], None),
        # One of them cannot reach it, the others can.
        ([Answer(OLD, 3, False), Answer(OLD, 3, True)], OLD),
        # The first was cut off while the others promoted another.
        ([Answer(OLD, 3, True), Answer(NEW, 4, True), Answer(NEW, 4, True)], NEW),
        # The newest configuration's primary is down as well: no way back to the old one.
        ([Answer(OLD, 3, True), Answer(NEW, 4, False)], None),
    ],
)
def test_the_newest_configuration_counts(answers: list[Answer], primary: Host | None) -> None:
    assert newest_primary(answers) == primary


@pytest.mark.parametrize(
    ("primary", "changed", "is_up"),
    [
        (OLD, {}, True),
        (OLD, {"is_sdown": True}, False),
        (OLD, {"is_odown": True}, False),
        (OLD, {"is_master": False}, False),
        # Promoted already; the state tells of the old primary until all replicas follow.
        (NEW, {"is_sdown": True, "is_odown": True}, True),
    ],
)
def test_a_server_that_a_sentinel_thinks_down_is_not_up(
    primary: Host, changed: dict[str, bool], is_up: bool
) -> None:
    state = {"ip": OLD[0], "port": OLD[1], "config-epoch": 3}
    flags = {"is_master": True, "is_sdown": False, "is_odown": False, **changed}
    assert answer_of(primary, {**state, **flags}) == Answer(primary, 3, is_up)
