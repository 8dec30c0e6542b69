"""The models say what the migrations made."""

from __future__ import annotations

import pytest

from app.storage.database import Database, transaction
from app.storage.models import Table

#: What PostgreSQL calls the types of peewee's fields.
TYPES = {
    "BIGAUTO": "bigint",
    "BLOB": "bytea",
    "BOOL": "boolean",
    "FLOAT": "real",
    "INT": "integer",
    "TIMESTAMPTZ": "timestamp with time zone",
    "TSVECTOR": "tsvector",
}

COLUMNS = """
SELECT attname, format_type(atttypid, NULL), attnotnull, c.collname = 'C'
FROM pg_attribute LEFT JOIN pg_collation c ON c.oid = attcollation
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    AND relname NOT LIKE '%%migration%%'
"""

Column = tuple[str, str, bool, bool | None]


def leaves(model: type[Table]) -> list[type[Table]]:
    below = model.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [model]


def expected(model: type[Table]) -> set[Column]:
    found = set()
    for field in model._meta.sorted_fields:
        kind = str(field.field_type)
        array = "[]" if type(field).__name__ == "ArrayField" else ""
        name = TYPES.get(kind, kind.lower()) + array
        collation = getattr(field, "collation", None) == "C" if "text" in name else None
        found.add((field.column_name, name, not field.null, collation))
    return found


def test_there_is_a_model_for_each_table(database: Database) -> None:
    with transaction(database) as cursor:
        cursor.execute(TABLES)
        tables = {name for (name,) in cursor.fetchall()}

    assert tables == {model._meta.table_name for model in leaves(Table)}


@pytest.mark.parametrize("model", leaves(Table), ids=lambda model: model.__name__)
def test_a_model_has_the_columns_of_its_table(database: Database, model: type[Table]) -> None:
    with transaction(database) as cursor:
        cursor.execute(COLUMNS, (model._meta.table_name,))
        columns = set(cursor.fetchall())

    assert columns == expected(model)
