"""Charsets by the names that senders have for them: all those of the WHATWG Encoding Standard.

As browsers do, `iso-8859-1` is read as windows-1252, `gb2312` as gbk, and so on. Beyond the
standard's own labels, other punctuation and a few names from elsewhere are understood.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

import webencodings
from webencodings.labels import LABELS

UTF_8 = "utf-8"
#: What a label stands for that no one knows: read as UTF-8 or windows-1252, as most text is.
UNKNOWN = "unknown"

#: Most forms that are in no declared charset are in one of these.
_FALLBACKS = (UTF_8, "windows-1252")
# Names that the standard does not know, without their punctuation.
_OTHER_NAMES = {
    # Senders say so when they mean nothing by it.
    "usascii": UTF_8,
    "ascii": UTF_8,
    "utf8mb3": UTF_8,
    "utf8mb4": UTF_8,
    "utf8sig": UTF_8,
    "cp65001": UTF_8,
    "cp932": "shift_jis",
    "cp936": "gbk",
    "cp949": "euc-kr",
    "cp950": "big5",
    "latin9": "iso-8859-15",
    "macroman": "macintosh",
    **{f"win{number}": f"windows-{number}" for number in range(1250, 1259)},
}
# What begins anything but ASCII in ISO-2022-JP.
_ESCAPE = b"\x1b"
_PUNCTUATION = re.compile(r"[^a-z0-9]+")


def _bare(label: str) -> str:
    return _PUNCTUATION.sub("", label.lower())


# The standard lets nobody read its "replacement" ones, but what in them is ASCII can be.
_NAMES = {
    **{_bare(label): UTF_8 if name == "replacement" else name for label, name in LABELS.items()},
    **_OTHER_NAMES,
}


@lru_cache(maxsize=256)
def charset_of(label: str) -> str | None:
    """The standard's name of a charset; None: there is no such charset."""
    return _NAMES.get(_bare(label[:100]))


def decode_strictly(data: bytes, charset: str) -> str:
    """A text in that charset, or in the one that its byte order mark tells.

    Raises `UnicodeDecodeError`.
    """
    return webencodings.decode(data, charset, errors="strict")[0]


@lru_cache(maxsize=64)
def _codec(charset: str) -> codecs.CodecInfo:
    encoding = webencodings.lookup(charset)
    assert encoding is not None, charset
    return encoding.codec_info


def decode_leniently(data: bytes, charset: str) -> str:
    """The text of a form, in its declared charset or else in what old pages send."""
    if data.isascii() and (charset != "iso-2022-jp" or _ESCAPE not in data):
        return data.decode("ascii")
    for name in _FALLBACKS if charset == UNKNOWN else (charset, *_FALLBACKS):
        try:
            return data.decode() if name == UTF_8 else _codec(name).decode(data, "strict")[0]
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
