"""What stops the start of a process: one line that names the setting, and status 78."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import EXIT_CONFIGURATION

ROOT = Path(__file__).parents[1]
SETTINGS = {
    "DATABASE_URL": "postgresql://rex@127.0.0.1:9/rex",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SECRET_KEY": base64.b64encode(b"k" * 32).decode(),
    "LOG_LEVEL": "error",  # that the servers are away is not what is tested
}


def start(module: str, *arguments: str, **settings: str) -> tuple[int, str]:
    """The status of a process that ends at its start, and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **SETTINGS, **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(
    "host",
    [
        "nowhere.invalid",
        *(
            pytest.param(host, marks=pytest.mark.all_only)
            for host in ("0.0.0.0.0", "192.0.2.1", "2001:db8::1", "a..b")
        ),
    ],
)
def test_a_host_that_is_none_of_this_machine_is_named(host: str) -> None:
    said = f"HOST: '{host}' is not an address of this machine"

    assert start("app.serve", HOST=host) == (EXIT_CONFIGURATION, said)


def test_a_port_that_is_taken_is_named_and_worth_another_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = f"PORT: {port} on 127.0.0.1: Address already in use"

        assert start("app.serve", PORT=str(port)) == (1, said)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "CONSOLE_PORT: is required: without it web serves the console"),
        pytest.param(
            {"CONSOLE_PORT": "8001", "CONSOLE": "0"},
            "CONSOLE: is 0: there is no console to serve",
            marks=pytest.mark.all_only,
        ),
    ],
)
def test_a_console_of_its_own_has_a_port(settings: dict[str, str], said: str) -> None:
    assert start("app.serve", "console", **settings) == (EXIT_CONFIGURATION, said)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every port")
def test_a_port_that_only_root_may_use_is_named() -> None:
    said = "PORT: 80 may not be used here; choose one over 1023"

    assert start("app.serve", PORT="80") == (EXIT_CONFIGURATION, said)


@pytest.mark.parametrize(
    "command",
    [
        ["app.serve"],
        ["workers.main", "captures"],
        pytest.param(["workers.main", "scheduler"], marks=pytest.mark.all_only),
    ],
)
def test_a_mistyped_setting_stops_every_process(command: list[str]) -> None:
    said = "RETRY_BASE_SECOND: not a setting; did you mean RETRY_BASE_SECONDS?"

    assert start(*command, RETRY_BASE_SECOND="5") == (EXIT_CONFIGURATION, said)
