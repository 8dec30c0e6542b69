"""Earlier releases: what they left in a database, and their code where git has it."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import psycopg2

from scripts.checkout import CHECKOUT
from scripts.system.child import Child

SECRET_KEY = base64.b64encode(b"k" * 32).decode()
API_KEY = "rex_test_" + "u" * 32
DUMP = CHECKOUT / "tests" / "releases" / "0.1.0.sql"
#: The last commit of version 0.1.0.
COMMIT = "f3ba8c6"
#: Packages of 0.1.0 that are none of ours any more.
PACKAGES = ("uvicorn", "httptools")
ROLES = {
    "web": ("app.main",),
    "captures": ("workers.main", "captures"),
    "deliveries": ("workers.main", "deliveries"),
    "clock": ("workers.main", "clock"),
}


def load_dump(database_url: str) -> None:
    """Fill an empty database as if 0.1.0 had left it just now: what is due is due now."""
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(DUMP.read_text())
        cursor.execute(
            "UPDATE public.deliveries SET created_at = now(), next_attempt_at = now()"
            " WHERE status = 'pending'"
        )
    connection.close()


def why_absent() -> str:
    """Why the code of 0.1.0 cannot be run here; empty if it can."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        return f"0.1.0 needs {' and '.join(missing)} (pip install {' '.join(missing)})"
    if shutil.which("git") is None:
        return "git is missing"
    known = subprocess.run(
        ["git", "-C", str(CHECKOUT), "cat-file", "-e", COMMIT], capture_output=True
    )
    return "" if known.returncode == 0 else "the history with 0.1.0 is not here"


def unpack(folder: Path) -> None:
    """Put the code of 0.1.0 into a folder."""
    command = ["git", "-C", str(CHECKOUT), "archive", COMMIT, "app", "config", "scripts", "workers"]
    done = subprocess.run(command, capture_output=True, check=True)
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


def release(code: Path, environ: Mapping[str, str]) -> None:
    """What 0.1.0 calls release: migrate, and make the first key."""
    command = [sys.executable, "-m", "scripts.manage", "release"]
    subprocess.run(command, cwd=code, env=_of(code, environ), check=True, capture_output=True)


@contextmanager
def running(code: Path, environ: Mapping[str, str], run_folder: Path) -> Iterator[dict[str, Child]]:
    """Every process of 0.1.0, stopped at the end as by a deployment."""
    with ExitStack() as stack:
        children = {}
        for role, arguments in ROLES.items():
            child = Child(
                f"old-{role}",
                [sys.executable, "-m", *arguments],
                run_folder=run_folder,
                environ=_of(code, environ),
                cwd=code,
                output=run_folder / f"old-{role}.log",
            )
            child.start()
            stack.callback(child.stop, 30)
            children[role] = child
        yield children


def _of(code: Path, environ: Mapping[str, str]) -> dict[str, str]:
    return {**environ, "PYTHONPATH": str(code)}
