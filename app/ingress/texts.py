"""The words of the pages for visitors: one file per language, all with the same keys."""

from __future__ import annotations

from pathlib import Path

import msgspec

_FOLDER = Path(__file__).with_name("languages")


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language; each file has all of them."""

    thanks_title: str
    thanks_text: str
    did_you_mean: str
    back: str
    close: str
    check_title: str
    check_text: str
    required: str
    bad_email: str
    too_long: str
    invalid: str
    send: str
    trouble_title: str
    trouble_text: str
    too_many: str
    too_large: str
    unavailable: str
    #: What fields are called, by their names.
    labels: dict[str, str]


def read_texts() -> dict[str, Texts]:
    """The texts by language (`en`). Raises `msgspec.ValidationError` for a file that lacks one."""
    decode = msgspec.json.Decoder(Texts).decode
    return {path.stem: decode(path.read_bytes()) for path in sorted(_FOLDER.glob("*.json"))}
