"""The merge: which value wins, whatever the order of processing."""

from __future__ import annotations

from copy import deepcopy
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.capture.capture import Capture
from app.domain.contact.contact import Contact
from app.domain.contact.contact_metadata import BYTES_MAX, KEYS_MAX
from app.domain.contact.merge import edit_contact, merge_capture, new_contact
from app.domain.contact.register import Register, write_register
from app.domain.contact_fields import LEAD_LENGTHS_MAX
from app.domain.ids import first_ulid_at, new_id
from app.domain.times import now
from app.domain.touch.touch import TOUCH_BYTES_MAX
from app.domain.webhook.event import CONTACT_UPDATED, contact_event, delivery_body

START_MS = 1_773_662_400_000


def stamp_at(second: float) -> str:
    return first_ulid_at(START_MS + int(second * 1000))


def capture_at(second: float, **values: object) -> Capture:
    fields: dict[str, object] = {"source": "organic", **values}
    return Capture(
        id="cap_" + stamp_at(second),
        org_id="org_1",
        contact_id="cont_1",
        email="ada@example.com",
        **fields,  # type: ignore[arg-type]
    )


def merged(*captures: Capture) -> Contact:
    contact = new_contact(captures[0])
    for capture in captures:
        merge_capture(contact, capture)
    return contact


def seen(contact: Contact) -> dict[str, object]:
    hidden = ("write_ids", "version", "sequence", "edited_by_user_since")
    return {f: getattr(contact, f) for f in contact.__struct_fields__ if f not in hidden}


def test_the_latest_value_wins_per_field_and_absence_beats_nothing() -> None:
    contact = merged(
        capture_at(1, first_name="Ada", phone="1"),
        capture_at(2, first_name="Adah"),
        capture_at(3, last_name="Lovelace"),
    )
    assert (contact.first_name, contact.last_name, contact.phone) == ("Adah", "Lovelace", "1")
    assert contact.captures_count == 3


def test_a_late_worker_does_not_overwrite_with_an_older_value() -> None:
    contact = merged(capture_at(2, first_name="new"), capture_at(1, first_name="old"))
    assert contact.first_name == "new"


def test_source_and_creation_belong_to_the_first_capture_whenever_it_is_processed() -> None:
    first = capture_at(1, source="paid", source_detail="ad 7")
    later = capture_at(9, source="email")

    contact = merged(later, first)

    assert (contact.source, contact.source_detail) == ("paid", "ad 7")
    assert contact.created_at == contact.first_captured_at == first.received_at
    assert contact.last_captured_at == later.received_at


def test_metadata_merges_key_by_key() -> None:
    contact = merged(
        capture_at(1, metadata={"a": 1, "b": 1}), capture_at(2, metadata={"b": 2, "c": [3]})
    )
    assert contact.metadata == {"a": 1, "b": 2, "c": [3]}


def test_changes_name_the_fields_that_changed_and_no_others() -> None:
    contact = merged(capture_at(1, first_name="Ada", metadata={"a": 1}))

    assert merge_capture(contact, capture_at(2, first_name="Ada", phone="1")) == ["phone"]
    assert merge_capture(contact, capture_at(3, first_name="Ada", metadata={"a": 1})) == []
    assert merge_capture(contact, capture_at(4, metadata={"a": 2})) == ["metadata"]


def test_once_a_person_moved_the_stage_an_anonymous_capture_only_fills_blanks() -> None:
    contact = merged(capture_at(1, first_name="Ada"))
    edit_contact(contact, {"stage": "customer"}, stamp_at(2))

    merge_capture(contact, capture_at(3, first_name="Mallory", phone="1"))
    merge_capture(contact, capture_at(4, phone="2"))

    assert (contact.first_name, contact.phone, contact.stage) == ("Ada", "1", "customer")


def test_a_keyed_capture_still_overwrites_a_tended_contact() -> None:
    contact = merged(capture_at(1, first_name="Ada"))
    edit_contact(contact, {"stage": "customer"}, stamp_at(2))
    merge_capture(contact, capture_at(3, first_name="Adah", keyed=True))
    assert contact.first_name == "Adah"


def test_a_capture_from_before_the_stage_was_moved_overwrites_although_it_comes_late() -> None:
    contact = merged(capture_at(1, first_name="Ada"))
    edit_contact(contact, {"stage": "customer"}, stamp_at(5))
    merge_capture(contact, capture_at(6, phone="fill"))
    merge_capture(contact, capture_at(4, first_name="Adah", phone="write"))
    assert (contact.first_name, contact.phone) == ("Adah", "write")


def test_back_in_stage_lead_captures_overwrite_again() -> None:
    contact = merged(capture_at(1, first_name="Ada"))
    edit_contact(contact, {"stage": "customer"}, stamp_at(2))
    edit_contact(contact, {"stage": "lead"}, stamp_at(3))
    merge_capture(contact, capture_at(4, first_name="Adah"))
    assert contact.first_name == "Adah"


def test_an_edit_clears_with_none_and_tells_what_changed() -> None:
    contact = merged(capture_at(1, first_name="Ada", metadata={"a": 1, "b": 2}))

    changed = edit_contact(
        contact, {"first_name": None, "last_name": None, "metadata": {"a": None}}, stamp_at(2)
    )

    assert changed == ["first_name", "metadata"]
    assert contact.first_name is None
    assert contact.metadata == {"b": 2}


