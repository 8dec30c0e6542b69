"""Attribution: the first touch, the last, and up to ten, in whatever order captures come."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.capture.capture import Capture
from app.domain.contact.attribution import Attribution, attribution_view, merge_touches
from app.domain.contact.contact import Contact
from app.domain.contact.merge import edit_contact, merge_capture, new_contact
from app.domain.ids import first_ulid_at
from app.domain.submission.submission import parse_fields
from app.domain.times import parse_rfc3339, rfc3339
from app.domain.touch.touch import TOUCH_BYTES_MAX, TOUCHES_MAX, Touch

NOON = parse_rfc3339("2026-03-16T12:00:00Z")
ANN = {"email": "ann@example.com"}
AD: dict[str, Any] = {"utm_source": "google", "gclid": "1"}


def at(second: int) -> str:
    return f"2026-03-16T12:{second // 60:02}:{second % 60:02}Z"


def capture_at(second: int, *, keyed: bool = False, **sent: Any) -> Capture:
    """A capture as `POST /capture` makes it of these fields, received that many seconds past."""
    ulid = first_ulid_at(int(NOON.timestamp() + second) * 1000)
    submission = parse_fields({**ANN, **sent})
    return Capture(
        "ann@example.com",
        id=f"cap_{ulid}",
        org_id="org_1",
        contact_id="cont_1",
        keyed=keyed,
        source=submission.source,
        metadata=submission.metadata,
        touches=submission.controls.touches,
    )


def merged(*captures: Capture) -> Contact:
    contact = new_contact(captures[0])
    for capture in captures:
        merge_touches(contact, capture, capture.write_id, capture.received_at)
        # As it comes back from a jsonb column: with its keys in another order.
        contact.attribution = [dict(sorted(touch.items())) for touch in contact.attribution]
    return contact


def attribution(*captures: Capture) -> Attribution:
    return attribution_view(merged(*captures).attribution)


def touches_of(*captures: Capture) -> list[Touch]:
    """All touches that are shown, the first and the last among them."""
    shown = attribution(*captures)
    assert shown.first is not None
    assert shown.last is not None
    ends = [shown.first] if shown.last is shown.first else [shown.first, shown.last]
    return [*ends[:1], *shown.between, *ends[1:]]


def test_a_capture_is_a_touch_with_its_parameters_and_pages_at_the_time_it_came() -> None:
    page: dict[str, Any] = {
        "referrer": "https://news.example/",
        "landing_page": "https://a.example/x",
    }
    sent = capture_at(5, hidden=AD, message="hi", **page)
    touch = {"at": at(5), **AD, **page}
    assert attribution(sent) == Attribution(touch, touch, [])


def test_the_first_touch_is_that_of_the_first_capture_also_when_that_is_processed_later() -> None:
    shown = attribution(capture_at(9, utm_source="b"), capture_at(2, **AD))
    assert (shown.first, shown.last) == ({"at": at(2), **AD}, {"at": at(9), "utm_source": "b"})


def test_what_the_browser_kept_is_told_once_and_never_later_than_its_capture() -> None:
    kept = [{"at": at(1), **AD}, {"at": at(50), "utm_source": "b"}]
    again = [*kept[:1], {"utm_source": "c"}]
    shown = touches_of(capture_at(9, _touches=kept), capture_at(20, _touches=again))
    assert shown == [
        {"at": at(1), **AD},
        {"at": at(9), "utm_source": "b"},
        {"at": at(20), "utm_source": "c"},
    ]


def test_of_many_touches_the_first_and_the_nine_latest_are_shown() -> None:
    shown = touches_of(*(capture_at(n) for n in range(30)))
    assert [touch["at"] for touch in shown] == [at(0), *(at(n) for n in range(21, 30))]


def test_visitors_displace_nothing_that_a_keyed_caller_told() -> None:
    told = capture_at(1, keyed=True, **AD)
    shown = touches_of(capture_at(0), told, *(capture_at(n) for n in range(2, 40)))
    assert {"at": at(1), **AD, "keyed": True} in shown
    assert len(shown) == TOUCHES_MAX
    forged = capture_at(3, _touches=[{"at": at(1), "keyed": True, "owner": "me"}])
    assert touches_of(forged) == [{"at": at(1)}]


def test_a_capture_before_an_edit_or_after_it_leaves_the_source_that_a_person_set() -> None:
    contact = merged(capture_at(5, **AD))
    edit_contact(contact, {"source": "event"}, first_ulid_at(int(NOON.timestamp() + 9) * 1000))
    merge_capture(contact, capture_at(1))
    assert contact.source == "event"
    assert contact.attribution[0] == {"at": at(1)}


def test_touches_are_bounded_however_large_they_are_sent() -> None:
    names = ("utm_medium", "utm_term", "gclid", "referrer", "landing_page")
    large = dict.fromkeys(names, "x" * 400)
    sent = [large | {"utm_source": "news"}] * 20
    captures = [capture_at(n, _touches=sent) for n in range(20)]
    shown = touches_of(*captures)
    assert max(len(msgspec.json.encode(touch)) for touch in shown) <= TOUCH_BYTES_MAX
    assert shown[0]["utm_source"] == "news"


@pytest.mark.parametrize("sent", ["x", 1, {"at": 1}, ["x"], [1], [[]]])
def test_what_is_no_list_of_touches_stays_a_field(sent: object) -> None:
    submission = parse_fields({**ANN, "_touches": sent})
    assert submission.metadata == {"_touches": sent}
    assert submission.controls.touches == []


@pytest.mark.parametrize("moment", ["", "yesterday", 7, None, "0001-01-01T00:00:00+23:00"])
def test_a_time_that_is_none_is_that_of_the_capture(moment: object) -> None:
    assert touches_of(capture_at(3, _touches=[{"at": moment}])) == [{"at": at(3)}]


def told(second: int, keyed: bool, touches: list[tuple[int, str]] | None) -> Capture:
    sent = [{"at": at(when), "utm_source": name} for when, name in touches or []]
    return capture_at(second, keyed=keyed, **({"_touches": sent} if sent else {}))


touch_lists = st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abc")), max_size=10)
histories = st.lists(
    st.builds(told, st.integers(0, 60), st.booleans(), st.none() | touch_lists),
    min_size=1,
    max_size=14,
    unique_by=lambda capture: capture.id,
)


@given(histories, st.randoms(use_true_random=False))
def test_the_end_state_does_not_depend_on_the_order_of_processing(
    captures: list[Capture], random: Any
) -> None:
    shuffled = random.sample(captures, len(captures))
    assert attribution(*shuffled) == attribution(*captures)
    shown = touches_of(*captures)
    earliest = min(captures, key=lambda capture: capture.id)
    assert str(shown[0]["at"]) <= rfc3339(earliest.received_at)
    assert len(shown) <= TOUCHES_MAX
    assert all(shown.count(touch) == 1 for touch in shown)


def test_a_capture_that_is_merged_again_changes_nothing() -> None:
    captures = [capture_at(n, **AD) for n in range(3)]
    for order in permutations(captures):
        assert attribution(*order, *order) == attribution(*captures)
