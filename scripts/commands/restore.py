"""`rex restore DIR`: brings a backup of `rex backup` into an empty DATA_DIR.

Then start as always: captures that were waiting are recorded, deliveries that were due are sent.
What was sent after the backup was made is sent again; receivers know it by its id.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.checkout import data_folder
from scripts.commands.arguments import BY_REX, script_parser
from scripts.commands.backup import check_embedded
from scripts.system.backup_files import AOF, KEYS, BackupFailed, read_label, restore_postgres
from scripts.system.embedded import AlreadyRunning, Embedded, make_data_folder
from scripts.system.private_file import write_private
from scripts.system.server import ServerFailed

#: What is in a data folder that is in use.
_DATA = ("postgres", "postgres_home", "valkey", "secret_key")


def main(arguments: Sequence[str] | None = None) -> int:
    """Restore; 1 with a line that says why not."""
    parser = script_parser("restore", __doc__, BY_REX)
    parser.add_argument("folder", metavar="DIR", type=Path)
    folder = parser.parse_args(arguments).folder
    data = data_folder(os.environ)
    try:
        label = restore(folder, data)
    except (BackupFailed, AlreadyRunning, ServerFailed, OSError) as problem:
        print(f"rex restore: {problem}", file=sys.stderr)
        return 1
    print(f"{data}: restored, as of {label['made_at']} ({label['version']})")
    return 0


def restore(folder: Path, data: Path) -> dict[str, str]:
    """Bring a backup into an empty data folder; what its label says. Raises `BackupFailed`."""
    check_embedded(data)
    label = read_label(folder)
    if found := [name for name in _DATA if (data / name).exists()]:
        raise BackupFailed(f"{data} is in use ({found[0]}); set DATA_DIR to a new folder")
    make_data_folder(data)
    (data / "valkey").mkdir(mode=0o700)
    shutil.copytree(folder / AOF, data / "valkey" / AOF)
    with Embedded(data) as servers:
        restore_postgres(servers.database_url, folder)
    for name in KEYS:
        if (folder / name).exists():
            write_private(data / name, (folder / name).read_text())
    return label
