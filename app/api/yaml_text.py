"""Plain data as YAML 1.2 text, for people to read and any YAML or JSON-aware parser to load.

Only what a document of ours needs: mappings, lists, text, numbers, booleans, null. Every text is
written as JSON, which YAML reads as it is, so nothing is ever taken for a number or a date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_PLAIN_KEY = re.compile(r"[A-Za-z_$/{][A-Za-z0-9_$/{}.-]*")
#: Words that YAML 1.1 takes for booleans or null.
_NOT_PLAIN = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])


def to_yaml(value: object) -> str:
    """The document."""
    return "\n".join(_block(value, "")) + "\n"


def _block(value: object, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _entry(f"{indent}{_key(str(key))}:", inner, indent)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _entry(f"{indent}-", inner, indent)
    else:
        yield indent + _scalar(value)


def _entry(head: str, inner: object, indent: str) -> Iterator[str]:
    if isinstance(inner, dict | list) and inner:
        yield head
        yield from _block(inner, indent + "  ")
    else:
        yield f"{head} {_scalar(inner)}"


def _key(key: str) -> str:
    plain = _PLAIN_KEY.fullmatch(key) and "{" not in key[:1] and key.lower() not in _NOT_PLAIN
    return key if plain else _scalar(key)


def _scalar(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
