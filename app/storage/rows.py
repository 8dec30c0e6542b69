"""Many rows as one parameter: the server unfolds a JSON array into a record set.

One text parameter for any number of rows keeps the statement constant and costs the client a few
microseconds a row, where quoting value by value costs ten times that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from app.storage.models import Table

_encoder = msgspec.json.Encoder()


def as_json(rows: Sequence[object]) -> str:
    """Rows (structs or dicts) as the text of a JSON array, for `json_to_recordset`."""
    return _encoder.encode(rows).decode()


def raw_json(text: str) -> Any:
    """JSON text to be put into a row as it is."""
    return msgspec.Raw(text.encode())


def record_of(model: type[Table], names: Sequence[str]) -> str:
    """The rows of the parameter `rows`, by the model's names and with the types of its columns."""
    types = ", ".join(f"{name} {getattr(model, name).field_type}" for name in names)
    return f"json_to_recordset(%(rows)s) AS new ({types})"


def insert_rows(model: type[Table], names: Sequence[str], **computed: str) -> str:
    """The statement that inserts the rows of the parameter `rows`; `computed`: SQL by column."""
    columns = ", ".join([*(getattr(model, name).column_name for name in names), *computed])
    values = ", ".join([*names, *computed.values()])
    return (
        f"INSERT INTO {model._meta.table_name} ({columns})"
        f" SELECT {values} FROM {record_of(model, names)}"
    )