def test_an_older_capture_does_not_bring_back_what_a_person_cleared() -> None:
    contact = merged(capture_at(1, first_name="Ada"))
    edit_contact(contact, {"first_name": None}, stamp_at(3))
    merge_capture(contact, capture_at(2, first_name="Adah"))
    assert contact.first_name is None


def test_a_source_that_a_person_set_stays() -> None:
    contact = merged(capture_at(5, source="paid"))
    edit_contact(contact, {"source": "event"}, stamp_at(6))
    merge_capture(contact, capture_at(1, source="email"))
    assert contact.source == "event"


def test_of_too_many_metadata_keys_the_least_recent_leave() -> None:
    captures = [capture_at(n, metadata={f"k{n}.{i}": i for i in range(100)}) for n in range(1, 8)]
    contact = merged(*captures)
    assert len(contact.metadata) == KEYS_MAX
    assert {key.split(".")[0] for key in contact.metadata} == {"k3", "k4", "k5", "k6", "k7"}


def test_what_visitors_send_cannot_fatten_a_contact() -> None:
    contact = merged(*(capture_at(n, metadata={f"k{n}": "ß" * 7000}) for n in range(1, 40)))
    assert contact.metadata.keys() == {"k38", "k39"}
    assert len(msgspec.json.encode(contact.metadata)) <= BYTES_MAX
    # The memory of the merge, neither.
    assert len(contact.write_ids) < 10


def test_a_body_about_the_fattest_contact_stays_under_64_kib() -> None:
    longest = {name: "ß" * chars_max for name, chars_max in LEAD_LENGTHS_MAX.items()}
    contact = merged(
        *(
            capture_at(
                n,
                **longest,
                metadata={f"k{n}": "ß" * 8000},
                touches=[{"utm_source": f"{n}" + "x" * (TOUCH_BYTES_MAX - 20)}],
            )
            for n in range(1, 40)
        )
    )
    event = contact_event(new_id("evt"), CONTACT_UPDATED, contact, ["metadata"], now())
    body = delivery_body(event.id, event.type, event.occurred_at, event.data)
    assert 16 * 1024 < len(body) < 64 * 1024


def test_visitors_displace_nothing_that_a_user_wrote() -> None:
    contact = merged(capture_at(1))
    edit_contact(contact, {"stage": "customer", "metadata": {"plan": "x" * 14_000}}, stamp_at(2))
    for n in range(3, 9):
        merge_capture(contact, capture_at(n, metadata={f"k{n}": "y" * 14_000}))
    assert contact.metadata.keys() == {"plan", "k8"}


BLANK = Register(None, None, None)


@pytest.mark.parametrize(
    ("register", "value", "write_id", "fill", "expected"),
    [
        (BLANK, "a", "1", False, Register("a", "1", None)),
        (BLANK, "a", "1", True, Register("a", None, "1")),
        (Register("a", "1", None), "b", "2", False, Register("b", "2", None)),
        (Register("a", "2", None), "b", "1", False, Register("a", "2", None)),
        (Register("a", "1", None), "b", "1", False, Register("a", "1", None)),
        (Register("a", "1", None), "b", "2", True, Register("a", "1", None)),
        (Register("a", None, "2"), "b", "1", True, Register("b", None, "1")),
        (Register("a", None, "1"), "b", "2", True, Register("a", None, "1")),
        (Register("a", None, "3"), "b", "1", False, Register("b", "1", None)),
        (Register("a", "1", None), None, "2", False, Register(None, "2", None)),
        (Register(None, "2", None), "b", "3", True, Register("b", "2", "3")),
        (Register(None, "2", None), "b", "1", True, Register(None, "2", None)),
        (Register("b", None, "3"), None, "2", False, Register("b", "2", "3")),
    ],
)
def test_writing_a_slot(
    register: Register, value: object, write_id: str, fill: bool, expected: Register
) -> None:
    assert write_register(register, value, write_id, fill=fill) == expected


@given(st.permutations(range(5)), st.booleans())
def test_writes_leave_the_same_slot_in_any_order(order: list[int], clear: bool) -> None:
    # Two writes and three fills; all fills come after the first write.
    writes = [
        (None if clear else "s1", "1", False),
        ("w2", "2", True),
        ("w3", "3", True),
        ("w4", "4", True),
        ("s0", "0", False),
    ]

    def final(sequence: list[int]) -> object:
        register = BLANK
        for index in sequence:
            value, write_id, fill = writes[index]
            register = write_register(register, value, write_id, fill=fill)
        return register.value

    fills_after_the_writes = [i for i in order if not writes[i][2]] + [
        i for i in order if writes[i][2]
    ]
    assert final(fills_after_the_writes) == final([4, 0, 1, 2, 3])


def test_the_end_state_does_not_depend_on_the_order_of_processing() -> None:
    captures = [
        capture_at(1, first_name="a", source="paid", metadata={"k": 1}),
        capture_at(2, phone="b", source="email", metadata={"k": 2, "l": 1}),
        capture_at(3, first_name="c", last_name="c"),
        capture_at(4, metadata={"l": {"deep": [1]}}),
    ]
    base = merged(capture_at(0.5, title="t"))
    edit_contact(base, {"stage": "prospect"}, stamp_at(2.5))

    ends = []
    for order in permutations(captures):
        contact = deepcopy(base)
        for capture in order:
            merge_capture(contact, capture)
        ends.append(seen(contact))

    assert all(end == ends[0] for end in ends)
