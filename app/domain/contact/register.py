"""A last-writer-wins register: a value that comes out the same in whatever order it is written.

Every write has a write_id (a ULID, so ids order writes by time). Beside plain writes there are
fills: a fill sets a value only where there is none, and any later plain write replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_FILL = "~"


class Register(NamedTuple):
    """A value, the id of the latest write, and the id of the fill that the value comes from."""

    value: object
    write_id: str | None
    fill_id: str | None


def write_register(register: Register, value: object, write_id: str, *, fill: bool) -> Register:
    """The register after a write or a fill. None as the value of a write clears it."""
    if fill:
        blank = register.value is None or (
            register.fill_id is not None and write_id < register.fill_id
        )
        after_write = register.write_id is None or write_id > register.write_id
        return Register(value, register.write_id, write_id) if blank and after_write else register
    if register.write_id is not None and write_id <= register.write_id:
        return register
    if value is None and register.fill_id is not None and register.fill_id > write_id:
        return register._replace(write_id=write_id)
    return Register(value, write_id, None)


def write_named(
    write_ids: dict[str, str], name: str, held: object, value: object, write_id: str, *, fill: bool
) -> object:
    """Write the register `name`, whose ids are kept in `write_ids`; its value afterwards."""
    last_write, last_fill = write_ids.get(name), write_ids.get(_FILL + name)
    if last_write is None and last_fill is None and not fill:
        write_ids[name] = write_id  # the first write, as most are, always stands
        return value
    before = Register(held, last_write, last_fill)
    after = write_register(before, value, write_id, fill=fill)
    if after is not before:
        _keep_ids(write_ids, name, after)
    return after.value


def last_write(write_ids: Mapping[str, str], name: str) -> str:
    """The id of the latest write or fill of the register `name`; "" if there was none."""
    return max(write_ids.get(name, ""), write_ids.get(_FILL + name, ""))


def is_fill(write_ids: Mapping[str, str], name: str) -> bool:
    """Whether the value of the register `name` comes from a fill."""
    return _FILL + name in write_ids


def forget(write_ids: dict[str, str], name: str) -> None:
    """Drop the memory of the register `name`, as if it had never been written."""
    write_ids.pop(name, None)
    write_ids.pop(_FILL + name, None)


def _keep_ids(write_ids: dict[str, str], name: str, register: Register) -> None:
    if register.write_id is not None:
        write_ids[name] = register.write_id
    if register.fill_id is not None:
        write_ids[_FILL + name] = register.fill_id
    else:
        write_ids.pop(_FILL + name, None)
