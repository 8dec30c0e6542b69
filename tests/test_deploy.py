"""What deploy/ holds is valid, as far as the programs that read it are here."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import Settings
from scripts.rex import VERBS

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
PATHS = "/usr/local/bin:/usr/bin:/bin:/usr/sbin"
EXAMPLE = dict(
    line.split("=", 1)
    for line in (DEPLOY / ".env.example").read_text().splitlines()
    if not line.startswith("#")
)
OURS = {field.name.upper() for field in fields(Settings)}


def compose_program() -> list[str]:
    """Compose as Docker's plug-in or on its own; empty without either."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if not shutil.which(command[0]):
            continue
        version = [*command, "version", "--short"]
        done = subprocess.run(version, capture_output=True, text=True)
        if done.returncode == 0 and not done.stdout.startswith("1."):
            return command
    return []


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    return document


def of_ours(services: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in services.items() if each["image"] == "rex-capture"}


def test_the_compose_file_runs_every_role_without_rights() -> None:
    services = of_ours(compose()["services"])

    assert {command for each in services.values() for command in each["command"]} == {
        *("web", "captures", "deliveries", "scheduler", "migrate")
    }
    for each in services.values():
        assert each["read_only"]
        assert each["cap_drop"] == ["ALL"]
        assert each["environment"].keys() <= OURS
        assert "ports" not in each


def test_the_compose_file_keeps_captures_on_disk_and_evicts_none() -> None:
    command = compose()["services"]["valkey"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))

    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "always"
    assert options["--maxmemory-policy"] == "noeviction"


def test_the_compose_file_asks_for_what_the_example_lists() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yml").read_text()))

    assert asked == EXAMPLE.keys()
    assert len((DEPLOY / ".env.example").read_text().splitlines()) <= 6


def test_docker_accepts_the_compose_file() -> None:
    program = compose_program()
    if not program:
        pytest.skip("Docker Compose 2 is missing")
    command = [*program, "--file", str(DEPLOY / "compose.yml"), "config", "--quiet"]
    environ = {**os.environ, **{name: text or "x" for name, text in EXAMPLE.items()}}

    subprocess.run(command, env=environ, check=True)


def test_the_image_is_built_of_the_packages_and_runs_as_nobody_in_particular() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    packages = setup["options.packages.find"]["include"].replace("*", "").split()

    assert {f"COPY {each} {each}" for each in packages} <= set(lines)
    assert "USER 10001:10001" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            assert (ROOT / line[1:]).exists()


@pytest.mark.skipif(shutil.which("caddy", path=PATHS) is None, reason="caddy is missing")
def test_caddy_accepts_its_file(tmp_path: Path) -> None:
    environ = {"PATH": PATHS, "HOME": str(tmp_path), "HOSTS": "a.example.com, b.example.com"}
    command = ["caddy", "validate", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"]

    done = subprocess.run(command, env=environ, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "Valid configuration" in done.stderr + done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in (*UNITS.glob("*.service"), *UNITS.glob("*.target")):
        text = unit.read_text().replace("/opt/rex/bin/rex", sys.executable)
        (tmp_path / unit.name.replace("@", "@web")).write_text(text)
    units = sorted(tmp_path.iterdir())

    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, units)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_units_start_the_command_and_do_not_repeat_a_wrong_setting() -> None:
    role = configparser.ConfigParser(interpolation=None, strict=False)
    role.optionxform = str  # type: ignore[assignment,method-assign]
    role.read(UNITS / "rex@.service")
    named = re.findall(r"rex@([a-z]+)", (UNITS / "rex@.service").read_text())

    assert role["Service"]["ExecStart"] == "/opt/rex/bin/rex %i"
    assert set(named) <= VERBS.keys()
    assert role["Service"]["RestartPreventExitStatus"] == "78"
