"""The product's own processes, as the Procfile names them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.checkout import CHECKOUT
from scripts.system.child import Child, LineSink


class ReleaseFailed(Exception):
    """The release step failed and has printed its reason on standard error."""

    def __init__(self, status: int) -> None:
        super().__init__(f"release ended with status {status}")
        self.status = status


@dataclass(frozen=True)
class Release:
    """What the release step says: the default org, and its API key if one was made just now."""

    org: str
    api_key: str | None


def release(environ: Mapping[str, str]) -> Release:
    """Migrates the database and makes the default org. Raises `ReleaseFailed`."""
    done = _manage(environ, "release")
    if done.returncode != 0:
        raise ReleaseFailed(done.returncode)
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    return Release(org=answer["org"], api_key=answer["api_key"])


def sign_in_link(environ: Mapping[str, str], email: str) -> str | None:
    """A link by which an admin of the default org's console signs in once; made if need be."""
    done = _manage(environ, "users", "link", email, "--create", "--json")
    if done.returncode != 0:  # it has printed its reason
        return None
    return str(json.loads(done.stdout)["link"])


def _manage(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.manage", *arguments],
        cwd=CHECKOUT,
        env=dict(environ),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is ours to handle
    )


def processes(
    roles: Mapping[str, Sequence[str]],
    environ: Mapping[str, str],
    run_folder: Path,
    output_of: Callable[[str], LineSink],
) -> list[Child]:
    """Processes of these names and modules, not yet started; `output_of(name)` takes lines."""
    environ = {**environ, "PYTHONUNBUFFERED": "1"}
    return [
        python_child(name, module, environ, run_folder, output_of(name))
        for name, module in roles.items()
    ]


def python_child(
    name: str,
    module_and_arguments: Sequence[str],
    environ: Mapping[str, str],
    run_folder: Path,
    output: LineSink | Path,
) -> Child:
    """A process that runs a module of this checkout."""
    return Child(
        name,
        [sys.executable, "-m", *module_and_arguments],
        run_folder=run_folder,
        environ=environ,
        cwd=CHECKOUT,
        output=output,
    )
