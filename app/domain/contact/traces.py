"""Where a person is mentioned: looks in text for the ids and addresses that stand for somebody."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import SequenceMatcher

import msgspec

from app.domain.contact.contact import Contact

#: How alike an address and its mistyped form are, at least (0 to 1).
_ALIKE_MIN = 0.85


class Traces:
    """Finds a person by ids and by addresses in lower case."""

    def __init__(self, ids: Collection[str], emails: Collection[str]) -> None:
        self.ids = frozenset(ids)
        self.emails = frozenset(emails)
        # Not inside a longer address: `ada@example.com` is not in `granada@example.com`.
        words = "|".join(map(re.escape, sorted({*self.ids, *(e.lower() for e in self.emails)})))
        self._mention = re.compile(rf"(?<![\w.+-])(?:{words})(?![\w@-]|\.\w)", re.IGNORECASE)

    def are_in(self, text: str) -> bool:
        """Whether the text mentions the person."""
        return self._mention.search(text) is not None

    def is_mistyped(self, email: str) -> bool:
        """Whether this looks like one of the addresses, mistyped."""
        typed = email.strip().lower()
        return any(
            SequenceMatcher(None, typed, each, autojunk=False).ratio() >= _ALIKE_MIN
            for each in self.emails
        )


class Person(msgspec.Struct):
    """Who somebody is in an org; the contact and what leads to it are locked."""

    org_id: str
    #: The contact's id, or the one that a contact with that address would have.
    contact_id: str
    contact: Contact | None
    traces: Traces

    @property
    def is_living(self) -> bool:
        """Whether there is a contact that was not deleted."""
        return self.contact is not None and self.contact.deleted_at is None
