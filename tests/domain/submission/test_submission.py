from __future__ import annotations

import json
from typing import Any

import pytest

from app.domain.contact_fields import LEAD_LENGTHS_MAX
from app.domain.errors import InvalidCapture, InvalidJson
from app.domain.submission.controls import Controls
from app.domain.submission.submission import InvalidAddress, Submission, parse_fields, parse_json

ANN = {"email": "ann@example.com"}


def submission(**fields: Any) -> Submission:
    defaults = dict.fromkeys(Submission.__struct_fields__)
    return Submission(
        **{**defaults, **ANN, "source": "organic", "metadata": {}, "controls": Controls(), **fields}
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (ANN, {}),
        ({"email": " Ann@Example.COM "}, {}),
        ({**ANN, "first_name": " Ann\u00a0", "last_name": "\t"}, {"first_name": "Ann"}),
        ({**ANN, "first_name": "Jose\u0301"}, {"first_name": "José"}),
        ({**ANN, "phone": "\u202a+1 555 1234\u202c"}, {"phone": "+1 555 1234"}),
        ({**ANN, "phone": 5551234}, {"phone": "5551234"}),
        ({**ANN, "phone": 5551234.0}, {"phone": "5551234"}),
        ({**ANN, "phone": {"area": "020", "phone": "7946"}},
         {"phone": "020 7946", "metadata": {"phone": {"area": "020", "phone": "7946"}}}),
        ({**ANN, "phone": {"country": "+44", "number": 123}},
         {"phone": "+44 123", "metadata": {"phone": {"country": "+44", "number": 123}}}),
        ({"name": "Ann Lee <ann@example.com>"},
         {"first_name": "Ann", "last_name": "Lee",
          "metadata": {"name": "Ann Lee <ann@example.com>"}}),
        ({**ANN, "title": True}, {"metadata": {"title": True}}),
        ({**ANN, "title": {"x": 1}}, {"metadata": {"title": {"x": 1}}}),
        ({**ANN, "linkedin": "in/ann"}, {"linkedin_url": "in/ann"}),
        ({**ANN, "fname": "Ann", "LNAME": "Lee"}, {"first_name": "Ann", "last_name": "Lee"}),
        ({**ANN, "name": "Ann Lee"}, {"first_name": "Ann", "last_name": "Lee"}),
        ({**ANN, "name": {"last": "Lee"}},
         {"last_name": "Lee", "metadata": {"name": {"last": "Lee"}}}),
        ({**ANN, "first_name": "Eve", "name": "Ann Lee"},
         {"first_name": "Eve", "metadata": {"name": "Ann Lee"}}),
        ({"Email": "eve@b.co", **ANN}, {"metadata": {"Email": "eve@b.co"}}),
        ({"email": "", "E-Mail": "ann@example.com"}, {}),
        ({"mail": "ann@example.com", "e-mail": "eve@b.co"}, {"metadata": {"e-mail": "eve@b.co"}}),
        ({"email": ["ann@example.com", "eve@b.co"]},
         {"metadata": {"email": ["ann@example.com", "eve@b.co"]}}),
        ({"email": "Ann Lee <ann@example.com>"}, {"first_name": "Ann", "last_name": "Lee"}),
        ({"email": "A Lee <ann@example.com>", "first_name": "Ann", "last_name": "L"},
         {"first_name": "Ann", "last_name": "L", "metadata": {"email": "A Lee <ann@example.com>"}}),
        ({"contact": {"email": "ann@example.com"}, "contact.email": "eve@b.co", "contact.id": 1},
         {"metadata": {"contact": {"email": "ann@example.com"}, "contact.email": "eve@b.co",
                       "contact.id": 1}}),
        ({**ANN, "title": '{"value": "CTO"}'}, {"title": '{"value": "CTO"}'}),
        ({**ANN, "box": '{"value": "CTO"}'}, {"metadata": {"box": '{"value": "CTO"}'}}),
        ({**ANN, "source": "paid"}, {"source": "paid"}),
        ({**ANN, "source": " PAID "}, {"source": "paid"}),
        ({**ANN, "source": ""}, {}),
        ({**ANN, "source": "podcast"}, {"source": "other", "source_detail": "podcast"}),
        (
            {**ANN, "source": "podcast", "source_detail": "#12"},
            {"source": "other", "source_detail": "#12", "metadata": {"source": "podcast"}},
        ),
        ({**ANN, "source": {"a": 1}}, {"metadata": {"source": {"a": 1}}}),
        ({**ANN, "gclid": "x"}, {"source": "paid", "metadata": {"gclid": "x"}}),
        ({**ANN, "id": "1", "stage": "customer"}, {"metadata": {"id": "1", "stage": "customer"}}),
        ({**ANN, "metadata": {"id": 2**64, "x": 1e16, "y": 2**63 - 1, "z": 0.1}},
         {"metadata": {"id": str(2**64), "x": "1e+16", "y": 2**63 - 1, "z": 0.1}}),
        ({**ANN, "metadata": {"email": "eve@b.co"}}, {"metadata": {"email": "eve@b.co"}}),
        ({**ANN, "_gotcha": "", "_hp": None}, {}),
        ({**ANN, "_gotcha": "spam"}, {"controls": Controls(honeypot="_gotcha")}),
        ({**ANN, "_hp": True}, {"controls": Controls(honeypot="_hp")}),
        ({**ANN, "_fill_ms": 900}, {"controls": Controls(fill_ms=900)}),
        ({**ANN, "_fill_ms": "900.5"}, {"controls": Controls(fill_ms=900)}),
        ({**ANN, "_fill_ms": "soon"}, {"metadata": {"_fill_ms": "soon"}}),
        ({**ANN, "_fill_ms": -1}, {"metadata": {"_fill_ms": -1}}),
        ({**ANN, "_redirect": "https://a.co/"}, {"controls": Controls(redirect="https://a.co/")}),
    ],
)  # fmt: skip
def test_fields_come_to_their_places(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    assert parse_fields(fields) == submission(**expected)
    assert parse_json(json.dumps(fields).encode()) == submission(**expected)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"contact": {"email": "ann@example.com", "name": "Ann"}, "title": "Form"},
         {"first_name": "Ann"}),
        ({"owner": {"email": "x@y.co"}, "lead": {"email": "ann@example.com"}}, {}),
        ({"contact": {"email": "ann@example.com"}, "first_name": "Ann"}, {"first_name": "Ann"}),
        ({"a": {"b": {"email": "eve@b.co"}}, "c": {"email": "ann@example.com"}}, {}),
        ({"q1": "ann@example.com", "q2": "no address", "name": "Ann"}, {"first_name": "Ann"}),
        ({"email": "ann@example.com", "profile": {"first_name": "Ann"}}, {"first_name": "Ann"}),
        ({"email": "ann@example.com", "company": {"first_name": "Acme"}}, {}),
        ({"email": "ann@example.com", "name": "Ann", "kin": {"last_name": "X"}},
         {"first_name": "Ann"}),
    ],
)  # fmt: skip
def test_the_object_nearest_to_the_top_that_holds_an_address_speaks_for_the_visitor(
    fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    parsed = parse_fields(fields)

    assert parsed.email == "ann@example.com"
    assert parsed.first_name == expected.get("first_name")
    assert (parsed.last_name, parsed.title) == (None, None)


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (b"{}", {"email"}),
        (b'{"email": null}', {"email"}),
        (b'{"email": "ann"}', {"email"}),
        (b'{"email": "ann", "note": "eve@b.co"}', {"email"}),
        (b'{"email": 12}', {"email"}),
        (b'{"a": "ann@example.com", "b": "eve@b.co"}', {"email"}),
        (b'{"recipient": "ann@example.com"}', {"email"}),
        (b'{"metadata": {"email": "ann@example.com"}}', {"email"}),
        (b'{"email": "a@b.co", "first_name": "\\u0000"}', {"first_name"}),
        (b'{"email": "a@b.co", "note": ["\\ud800"]}', {"note"}),
        (b'{"email": "a@b.co", "\\ud800": 1}', {"\\ud800"}),
        (b'{"email": "a@b.co", "metadata": {"\\u0000": 1}}', {"metadata.\\x00"}),
        (b'{"email": "a@b.co", "metadata": {"n": {"m": NaN}}}', {"metadata.n"}),
        (b'{"email": "a@b.co", "score": -Infinity}', {"score"}),
        (b'{"email": "a@b.co", "score": 1e999}', {"score"}),
        (b'{"email": "a@b.co", "x": ' + b"[" * 40 + b"]" * 40 + b"}", {"x"}),
        (b'{"email": "a", "phone": NaN, "metadata": {"t": "\\u0000"}}',
         {"email", "phone", "metadata.t"}),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_by_field_all_at_once(
    body: bytes, refused: set[str]
) -> None:
    with pytest.raises(InvalidCapture) as caught:
        parse_json(body)

    assert caught.value.fields.keys() == refused


@pytest.mark.parametrize("field", LEAD_LENGTHS_MAX)
def test_a_field_may_be_as_long_as_its_limit_and_no_longer(field: str) -> None:
    longest = "x" * LEAD_LENGTHS_MAX[field]

    assert getattr(parse_fields({**ANN, field: f" {longest} "}), field) == longest
    with pytest.raises(InvalidCapture, match=f"{field}: has .* at most {LEAD_LENGTHS_MAX[field]}"):
        parse_json(json.dumps({**ANN, field: longest + "x"}).encode())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"email": "a@b.co"', "not valid JSON"),
        (b'{"email": "a@b.co"} x', "not valid JSON"),
        (b"[]", "not an object"),
        (b'"ann@example.com"', "not an object"),
        (b"null", "not an object"),
        (b'{"email": "\xff"}', "not UTF-8"),
        (b'{"a": ' + b"[" * 60_000, "nested too deeply"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused_as_a_whole(body: bytes, message: str) -> None:
    with pytest.raises(InvalidJson, match=message):
        parse_json(body)


def test_the_last_of_duplicate_keys_stands() -> None:
    assert parse_json(b'{"email": "x", "email": "ann@example.com"}') == submission()


def test_a_byte_order_mark_is_no_part_of_the_body() -> None:
    assert parse_json(b'\xef\xbb\xbf{"email": "ann@example.com"}') == submission()


def test_a_lead_whose_only_fault_is_the_address_comes_with_all_the_rest() -> None:
    with pytest.raises(InvalidAddress) as caught:
        parse_fields({"email": "ann(at)example.com", "name": "Ann", "phone": "1", "note": "Hi"})

    assert caught.value.submission == submission(
        email="ann(at)example.com", first_name="Ann", phone="1", metadata={"note": "Hi"}
    )


def test_an_address_is_not_the_only_fault_beside_another() -> None:
    with pytest.raises(InvalidCapture) as caught:
        parse_fields({"email": "ann", "phone": "1" * 51})

    assert not isinstance(caught.value, InvalidAddress)


def test_problems_are_bounded_however_many_and_long_the_names() -> None:
    with pytest.raises(InvalidCapture) as caught:
        parse_fields({"x" * 3000 + str(i): "\0" for i in range(50)})

    assert len(caught.value.fields) <= 20
    assert all(len(name) <= 61 for name in caught.value.fields)


def test_what_was_passed_in_is_left_as_it_is() -> None:
    fields = {"contact": {"email": "ann@example.com"}, "contact.phone": "1", "metadata": {"a": ""}}
    before = json.dumps(fields)

    parse_fields(fields)

    assert json.dumps(fields) == before


@pytest.mark.parametrize(("digits", "is_kept"), [(300, True), (400, False), (4_000, False)])
def test_an_integer_is_kept_digit_by_digit_up_to_some_hundreds(digits: int, is_kept: bool) -> None:
    body = b'{"email": "ada@example.com", "n": %s}' % (b"9" * digits)

    if is_kept:
        assert parse_json(body).metadata == {"n": "9" * digits}
    else:
        with pytest.raises(InvalidCapture, match="send it as a text"):
            parse_json(body)


@pytest.mark.parametrize(
    "body",
    [
        b'"{\\"email\\": \\"ada@example.com\\", \\"note\\": \\"a\\\\nb\\"}"',
        b'"[{\\"email\\": \\"ada@example.com\\", \\"note\\": \\"a\\\\nb\\"}]"',
        b'{"email": "ada@example.com", "note": "a\nb"}',
    ],
    ids=["stringified twice", "an array stringified twice", "a line break between quotes"],
)
def test_json_that_pages_get_wrong_is_read_as_it_was_meant(body: bytes) -> None:
    submission = parse_json(body)

    assert (submission.email, submission.metadata) == ("ada@example.com", {"note": "a\nb"})


@pytest.mark.parametrize("body", [b'"ada@example.com"', b'"\\"{}\\""', b'"{"', b'"{\\ud800}"'])
def test_any_other_text_in_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        parse_json(body)
