"""Forms and JSON in the charsets of the web, however they are declared."""

from __future__ import annotations

import base64
import json
import quopri
from urllib.parse import quote_from_bytes

import pytest
import webencodings
from webencodings.labels import LABELS

from app.domain.submission.submission import Submission
from app.ingress.charsets import charset_of
from app.ingress.reading import decode_body

FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data; boundary=B"

#: A name that each charset can write.
NAMES = {
    "big5": "陳大文", "euc-jp": "山田", "euc-kr": "김철수", "gb18030": "李𠮷", "gbk": "李雷",
    "ibm866": "Иван", "iso-2022-jp": "山田", "iso-8859-2": "Łukasz", "iso-8859-3": "Ĉapek",
    "iso-8859-4": "Jānis", "iso-8859-5": "Иван", "iso-8859-6": "محمد", "iso-8859-7": "Γιώργος",
    "iso-8859-8": "דוד", "iso-8859-8-i": "דוד", "iso-8859-10": "Jānis", "iso-8859-13": "Žanis",
    "iso-8859-14": "Siôn", "iso-8859-15": "Œuvre", "iso-8859-16": "Ștefan", "koi8-r": "Иван",
    "koi8-u": "Їжак", "macintosh": "Zoë", "shift_jis": "山田", "utf-8": "Zoë山",
    "windows-1250": "Łukasz", "windows-1251": "Иван", "windows-1252": "Zoë€",
    "windows-1253": "Γιώργος", "windows-1254": "İbrahim", "windows-1255": "דוד",
    "windows-1256": "محمد", "windows-1257": "Jānis", "windows-1258": "Đông", "windows-874": "สมชาย",
    "x-mac-cyrillic": "Иван",
}  # fmt: skip

each_charset = pytest.mark.parametrize("charset", NAMES)


def encoded(charset: str) -> bytes:
    codec = webencodings.lookup(charset)
    assert codec is not None
    return webencodings.encode(NAMES[charset], codec)


def urlencoded(name: bytes, *more: str) -> bytes:
    return "&".join(
        ["email=ann@example.com", f"first_name={quote_from_bytes(name)}", *more]
    ).encode()


def multipart(*parts: tuple[str, bytes]) -> bytes:
    """A body of parts; of each its headers after the Content-Disposition's first words."""
    return b"".join(
        b'--B\r\nContent-Disposition: form-data; name="%b\r\n\r\n%b\r\n' % (head.encode(), value)
        for head, value in (('email"', b"ann@example.com"), *parts)
    ) + (b"--B--\r\n")


def first_name(body: bytes, content_type: str) -> str | None:
    submission: Submission = decode_body(body, content_type).submission()
    assert submission.email == "ann@example.com"
    assert "_charset_" not in submission.metadata
    return submission.first_name


@each_charset
def test_a_charset_may_be_declared_by_the_type_of_a_form(charset: str) -> None:
    body = urlencoded(encoded(charset))

    assert first_name(body, f"{FORM_TYPE}; charset={charset}") == NAMES[charset]


@each_charset
def test_a_charset_may_be_declared_by_the_form_itself(charset: str) -> None:
    name = encoded(charset)

    assert first_name(urlencoded(name, f"_charset_={charset}"), FORM_TYPE) == NAMES[charset]
    body = multipart(('_charset_"', charset.encode()), ('first_name"', name))
    assert first_name(body, MULTIPART_TYPE) == NAMES[charset]


@each_charset
def test_a_charset_may_be_declared_by_a_part(charset: str) -> None:
    head = f'first_name"\r\nContent-Type: text/plain; charset="{charset}"'

    assert first_name(multipart((head, encoded(charset))), MULTIPART_TYPE) == NAMES[charset]


@each_charset
def test_json_may_be_in_any_charset(charset: str) -> None:
    codec = webencodings.lookup(charset)
    assert codec is not None
    text = json.dumps(
        {"email": "ann@example.com", "first_name": NAMES[charset]}, ensure_ascii=False
    )

    body = webencodings.encode(text, codec)

    assert first_name(body, f"application/json; charset={charset}") == NAMES[charset]


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "utf-16be", "UTF-16LE"])
def test_json_may_be_in_utf_16_and_what_only_says_so_is_in_utf_8(charset: str) -> None:
    text = '{"email": "ann@example.com", "first_name": "Zoë"}'
    codec = "utf-16be" if charset.endswith("be") else "utf-16le"

    assert first_name(text.encode(codec), f"application/json; charset={charset}") == "Zoë"
    assert first_name(text.encode(), f"application/json; charset={charset}") == "Zoë"
    assert first_name(urlencoded("Zoë".encode()), f"{FORM_TYPE}; charset={charset}") == "Zoë"
    assert first_name(("\ufeff" + text).encode("utf-16le"), "text/plain; charset=utf-16") == "Zoë"


@pytest.mark.parametrize("label", LABELS)
def test_every_label_of_the_standard_is_known(label: str) -> None:
    body = urlencoded(b"Ann")

    assert first_name(body, f'{FORM_TYPE}; charset="{label.upper()}"') == "Ann"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("ISO_8859-1", "windows-1252"),
        ("latin-1", "windows-1252"),
        ("windows1252", "windows-1252"),
        ("cp932", "shift_jis"),
        ("Shift-JIS", "shift_jis"),
        ("UTF8", "utf-8"),
        ("utf_8", "utf-8"),
        ("utf8mb4", "utf-8"),
        ("win1251", "windows-1251"),
        ("koi8r", "koi8-r"),
        ("klingon", None),
        ("", None),
    ],
)
def test_a_charset_has_many_spellings(label: str, name: str | None) -> None:
    assert charset_of(label) == name


@pytest.mark.parametrize("label", ["klingon", "utf-7", "x-user-defined-2"])
def test_a_charset_that_nobody_knows_loses_no_lead(label: str) -> None:
    lead = '{"email": "ann@example.com", "first_name": "Zoë"}'

    for codec in ("utf-8", "windows-1252"):
        in_form, in_json = urlencoded("Zoë".encode(codec)), lead.encode(codec)
        assert first_name(in_form, f"{FORM_TYPE}; charset={label}") == "Zoë"
        assert first_name(in_json, f"application/json; charset={label}") == "Zoë"


@pytest.mark.parametrize(
    ("encoding", "value"),
    [
        ("base64", base64.b64encode("Zoë".encode())),
        ("BASE64", base64.encodebytes("Zoë".encode())),
        ("quoted-printable", quopri.encodestring("Zoë".encode())),
        ("8bit", "Zoë".encode()),
        ("binary", "Zoë".encode()),
        ("base64", b"Ann"),
    ],
)
def test_a_part_may_have_a_transfer_encoding(encoding: str, value: bytes) -> None:
    head = f'first_name"\r\nContent-Transfer-Encoding: {encoding}'

    assert first_name(multipart((head, value)), MULTIPART_TYPE) in ("Zoë", "Ann")


def test_a_part_may_be_in_both() -> None:
    value = base64.b64encode("山田".encode("shift_jis"))
    head = (
        'first_name"\r\ncontent-type: text/plain;\r\n charset=Shift_JIS\r\n'
        "content-transfer-encoding: base64"
    )

    assert first_name(multipart((head, value)), MULTIPART_TYPE) == "山田"


def test_what_is_not_in_the_declared_charset_is_read_as_utf_8() -> None:
    assert (
        first_name(urlencoded("Łukasz".encode()), f"{FORM_TYPE}; charset=iso-2022-jp") == "Łukasz"
    )
    assert first_name(urlencoded(b"Jos\xe9"), f"{FORM_TYPE}; charset=utf-8") == "José"
