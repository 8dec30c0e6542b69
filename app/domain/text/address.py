"""E-mail addresses: what a visitor typed, as the one form that stands for a mailbox.

Two spellings are the same mailbox when they normalise alike: Unicode NFC, domain in its ASCII
(IDNA) form and lower case, local part in lower case. `plus+tags` are kept and distinct.
Only the syntax is checked: no DNS.

Beyond a bare address, what people and chatbots send is understood: `mailto:` links, `Name <a@b>`,
quotes, and the comma or full stop of the sentence that it was copied from. Letters of any script
may stand in the local part (RFC 6531). Quoted local parts (`"a b"@c`) and address literals
(`a@[192.0.2.1]`) are refused: valid in theory, and in a form always a mistake.
"""

from __future__ import annotations

import re
from unicodedata import category, normalize

import idna

from app.domain.text.untrusted_text import clean_text, has_control

#: Lengths in octets of UTF-8, by RFC 5321.
LOCAL_OCTETS_MAX = 64
ADDRESS_OCTETS_MAX = 254

#: An address and what people write around it; what is longer is not looked into.
_TYPED_CHARS_MAX = 1_000

_EXAMPLE = "an address looks like name@example.com"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label is not a number, so an IP address is not taken for a name.
_PLAIN = re.compile(
    rf"(?=.{{1,{LOCAL_OCTETS_MAX}}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}"
)
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
_ATEXT = frozenset("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+/=?^_`{|}~-.")
_NAMED = re.compile(r"([^<>]*)<([^<>]+)>")
_MAILTO = re.compile(r"mailto:([^?]*).*", re.IGNORECASE | re.DOTALL)
_WRAPPING = " \t\r\n\"'“”‘’„«»,;"
# Signs as East Asian keyboards type them: U+FF01..U+FF5E mirror ASCII.
_FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)}


class MalformedAddress(ValueError):
    """Not an e-mail address; the message says why, for the person who typed it."""


def is_plain(text: str) -> bool:
    """Whether this is an address in its normalised form already, in ASCII: the common case."""
    return len(text) <= ADDRESS_OCTETS_MAX and _PLAIN.fullmatch(text) is not None


def normalise(text: str) -> str:
    """The normalised address in what was typed. Raises `MalformedAddress` with the reason."""
    text = text.strip()
    if len(text) > _TYPED_CHARS_MAX:
        raise MalformedAddress(f"is longer than {ADDRESS_OCTETS_MAX} characters")
    plain = text.lower()
    if plain.isascii() and is_plain(plain):
        return plain
    if has_control(text):
        raise MalformedAddress(f"has a control character, that none may have: {_EXAMPLE}")
    address = _unwrap(clean_text(text))[1]
    local, domain = _halves(address)
    return _within_limits(_local(local), _domain(domain))


def display_name(text: str) -> str | None:
    """The name beside the address in `Ann Lee <ann@example.com>`, or None."""
    if len(text) > _TYPED_CHARS_MAX:
        return None
    name = _unwrap(clean_text(text))[0]
    return name if name and "@" not in name else None


def _unwrap(text: str) -> tuple[str, str]:
    """The name and the bare address in what was typed."""
    name = ""
    text = text.translate(_FULL_WIDTH).strip(_WRAPPING)
    if named := _NAMED.fullmatch(text):
        name, text = named[1].strip(_WRAPPING), named[2].strip(_WRAPPING)
    if link := _MAILTO.fullmatch(text):
        text = link[1].strip(_WRAPPING)
    return name, text.rstrip(".。")


def _halves(address: str) -> tuple[str, str]:
    if not address or address == "@":
        raise MalformedAddress(f"is empty: {_EXAMPLE}")
    if "@" not in address:
        raise MalformedAddress(f"has no @ in it: {_EXAMPLE}")
    if address.startswith('"') or '"@' in address:
        raise MalformedAddress(f"has a quoted part before the @: {_EXAMPLE}")
    if address.count("@") > 1:
        raise MalformedAddress("has more than one @: send one address")
    if any(character.isspace() for character in address):
        raise MalformedAddress(f"has white space in it: {_EXAMPLE}")
    local, _, domain = address.partition("@")
    return local, domain


def _local(local: str) -> str:
    if not local:
        raise MalformedAddress(f"has nothing before the @: {_EXAMPLE}")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise MalformedAddress("has a dot too many before the @")
    local = normalize("NFC", local.lower())
    if not all(map(_may_be_local, local)):
        raise MalformedAddress(f"has a character before the @ that none may have: {_EXAMPLE}")
    if len(local.encode()) > LOCAL_OCTETS_MAX:
        raise MalformedAddress(f"has more than {LOCAL_OCTETS_MAX} characters before the @")
    return local


def _may_be_local(character: str) -> bool:
    # Beyond ASCII: letters, marks, digits, and signs, but nothing invisible or unassigned.
    return character in _ATEXT or (character > "\x7f" and category(character)[0] in "LMNPS")


def _domain(domain: str) -> str:
    if domain.startswith("["):
        raise MalformedAddress("has an IP address after the @: send a domain name")
    if "." not in domain and "。" not in domain:
        raise MalformedAddress(f"has no dot after the @: {_EXAMPLE}")
    name = domain.lower() if domain.isascii() else _ascii_domain(domain)
    if not _DOMAIN.fullmatch(name):
        raise MalformedAddress(f"has no valid domain after the @: {_EXAMPLE}")
    return name


def _ascii_domain(domain: str) -> str:
    if len(domain) > ADDRESS_OCTETS_MAX:
        raise MalformedAddress(f"is longer than {ADDRESS_OCTETS_MAX} characters")
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode()
    except UnicodeError:
        raise MalformedAddress("has a domain after the @ that cannot exist") from None


def _within_limits(local: str, domain: str) -> str:
    address = f"{local}@{domain}"
    if len(address.encode()) > ADDRESS_OCTETS_MAX:
        raise MalformedAddress(f"is longer than {ADDRESS_OCTETS_MAX} characters")
    return address
