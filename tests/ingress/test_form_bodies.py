"""What programs and old pages send in place of a well-made form."""

from __future__ import annotations

import pytest

from app.domain.errors import InvalidCapture, InvalidJson
from app.ingress.forms import FIELDS_MAX
from app.ingress.reading import decode_body

FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data; boundary=B"


@pytest.mark.parametrize(
    "body",
    [
        "email=ann@example.com&name=Ann+Lee",
        "email=ann%40example.com&name=Ann%20Lee\n",
        " email=ann%40example.com&name=Ann%20Lee",
        "email=ann@example.com\r\nname=Ann Lee\r\n",
        "email=ann@example.com\nname=Ann Lee",
        '{"email": "ann@example.com", "name": "Ann Lee"}',
        '[{"email": "ann@example.com", "name": "Ann Lee"}]',
    ],
)
def test_text_is_json_when_it_begins_as_such_and_a_form_otherwise(body: str) -> None:
    submission = decode_body(body.encode(), "text/plain;charset=UTF-8").submission()

    assert submission.email == "ann@example.com"
    assert (submission.first_name, submission.last_name) == ("Ann", "Lee")
    assert submission.metadata == {}


@pytest.mark.parametrize("name", ["voilà", "Å", "\u00a0x\u00a0", "x\u0085"])
def test_a_text_that_was_not_encoded_may_end_with_any_byte(name: str) -> None:
    submission = decode_body(f"email=a@b.co&note={name}".encode(), FORM_TYPE).submission()

    assert submission.metadata == {"note": name.strip()}


def test_a_value_in_a_plain_text_form_may_have_several_lines() -> None:
    body = b"email=ann@example.com\r\nmessage=100% & more\r\nsecond line\r\nx=\r\n"

    submission = decode_body(body, "text/plain").submission()

    assert submission.metadata == {"message": "100% & more\r\nsecond line"}


@pytest.mark.parametrize(
    ("body", "address"),
    [
        (b"email=ann+news@example.com", "ann+news@example.com"),
        (b"email=ann+news%40example.com", "ann+news@example.com"),
        (b"Your+e-mail=ann+a+b@example.com", "ann+a+b@example.com"),
        (b"contact[email]=ann+news@example.com", "ann+news@example.com"),
        (b"email=ann%2Bnews@example.com", "ann+news@example.com"),
        (b"email=+ann@example.com+", "ann@example.com"),
        (b"email=Ann+Lee+<ann@example.com>", "ann@example.com"),
        (b"email=Ann+Lee+%3Cann@example.com%3E", "ann@example.com"),
    ],
)
def test_a_plus_in_an_address_needs_no_encoding(body: bytes, address: str) -> None:
    for content_type in (FORM_TYPE, "text/plain"):
        assert decode_body(body, content_type).submission().email == address


def test_a_plus_is_a_blank_everywhere_else() -> None:
    body = b"email=a@b.co&message=write+to+me@b.co&first_name=Ann+Mary"

    submission = decode_body(body, FORM_TYPE).submission()

    assert submission.metadata == {"message": "write to me@b.co"}
    assert submission.first_name == "Ann Mary"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"100%", "100%"),
        (b"%zz%4", "%zz%4"),
        (b"%5C%22%0A%0d%25", '\\"\n\r%'),
        (b'\\"%5c', '\\"\\'),
        (b"%E2%82%AC%e2%82%ac", "€€"),
        (b"%00x", None),
    ],
)
def test_percent_signs_are_decoded_where_they_encode_something(
    value: bytes, text: str | None
) -> None:
    received = decode_body(b"email=a@b.co&note=x" + value + b"x", FORM_TYPE)

    if text is None:
        with pytest.raises(InvalidCapture, match="NUL"):
            received.submission()
    else:
        assert received.submission().metadata == {"note": f"x{text}x"}


@pytest.mark.parametrize(
    "body",
    [
        b'--B\r\ncontent-disposition: form-data; name=email\r\n\r\nann@example.com\r\n--B--',
        b'--B\nContent-Disposition: form-data; name="email"\n\nann@example.com\n--B--\n',
        b'pre\r\n--B \r\nContent-Disposition: form-data; NAME="email"\r\nX: y\r\n\r\n'
        b"ann@example.com\r\n--B--\r\nepilogue",
        b'--B\r\nContent-Disposition: form-data; name="empty"\r\n\r\n--B\r\nContent-Disposition:'
        b' form-data;\r\n name="email"\r\n\r\nann@example.com\r\n--B--',
    ],
)  # fmt: skip
def test_multipart_is_read_as_programs_write_it(body: bytes) -> None:
    submission = decode_body(body, MULTIPART_TYPE).submission()

    assert (submission.email, submission.metadata) == ("ann@example.com", {})


def test_a_quote_in_the_name_of_a_part_is_part_of_the_name() -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\na@b.co\r\n'
        b'--B\r\nContent-Disposition: form-data; name="my \\"best\\" pick"\r\n\r\nx\r\n--B--'
    )

    assert decode_body(body, MULTIPART_TYPE).submission().metadata == {'my "best" pick': "x"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"--BB\r\n\r\n\r\n--B--", "followed by other text"),
        (b"--B\r\nno header\r\n\r\nx\r\n--B--", "no header"),
        (b"--B\r\n" + b"a: b\r\n" * 17 + b"\r\nx\r\n--B--", "more than 16 headers"),
        (b"--B\r\nContent-Disposition: form-data\r\n--B", "not whole"),
    ],
)
def test_what_is_no_multipart_form_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidJson, match=reason):
        decode_body(body, MULTIPART_TYPE)


def test_of_more_parts_than_are_read_those_with_an_address_are() -> None:
    part = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    lead = b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\na@b.co\r\n'

    submission = decode_body(part * 900 + lead + part * 9 + b"--B--", MULTIPART_TYPE).submission()

    assert submission.email == "a@b.co"
    assert submission.metadata["dropped_parts"] == 909 - FIELDS_MAX
    with pytest.raises(InvalidJson, match="not whole"):
        decode_body(part * 900 + lead, MULTIPART_TYPE)


def test_files_beyond_those_that_are_noted_are_counted_and_the_lead_is_kept() -> None:
    lead = b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\na@b.co\r\n'
    file = b'--B\r\nContent-Disposition: form-data; name="cv"; filename="x"\r\n\r\nx\r\n'

    for count in (25, 350):
        submission = decode_body(file * count + lead + b"--B--", MULTIPART_TYPE).submission()

        assert submission.email == "a@b.co"
        files = submission.metadata["dropped_files"]
        assert isinstance(files, list)
        assert len(files) == 20
        assert submission.metadata["dropped_parts"] == count - 20


def test_a_part_with_other_headers_is_read_wherever_a_form_has_it() -> None:
    part = (
        b"--B\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data;"
        b" name=field%d\r\n\r\nx\r\n"
    )
    email = b"--B\r\nContent-Disposition: form-data; name=email\r\n\r\na@b.co\r\n--B--"
    body = b"".join(part % number for number in range(90)) + email

    submission = decode_body(body, MULTIPART_TYPE).submission()

    assert submission.email == "a@b.co"
    assert len(submission.metadata) == 90
