"""`./scripts/dev` and `rex all` themselves, around small stand-ins for the product's processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psycopg2
import pytest

from scripts.checkout import CHECKOUT
from scripts.system import processes
from scripts.system.embedded import make_temporary_folder
from scripts.system.pidfile import recorded
from scripts.system.ports import free_port
from scripts.system.running import find_running
from tests.waiting import eventually

STAND_INS = Path(__file__).parent / "stand_ins"
KEY = "rex_live_" + "x" * 24


class Dev:
    """One run of dev in its own checkout."""

    def __init__(
        self,
        checkout: Path,
        environ: Mapping[str, str],
        command: Sequence[str] = ("scripts.commands.dev",),
    ) -> None:
        self.data_folder = checkout / ".data"
        self._log = (checkout / "log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=checkout,
            env={**os.environ, **environ},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def text(self) -> str:
        return Path(self._log.name).read_text()

    def wait_until_up(self, says: str = "./scripts/demo") -> None:
        eventually(lambda: says in self.text() or self.process.poll() is not None, 90)
        assert self.process.poll() is None, self.text()

    def pids(self) -> list[int]:
        return [process.pid for process in recorded(self.data_folder / "run")]

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()
        self._log.close()


@pytest.fixture
def checkout() -> Iterator[Path]:
    folder = make_temporary_folder()
    for part in ("scripts", "config"):
        shutil.copytree(CHECKOUT / part, folder / part)
    for part in ("app", "workers"):
        (folder / part).mkdir()
        (folder / part / "__init__.py").touch()
    shutil.copytree(STAND_INS, folder, dirs_exist_ok=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(checkout: Path) -> Iterator[Callable[..., Dev]]:
    """Starts dev in the checkout, on a free port unless told otherwise."""
    started: list[Dev] = []

    def start_dev(*command: str, **environ: str) -> Dev:
        own = {"PORT": str(free_port()), "DATABASE_URL": "", "REDIS_URL": "", "DATA_DIR": ""}
        command = command or ("scripts.commands.dev",)
        started.append(Dev(checkout, {**own, **environ}, command))
        return started[-1]

    yield start_dev
    for dev in started:
        dev.end()


def test_it_starts_everything_tells_how_to_go_on_and_stops_at_ctrl_c(
    start: Callable[..., Dev],
) -> None:
    port = str(free_port())
    dev = start(PORT=port)
    dev.wait_until_up()
    text, pids = dev.text(), dev.pids()
    assert len(pids) == 6
    for expected in (
        f"Rex Capture runs at http://localhost:{port}",
        f"API key of acme: {KEY}",
        "Webhooks may go to private addresses",
        f"curl -i http://localhost:{port}/capture -H 'Content-Type",
        f"curl -i http://localhost:{port}/capture -H 'Host: acme.localhost'",
    ):
        assert expected in text
    running = find_running(dev.data_folder)
    assert running is not None
    assert (running.api_key, running.org) == (KEY, "acme")
    assert running.environ["REDIS_URL"].endswith("/0")
    assert urllib.request.urlopen(f"{running.base_url}/readyz").status == 200

    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait(timeout=60) == 0
    assert not any(processes.birthmark(pid) for pid in pids)
    assert find_running(dev.data_folder) is None


def test_all_runs_every_role_in_three_processes_trusts_nobody_and_tells_no_secret(
    start: Callable[..., Dev],
) -> None:
    rex = start("scripts.rex", "all")
    rex.wait_until_up("Rex Capture runs at")
    named = {process.name for process in recorded(rex.data_folder / "run")}
    assert named == {"valkey", "postgres", "web", "captures", "deliveries"}
    running = find_running(rex.data_folder)
    assert running is not None
    assert "ALLOW_PRIVATE_WEBHOOKS" not in running.environ
    assert KEY not in rex.text()
    assert (rex.data_folder / "api_key").read_text().strip() == KEY
    settings = postgres_settings(running.environ["DATABASE_URL"], "shared_buffers", "jit")
    assert settings == {"shared_buffers": "24MB", "jit": "off"}

    rex.process.terminate()
    assert rex.process.wait(timeout=60) == 0


def postgres_settings(url: str, *names: str) -> dict[str, str]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT name, current_setting(name) FROM unnest(%s) name", ([*names],))
            return dict(cursor.fetchall())
    finally:
        connection.close()


def test_after_a_kill_of_everything_it_starts_again_with_the_same_data(
    start: Callable[..., Dev],
) -> None:
    first = start()
    first.wait_until_up()
    secret = (first.data_folder / "secret_key").read_text()
    for pid in (first.process.pid, *first.pids()):
        os.kill(pid, signal.SIGKILL)
    second = start()
    second.wait_until_up()
    assert KEY in second.text(), "the release step made it at the first start only"
    assert (second.data_folder / "secret_key").read_text() == secret
    assert len(second.pids()) == 6


def test_what_a_killed_run_left_running_is_stopped_by_the_next(start: Callable[..., Dev]) -> None:
    first = start()
    first.wait_until_up()
    left = first.pids()
    warden = int(
        subprocess.run(
            ["pgrep", "-f", f"scripts.system.warden {first.data_folder}"],
            capture_output=True,
            text=True,
        ).stdout
    )
    os.kill(warden, signal.SIGKILL)
    first.process.kill()
    first.process.wait()
    assert all(processes.birthmark(pid) for pid in left)
    second = start()
    second.wait_until_up()
    assert "Stopped what an earlier run had left: captures, deliveries, postgres" in second.text()
    assert not any(processes.birthmark(pid) for pid in left)


def test_a_second_one_on_the_same_data_is_refused_in_one_line(start: Callable[..., Dev]) -> None:
    first = start()
    first.wait_until_up()
    second = start()
    assert second.process.wait(timeout=60) == 1
    assert f"is in use by process {first.process.pid}" in second.text()
    assert first.process.poll() is None
    assert all(processes.birthmark(pid) for pid in first.pids())


@pytest.mark.parametrize(
    ("environ", "status", "line"),
    [
        ({"PORT": "80x"}, 78, "PORT: expected a whole number"),
        pytest.param(
            {"HOST": "0.0.0.0.0"},
            78,
            "HOST: '0.0.0.0.0' is not an address of this machine",
            marks=pytest.mark.all_only,
        ),
        ({"STAND_IN_REFUSES": "1"}, 78, "web        | STAND_IN_REFUSES: not accepted"),
    ],
)
def test_bad_settings_end_it_with_one_line(
    start: Callable[..., Dev], environ: dict[str, str], status: int, line: str
) -> None:
    dev = start(**environ)
    assert dev.process.wait(timeout=60) == status
    assert line in dev.text()
    assert "Traceback" not in dev.text()
    assert dev.pids() == []


def test_a_taken_port_is_told_in_one_line(start: Callable[..., Dev]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        dev = start(PORT=str(port))
        assert dev.process.wait(timeout=60) == 1
    assert dev.text().splitlines()[1:] == [
        f"scripts/dev: port {port} is taken; stop what listens there or set PORT"
    ]


def test_servers_that_are_named_are_used_and_none_are_embedded(
    start: Callable[..., Dev], blank_database_url: str, redis_url: str
) -> None:
    dev = start(DATABASE_URL=blank_database_url, REDIS_URL=redis_url)
    dev.wait_until_up()
    assert {process.name for process in recorded(dev.data_folder / "run")} == {
        "web",
        "captures",
        "deliveries",
        "scheduler",
    }
    assert not (dev.data_folder / "postgres").exists()
    running = json.loads((dev.data_folder / "running.json").read_text())
    assert running["environ"]["DATABASE_URL"] == blank_database_url
    assert dev.data_folder.stat().st_mode & 0o077 in (0, 0o011)
