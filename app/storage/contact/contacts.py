"""Contacts: found and locked by derived id, written back in key order with one statement.

Locking and writing are raw SQL, prepared: one statement for all contacts of a transaction
(rows.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain.contact.contact import Contact
from app.storage.database import Cursor, TransactionConflict, execute, fetch
from app.storage.models import ContactAliases, Contacts, FormerAliases, columns_for
from app.storage.prepared import Prepared
from app.storage.rows import as_json, insert_rows

_FIELDS = Contact.__struct_fields__
_QUALIFIED = ", ".join(f"c.{column.column_name}" for column in columns_for(Contacts, Contact))

# The join is by COALESCE, since an address that a contact took later leads to it by an alias.
_LOCK = Prepared(
    "lock_contacts",
    f"""
SELECT wanted.id, {_QUALIFIED}
FROM unnest(%(ids)s::text[]) AS wanted (id)
LEFT JOIN contact_aliases a ON a.id = wanted.id
JOIN contacts c ON c.id = COALESCE(a.contact_id, wanted.id)
ORDER BY c.id
FOR UPDATE OF c
""",
)

_ASSIGNMENTS = ", ".join(
    f"{column.column_name} = excluded.{column.column_name}"
    for column in columns_for(Contacts, Contact)
    if column.name not in ("id", "org_id")
)
# A row that another transaction inserted since it was looked for has another version: it is left
# alone, and its absence from the answer says so.
_UPSERT = Prepared(
    "upsert_contacts",
    f"""
{insert_rows(Contacts, _FIELDS)}
ORDER BY id
ON CONFLICT (id) DO UPDATE SET {_ASSIGNMENTS}
WHERE contacts.version = excluded.version - 1
RETURNING id
""",
)


def lock(cursor: Cursor, ids: Iterable[str]) -> dict[str, Contact]:
    """The contacts that these ids lead to, by the id asked for, locked in key order.

    Deleted ones are among them (`deleted_at`). Two ids may lead to one contact: it is one object.
    Raises `TransactionConflict` when an address changed hands while we waited for a row.
    """
    _LOCK.run(cursor, {"ids": sorted(set(ids))})
    by_id: dict[str, Contact] = {}
    found: dict[str, Contact] = {}
    for wanted, *values in cursor.fetchall():
        contact = Contact(*values)
        contact = by_id.setdefault(contact.id, contact)
        found[wanted] = contact
    _check_aliases(cursor, found)
    return found


def _check_aliases(cursor: Cursor, found: dict[str, Contact]) -> None:
    # A statement that waits for a row goes on with the aliases of the moment when it began. An
    # alias comes or goes only while the contact at either end of it is locked and dead, or dies.
    ids = [id for id, contact in found.items() if id != contact.id or contact.deleted_at]
    if not ids:
        return
    cursor.execute("SELECT id, contact_id FROM contact_aliases WHERE id = ANY(%s)", (ids,))
    aliases = dict(cursor.fetchall())
    if any(aliases.get(id, id) != found[id].id for id in ids):
        raise TransactionConflict


def save(cursor: Cursor, contacts: Sequence[Contact]) -> None:
    """Write contacts that are new or were locked in this transaction.

    Raises `TransactionConflict` when another transaction inserted one of them meanwhile.
    """
    for contact in contacts:
        contact.version += 1
    _UPSERT.run(cursor, {"rows": as_json(contacts)})
    if cursor.rowcount != len(contacts):
        raise TransactionConflict


def find(cursor: Cursor, org_id: str, contact_id: str) -> Contact | None:
    """The contact that an id leads to, unless it was deleted."""
    cursor.execute(
        f"SELECT {_QUALIFIED} FROM contacts c WHERE c.org_id = %s AND c.deleted_at IS NULL AND"
        " c.id = COALESCE((SELECT contact_id FROM contact_aliases a WHERE a.id = %s), %s)",
        (org_id, contact_id, contact_id),
    )
    row = cursor.fetchone()
    return Contact(*row) if row else None


def add_alias(cursor: Cursor, alias_id: str, contact_id: str) -> None:
    """Let the id derived from a further address lead to this contact."""
    alias = ContactAliases.insert(id=alias_id, contact_id=contact_id)
    execute(cursor, alias.on_conflict_ignore())


def aliases_of(cursor: Cursor, contact_id: str) -> list[str]:
    """The further ids that lead to this contact."""
    aliases = ContactAliases.select(ContactAliases.id)
    return fetch(cursor, aliases.filter(contact_id=contact_id), str)


def related_ids(cursor: Cursor, ids: set[str]) -> set[str]:
    """These ids and those that have led to the same contact, before it was deleted."""
    known, former = list(ids), FormerAliases
    pairs = former.select(former.id, former.contact_id).where(
        former.id.in_(known) | former.contact_id.in_(known)
    )
    related = ids.union(*fetch(cursor, pairs, lambda *pair: pair))
    return related if related == ids else related_ids(cursor, related)


def remove_aliases(cursor: Cursor, contact_id: str) -> None:
    """Let no further id lead to this contact any more; that they did is still known."""
    cursor.execute(
        "INSERT INTO former_aliases (id, contact_id)"
        " SELECT id, contact_id FROM contact_aliases WHERE contact_id = %s ON CONFLICT DO NOTHING",
        (contact_id,),
    )
    execute(cursor, ContactAliases.delete().where(ContactAliases.contact_id == contact_id))
