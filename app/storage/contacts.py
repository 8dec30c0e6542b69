"""Contacts: found and locked by derived id, written back in key order with one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain.contact import Contact
from app.storage.database import Cursor, TransactionConflict
from app.storage.prepared import Prepared
from app.storage.rows import as_json

_FIELDS = tuple(Contact.__struct_fields__)
#: Columns that kept their first names.
_RENAMED = {"write_ids": "stamps", "edited_by_user_since": "tended_since"}
_COLUMNS = tuple(_RENAMED.get(name, name) for name in _FIELDS)
COLUMN_LIST = ", ".join(_COLUMNS)
_FIELD_LIST = ", ".join(_FIELDS)
_QUALIFIED = ", ".join(f"c.{name}" for name in _COLUMNS)

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

_TYPES = {
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "first_captured_at": "timestamptz",
    "last_captured_at": "timestamptz",
    "deleted_at": "timestamptz",
    "metadata": "jsonb",
    "write_ids": "jsonb",
    "captures_count": "integer",
    "sequence": "integer",
    "version": "integer",
}
_RECORD = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in _FIELDS)
_FIXED = ("id", "org_id")
_ASSIGNMENTS = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in _FIXED)

# A row that another transaction inserted since it was looked for has another version: it is left
# alone, and its absence from the answer says so.
_UPSERT = Prepared(
    "upsert_contacts",
    f"""
INSERT INTO contacts ({COLUMN_LIST})
SELECT {_FIELD_LIST} FROM json_to_recordset(%(rows)s) AS new ({_RECORD})
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
        contact = by_id.setdefault(values[0], Contact(*values))
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
    cursor.execute(
        "INSERT INTO contact_aliases (id, contact_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (alias_id, contact_id),
    )


def aliases_of(cursor: Cursor, contact_id: str) -> list[str]:
    """The further ids that lead to this contact."""
    cursor.execute("SELECT id FROM contact_aliases WHERE contact_id = %s", (contact_id,))
    return [row[0] for row in cursor.fetchall()]


def remove_aliases(cursor: Cursor, contact_id: str) -> None:
    """Let no further id lead to this contact any more."""
    cursor.execute("DELETE FROM contact_aliases WHERE contact_id = %s", (contact_id,))
