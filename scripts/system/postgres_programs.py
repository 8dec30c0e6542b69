"""PostgreSQL's own programs, each run to its end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.system.server import ServerFailed, with_full_disk
from scripts.system.unprivileged import as_user

#: Both the role, which may do everything, and the database that is made.
NAME = "rex"


def options_of(settings: Mapping[str, str]) -> list[str]:
    """Settings as the server's command line has them."""
    return [part for item in settings.items() for part in ("-c", "=".join(item))]


@dataclass(frozen=True)
class Programs:
    """The programs in `folder`, run as `user` in `home`, where data is."""

    folder: Path
    user: str | None
    home: Path

    @property
    def environ(self) -> dict[str, str]:
        """What they see, and the server does."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}

    def run(self, program: str, *arguments: str, text: str = "") -> None:
        """Runs it with `text` on its standard input. Raises `ServerFailed` with what it said."""
        done = subprocess.run(
            [str(self.folder / program), *arguments],
            cwd=self.home,
            env=self.environ,
            **as_user(self.user),
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is ours to handle
        )
        # In single-user mode the server ends with 0 whatever its statements met.
        if done.returncode != 0 or "ERROR: " in done.stdout:
            told = f"{program} failed:\n{done.stdout.strip()}"
            raise ServerFailed(with_full_disk(told, self.home))

    def make_cluster(self, folder: Path, password: str) -> None:
        """Makes a data folder with role and database, to which nobody has access yet."""
        self.run(
            *("initdb", "-D", str(folder), "-U", NAME, "--auth=trust", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        )
        sql = f"ALTER ROLE {NAME} PASSWORD '{password}';\nCREATE DATABASE {NAME};\n"
        self.run("postgres", "--single", "-D", str(folder), "postgres", text=sql)
        (folder / "pg_hba.conf").write_text("")
