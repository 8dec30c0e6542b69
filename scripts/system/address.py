"""Where an embedded server listens and what it asks for, kept from one start to the next."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.system.ports import free_port, is_free
from scripts.system.private_file import write_private


@dataclass(frozen=True)
class Address:
    port: int
    password: str


def remembered_address(path: Path) -> Address:
    """The address in the file, with a new port if that one is taken; a new address if absent.

    Call it only while the server is stopped: its own port would look taken.
    """
    try:
        address = Address(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        address = Address(free_port(), secrets.token_hex(16))
    if not is_free(address.port):
        address = Address(free_port(), address.password)
    write_private(path, json.dumps(asdict(address)))
    return address
