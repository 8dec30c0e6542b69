"""The installed package: `rex` from a wheel, far from any checkout."""

from __future__ import annotations

import configparser
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.checkout import CHECKOUT
from scripts.system.embedded import make_temporary_folder
from scripts.system.ports import free_port
from scripts.system.readiness import fault
from tests.waiting import eventually

pytestmark = pytest.mark.all_only


@pytest.fixture(scope="module")
def rex() -> Iterator[Path]:
    """The command, in a new virtual environment that holds our wheel; other packages are ours."""
    folder = make_temporary_folder()
    wheel = build_wheel(folder)
    environment = folder / "venv"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", str(wheel)], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    # A path in such a file is not searched for further ones: the checkout stays out of reach.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    yield environment / "bin" / "rex"
    shutil.rmtree(folder)


def build_wheel(folder: Path) -> Path:
    source = folder / "source"
    for part in ("app", "config", "scripts", "workers"):
        shutil.copytree(CHECKOUT / part, source / part)
    for name in ("setup.cfg", "pyproject.toml", "LICENSE"):
        shutil.copy(CHECKOUT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(source)], check=True)
    (wheel,) = folder.glob("*.whl")
    shutil.rmtree(source)
    return wheel


@pytest.fixture
def place() -> Iterator[Path]:
    """Where an operator happens to be: among others' code with names like ours."""
    folder = make_temporary_folder()
    for name in ("app", "config", "workers", "scripts"):
        (folder / f"{name}.py").write_text("raise SystemExit('not ours')")
    yield folder
    shutil.rmtree(folder)


def environ_of(**settings: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **settings}


@pytest.mark.parametrize("command", ["dev", "all"])
def test_the_whole_product_runs_from_the_wheel(rex: Path, place: Path, command: str) -> None:
    port = str(free_port())
    settings = environ_of(PORT=port, ALLOW_PRIVATE_WEBHOOKS="1")
    with (place / "log").open("w") as log:
        system = subprocess.Popen([rex, command], cwd=place, env=settings, stdout=log, stderr=log)
    try:
        # Captures are accepted before the file says how to reach the system.
        eventually(lambda: (place / ".data" / "running.json").exists(), 60)
        assert fault(f"http://127.0.0.1:{port}") is None
        demo = run(rex, place, "demo")
        assert "All steps passed." in demo
        assert run(rex, place, "manage", "orgs", "list").split()[-6] == "acme"
        assert run(rex, place, "manage", "migrate", "--check") == '{"pending": []}\n'
    finally:
        system.send_signal(signal.SIGTERM)
        status = system.wait(90)
    assert status == 0, (place / "log").read_text()
    assert "rex_live_" not in (place / "log").read_text() or command == "dev"


def test_the_version_is_the_packages(rex: Path, place: Path) -> None:
    setup = configparser.ConfigParser()
    setup.read(CHECKOUT / "setup.cfg")
    assert run(rex, place, "--version") == f"rex-capture {setup['metadata']['version']}\n"


def test_every_file_that_the_code_reads_is_in_it(rex: Path) -> None:
    (site,) = rex.parent.parent.glob("lib/python*/site-packages")
    for part in ("app", "config", "workers"):
        files = {
            each.relative_to(CHECKOUT)
            for each in (CHECKOUT / part).rglob("*")
            if each.is_file() and "__pycache__" not in each.parts
        }
        assert not {each for each in files if not (site / each).is_file()}


def run(rex: Path, place: Path, *arguments: str) -> str:
    done = subprocess.run(
        [rex, *arguments], cwd=place, env=environ_of(), capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
