from __future__ import annotations

from collections import Counter

import pytest

from app.domain.capture.capture_streams import stream_order

NAMES = [f"for:cont_{number}" for number in range(8_000)]


@pytest.mark.parametrize("streams", range(1, 9))
def test_a_name_has_one_order_of_all_streams(streams: int) -> None:
    for name in NAMES[:100]:
        assert sorted(stream_order(name, streams)) == list(range(streams))
        assert stream_order(name, streams) == stream_order(name, streams)


@pytest.mark.parametrize("choice", [0, 1, 2])
def test_names_spread_evenly_also_those_of_a_stream_that_is_away(choice: int) -> None:
    orders = Counter(stream_order(name, 4)[: choice + 1] for name in NAMES)
    expected = len(NAMES) / len(orders)
    assert len(orders) == (4, 12, 12)[choice]
    assert all(abs(count - expected) < 0.2 * expected for count in orders.values()), orders
