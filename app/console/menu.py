"""The menu: one line per noun."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.org.user import Role, may


class Entry(NamedTuple):
    """A line of the menu; `key` after `g` leads there from the keyboard."""

    label: str
    path: str
    key: str
    role: Role = Role.VIEWER


MENU = (
    Entry("Home", "/console/", "h"),
    Entry("Leads", "/console/leads", "l"),
    Entry("Contacts", "/console/contacts", "c"),
    Entry("Quarantine", "/console/quarantine", "q"),
    Entry("Webhooks", "/console/webhooks", "w"),
    Entry("Deliveries", "/console/deliveries", "d"),
    Entry("Forms", "/console/forms", "f"),
    Entry("Keys", "/console/keys", "k"),
    Entry("Org", "/console/org", "o"),
    Entry("Users", "/console/users", "u", Role.ADMIN),
    Entry("System", "/console/system", "s"),
    Entry("Audit", "/console/audit", "a"),
)


def entries_for(role: Role) -> list[Entry]:
    """The entries that a user with this role sees."""
    return [entry for entry in MENU if may(role, entry.role)]
