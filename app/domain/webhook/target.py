"""Where a webhook may point, as far as its URL tells.

A name says nothing about where it leads: these rules are the first half of the protection, for
what can be seen in a URL. The second is `reachability.refusal`, asked at each new connection
about each address that the name turned out to have.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

import idna

from app.domain.webhook.reachability import refusal

#: Longest URL accepted, in characters, before and after it is made canonical.
MAX_URL_CHARS = 2048

DEFAULT_PORTS = {"http": 80, "https": 443}

#: Scheme, host and port.
Origin = tuple[str, str, int]

_URL = re.compile(r"(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff\\]")

#: What a path or query may hold besides letters and digits; the rest is percent-encoded.
_PATH_CHARS = "%/:@!$&'()*+,;=-._~"
_QUERY_CHARS = _PATH_CHARS + "?[]"

#: Names that lead to a private network or nowhere, whatever a resolver makes of them.
_PRIVATE_SUFFIXES = ("localhost", "local", "internal", "home.arpa", "onion", "invalid")


class InvalidTarget(ValueError):
    """The URL cannot be a webhook's; the message says why, for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked webhook URL in the parts that a connection needs."""

    scheme: str
    #: Lower-case ASCII, without trailing dot; an IPv6 literal without brackets.
    host: str
    port: int
    #: Path and query, as they go into the request line.
    path: str

    @property
    def origin(self) -> Origin:
        """What a connection belongs to."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The canonical URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def check_url(url: str, *, allow_http: bool, allow_private: bool) -> str:
    """Give the canonical form of a webhook's URL; raises InvalidTarget with the reason."""
    target = parse_target(url, allow_private=allow_private)
    if target.scheme != "https" and not allow_http:
        raise InvalidTarget("the URL must begin with https://")
    return target.url


def parse_target(url: str, *, allow_private: bool) -> Target:
    """Take a URL apart by rules that leave no two readings; raises InvalidTarget."""
    if len(url) > MAX_URL_CHARS:
        raise InvalidTarget(f"the URL is longer than {MAX_URL_CHARS} characters")
    if _UNSEEN.search(url):
        raise InvalidTarget("the URL holds white space, control characters or a backslash")
    match = _URL.fullmatch(url)
    if match is None:
        raise InvalidTarget("the URL must begin with https:// and name a host")
    scheme, authority, path, query, fragment = match.groups(default="")
    if fragment:
        raise InvalidTarget("the URL must not have a fragment (the part after #)")
    host, port = _split_authority(authority)
    target = Target(
        scheme=scheme.lower(),
        host=_check_host(host, allow_private=allow_private),
        port=_check_port(port, DEFAULT_PORTS[scheme.lower()]),
        path=_request_path(path, query),
    )
    if len(target.url) > MAX_URL_CHARS:
        raise InvalidTarget(f"the URL, encoded, is longer than {MAX_URL_CHARS} characters")
    return target


def _split_authority(authority: str) -> tuple[str, str]:
    if "@" in authority:
        raise InvalidTarget("the URL must not hold a user name or password")
    if "%" in authority:
        raise InvalidTarget("the host must not be percent-encoded or have a zone")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise InvalidTarget("the URL must name a host, with a port from 1 to 65535 or none")
    host, port = match.groups(default="")
    return host, port


def _check_port(port: str, default: int) -> int:
    number = int(port) if port else default
    if not 1 <= number <= 65535:
        raise InvalidTarget("the port must be from 1 to 65535")
    return number


def _request_path(path: str, query: str) -> str:
    try:
        return quote(path or "/", safe=_PATH_CHARS) + quote(query, safe=_QUERY_CHARS)
    except UnicodeEncodeError as error:
        raise InvalidTarget("the URL holds characters that cannot be encoded") from error


def _check_host(host: str, *, allow_private: bool) -> str:
    """Give the one spelling of a host that is used from here on; raises InvalidTarget."""
    if host.startswith("["):
        return _check_literal(_parse_ipv6(host[1:-1]), allow_private=allow_private)
    name = _to_ascii(host).removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidTarget("the host is not a valid name")
    if _NUMBER.fullmatch(labels[-1]):
        return _check_literal(_parse_ipv4(name), allow_private=allow_private)
    if not allow_private:
        _check_public_name(name)
    return name


def _to_ascii(host: str) -> str:
    """Map a host to lower-case ASCII, so that look-alike digits and dots are judged as such."""
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidTarget("the host is not a valid international name") from error


def _parse_ipv6(text: str) -> IPv6Address:
    try:
        return IPv6Address(text)
    except ValueError as error:
        raise InvalidTarget("the host is not a valid IPv6 address") from error


def _parse_ipv4(text: str) -> IPv4Address:
    """Accept four decimal numbers only: resolvers read 127.1, 0x7f.1 and 017700000001 too."""
    try:
        return IPv4Address(text)
    except ValueError as error:
        raise InvalidTarget("an IPv4 address must be four decimal numbers") from error


def _check_literal(address: IPv4Address | IPv6Address, *, allow_private: bool) -> str:
    reason = refusal(address, allow_private=allow_private)
    if reason is not None:
        raise InvalidTarget(f"the host must be a public address, not {reason}")
    return str(address)


def _check_public_name(name: str) -> None:
    if "." not in name and name not in _PRIVATE_SUFFIXES:
        raise InvalidTarget("the host must be a full name with a dot in it")
    if any(name == suffix or name.endswith("." + suffix) for suffix in _PRIVATE_SUFFIXES):
        raise InvalidTarget("the host must be a public name")
