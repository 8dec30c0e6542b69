"""Recent captures, in bounded memory: same texts, busy addresses, earlier spam.

It counts distinct contacts, so a person who sends twice, or a job that runs twice, counts once.
Each worker process has its own history, which is gone when the process ends.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Network
from typing import NamedTuple

from app.domain.capture.client_address import bucket_of, parse_address

#: How long a thing is remembered at the least; at most twice as long.
WINDOW_SECONDS = 1800.0
#: Things remembered in each half of the memory, and members counted of each.
KEYS_MAX = 10_000
MEMBERS_MAX = 32

_IPV6_NETWORK_BITS = 48
# Loopback, private and link-local addresses: of one's own machines, and of a proxy that nobody told
# us of. Everybody may come from there.
_OF_NOBODY = (
    *("127.", "10.", "192.168.", "169.254.", *(f"172.{second}." for second in range(16, 32))),
    *("::1/", "::/", "fc", "fd", "fe8", "fe9", "fea", "feb"),
)


class Seen(NamedTuple):
    """How many other contacts of the org had the same, lately."""

    text: int = 0
    address: int = 0
    network: int = 0
    #: Of those from the same address or network, how many looked like spam.
    address_spam: int = 0
    network_spam: int = 0


NOTHING_SEEN = Seen()


class Place(NamedTuple):
    """Where a capture came from, as keys of the history. Empty: unknown."""

    address: str
    network: str


_NO_PLACE = Place("", "")


@lru_cache(maxsize=4096)
def place_of(client_address: str | None) -> Place:
    """An address in its one spelling (IPv6: its /64), and its network (/24 or /48).

    A loopback or private address is no place, nor is whatever else a proxy may call a client, as
    `unknown` or `_hidden:80`.
    """
    if not client_address:
        return _NO_PLACE
    if client_address.count(".") == 3 and client_address.replace(".", "").isdecimal():
        bucket = client_address  # in a tenth of the time
    else:
        address = parse_address(client_address)
        if address is None:
            return _NO_PLACE
        bucket = bucket_of(str(address))
    if bucket.startswith(_OF_NOBODY):
        return _NO_PLACE
    if ":" not in bucket:
        return Place(bucket, bucket.rpartition(".")[0])
    return Place(bucket, str(IPv6Network(bucket).supernet(new_prefix=_IPV6_NETWORK_BITS)))


#: The members of a key: most have one, which stands alone, since a set takes 200 bytes.
_Members = str | set[str] | None


class DistinctCounter:
    """How many distinct members each key had: two generations, the older one dropped whole."""

    def __init__(self, seconds: float = WINDOW_SECONDS, keys_max: int = KEYS_MAX) -> None:
        self._seconds = seconds
        self._keys_max = keys_max
        self._young: dict[str, str | set[str]] = {}
        self._old: dict[str, str | set[str]] = {}
        self._since = 0.0

    def add(self, key: str, member: str, at: float) -> int:
        """Count a member, at a time in seconds that never goes back; how many others there are."""
        if at - self._since >= self._seconds or len(self._young) >= self._keys_max:
            stale = at - self._since >= 2 * self._seconds
            self._old, self._since = {} if stale else self._young, at
            self._young = {}
        young = self._young.get(key)
        others = _others(young, self._old.get(key), member)
        if young is None:
            self._young[key] = member
        elif isinstance(young, str):
            if young != member:
                self._young[key] = {young, member}
        elif len(young) < MEMBERS_MAX:
            young.add(member)
        return others

    def others(self, key: str, member: str) -> int:
        """How many members besides this one the key had."""
        return _others(self._young.get(key), self._old.get(key), member)


def _others(young: _Members, old: _Members, member: str) -> int:
    if young is None and old is None:
        return 0
    members = _as_set(young) | _as_set(old) if young and old else _as_set(young or old)
    return len(members) - (member in members)


def _as_set(members: _Members) -> set[str]:
    return members if isinstance(members, set) else {members} if members else set()


class Keys(NamedTuple):
    """What a capture is remembered under, besides its contact; empty: not at all."""

    contact_id: str
    text: str
    address: str
    network: str


def keys_of(org_id: str, contact_id: str, client_address: str | None, text: str) -> Keys:
    """The keys of a capture: an org's history is its own. `text` "": too short to count."""
    place = place_of(client_address)
    text = f"{org_id} text {text}" if text else ""
    if not place.address:
        return Keys(contact_id, text, "", "")
    return Keys(contact_id, text, f"{org_id} {place.address}", f"{org_id} net {place.network}")


class History:
    """What one process has seen; not for two threads at once."""

    def __init__(self) -> None:
        self._captures = DistinctCounter()
        self._spam = DistinctCounter()

    def see(self, keys: Keys, at: float) -> Seen:
        """What others had in common with a capture, which is remembered from now on.

        `at`: seconds that do not go back.
        """
        contact_id, text, address, network = keys
        add, spam = self._captures.add, self._spam.others
        same = add(text, contact_id, at) if text else 0
        if not address:
            return Seen(same) if same else NOTHING_SEEN
        return Seen(
            same,
            add(address, contact_id, at),
            add(network, contact_id, at),
            spam(address, contact_id),
            spam(network, contact_id),
        )

    def add_spam(self, keys: Keys, at: float) -> None:
        """Remember that it looked like spam."""
        for key in (keys.address, keys.network):
            if key:
                self._spam.add(key, keys.contact_id, at)
