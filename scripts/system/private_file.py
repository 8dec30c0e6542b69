"""Files that only their owner may read."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Replaces the file as a whole, mode 0600 from its first moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def kept_secret_key(path: Path) -> str:
    """The SECRET_KEY in the file (32 random bytes, base64), made at the first call."""
    if not path.exists():
        write_private(path, base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    return path.read_text().strip()
