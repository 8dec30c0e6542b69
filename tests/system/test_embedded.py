from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis

from scripts.checkout import CHECKOUT
from scripts.system import pidfile, processes, server
from scripts.system.embedded import AlreadyRunning, Embedded, make_temporary_folder
from scripts.system.server import STOP_SECONDS, ServerFailed, data_lock
from scripts.system.unprivileged import as_user
from tests.waiting import eventually


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """A folder to be made, removed with all that is in it; PostgreSQL's user can get there."""
    parent = make_temporary_folder()
    yield parent / "data"
    shutil.rmtree(parent)


def ask(servers: Embedded, statement: str) -> Any:
    """The first value that PostgreSQL answers with, if any."""
    with closing(psycopg2.connect(servers.database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]


def queue(servers: Embedded) -> redis.Redis:
    return redis.Redis.from_url(servers.redis_url, decode_responses=True)


def test_killed_servers_come_back_with_what_they_had_answered_for(own_embedded: Embedded) -> None:
    servers = own_embedded
    urls = servers.database_url, servers.redis_url
    ask(servers, "CREATE TABLE kept AS SELECT 42 AS n")
    with closing(queue(servers)) as client:
        client.set("kept", "42")
        servers.postgres.kill()
        servers.valkey.kill()
        servers.start()
        assert client.get("kept") == "42"
    assert ask(servers, "SELECT n FROM kept") == 42
    assert (servers.database_url, servers.redis_url) == urls


def test_a_postgres_killed_under_an_open_client_starts_again(own_embedded: Embedded) -> None:
    with closing(psycopg2.connect(own_embedded.database_url)):
        own_embedded.postgres.kill()
        own_embedded.postgres.start()
        assert ask(own_embedded, "SELECT 1") == 1


def test_a_frozen_server_answers_nothing_until_it_is_thawed(own_embedded: Embedded) -> None:
    impatient = redis.Redis.from_url(own_embedded.redis_url, socket_timeout=0.2, retry=None)
    with closing(queue(own_embedded)) as client, closing(impatient):
        client.ping()
        own_embedded.valkey.freeze()
        with pytest.raises(redis.TimeoutError):
            impatient.ping()
        own_embedded.valkey.thaw()
        assert client.ping()


def test_stopping_is_quick_even_with_clients_and_leaves_no_process() -> None:
    with Embedded(fsync=False) as servers:
        pids = [one.pid for one in servers.servers]
        client = psycopg2.connect(servers.database_url)
        began = time.monotonic()
    assert time.monotonic() - began < STOP_SECONDS, "nobody had to be killed"
    client.close()
    assert [processes.birthmark(pid or 0) for pid in pids] == [None, None]
    assert not servers.data_folder.exists()


def test_valkey_is_durable_and_evicts_nothing(embedded: Embedded) -> None:
    with closing(queue(embedded)) as client:
        asked = ("appendonly", "appendfsync", "save", "maxmemory-policy", "bind", "databases")
        settings = {name: client.config_get(name)[name] for name in asked}
    assert settings == {
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "bind": "127.0.0.1",
        "databases": "16",
    }


def test_postgres_fsyncs_unless_told_otherwise(own_embedded: Embedded, embedded: Embedded) -> None:
    assert ask(own_embedded, "SHOW fsync") == "on"
    assert ask(embedded, "SHOW fsync") == "off"


def test_nobody_gets_in_without_the_password(embedded: Embedded) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(embedded.database_url, password="wrong")
    password = urlsplit(embedded.redis_url).password or ""
    stranger = redis.Redis.from_url(embedded.redis_url.replace(password, "wrong"))
    with closing(stranger), pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_what_holds_passwords_is_private(embedded: Embedded) -> None:
    for name in ("postgres.json", "valkey.json", "valkey/valkey.conf"):
        assert stat.S_IMODE((embedded.data_folder / name).stat().st_mode) == 0o600


def test_postgres_does_not_run_as_root(embedded: Embedded) -> None:
    owner = pwd.getpwuid(embedded.postgres.home.stat().st_uid).pw_name
    assert owner != "root"
    assert owner == (embedded.postgres.user or pwd.getpwuid(os.geteuid()).pw_name)


def test_a_stale_pid_file_of_postgres_that_names_a_living_process_stops_nothing(
    own_embedded: Embedded,
) -> None:
    postgres = own_embedded.postgres
    postgres.kill()
    file = postgres.home / "cluster" / "postmaster.pid"
    lines = file.read_text().splitlines()
    with subprocess.Popen(["sleep", "60"], cwd="/", **as_user(postgres.user)) as stranger:
        file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        postgres.start()
        assert stranger.poll() is None
        stranger.kill()
    assert ask(own_embedded, "SELECT 1") == 1


def test_a_second_server_never_opens_the_files_of_the_first(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "STOP_SECONDS", 0.1)
    for folder in (embedded.data_folder / "valkey", embedded.postgres.home):
        with pytest.raises(ServerFailed, match="another server uses"), data_lock(folder):
            pass


def test_a_data_folder_has_one_user_at_a_time(embedded: Embedded) -> None:
    second = Embedded(embedded.data_folder)
    with pytest.raises(AlreadyRunning, match=f"in use by process {os.getpid()}"):
        second.claim()
    second.stop()
    assert embedded.postgres.pid
    assert embedded.valkey.pid


#: Starts servers in the folder of its argument, says their pids and the warden's, and waits.
STARTER = """
import os, signal, sys
from pathlib import Path
from scripts.system.embedded import Embedded
with Embedded(Path(sys.argv[1]), fsync=False) as servers:
    print(servers.valkey.pid, servers.postgres.pid, flush=True)
    signal.pause()
"""


def start_elsewhere(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    return starter, [int(pid) for pid in starter.stdout.readline().split()]


def test_servers_end_soon_after_their_starter_was_killed(data_folder: Path) -> None:
    starter, pids = start_elsewhere(data_folder)
    with starter:
        starter.kill()
    assert len(pids) == 2
    eventually(lambda: not any(processes.birthmark(pid) for pid in pids))


def test_after_a_kill_of_everything_the_next_start_keeps_the_data(data_folder: Path) -> None:
    starter, pids = start_elsewhere(data_folder)
    with starter:
        for pid in wardens_of(starter.pid):
            os.kill(pid, signal.SIGKILL)
        starter.kill()
    assert all(processes.birthmark(pid) for pid in pids), "without the warden they go on"
    with Embedded(data_folder, fsync=False) as servers:
        assert not any(processes.birthmark(pid) for pid in pids)
        ask(servers, "CREATE TABLE kept ()")
        with closing(queue(servers)) as client:
            client.set("kept", "1")
        for embedded_server in servers.servers:
            os.kill(embedded_server.pid or 0, signal.SIGKILL)
    with Embedded(data_folder, fsync=False) as servers:
        assert ask(servers, "SELECT count(*) FROM kept") == 0
        with closing(queue(servers)) as client:
            assert client.get("kept") == "1"


def wardens_of(pid: int) -> list[int]:
    rows = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,command="], capture_output=True, text=True
    ).stdout.splitlines()
    return [
        int(row.split()[0])
        for row in rows
        if int(row.split()[1]) == pid and "scripts.system.warden" in row
    ]


def test_a_server_that_cannot_start_tells_its_reason() -> None:
    servers = Embedded(postgres=False, valkey_settings={"appendfsync": "sometimes"})
    with pytest.raises(ServerFailed, match="appendfsync"), servers:
        pass
    assert not servers.data_folder.exists()
    assert pidfile.recorded(servers.run_folder) == []


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder on a disk of 24 MB; PostgreSQL's first start needs more than 40."""
    folder = make_temporary_folder()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0711", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        shutil.rmtree(folder)
        pytest.skip("only root can make a small disk, where mounting is allowed")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "megabytes", [24, *(pytest.param(m, marks=pytest.mark.all_only) for m in (32, 36, 40))]
)
def test_a_disk_that_is_full_at_the_first_start_is_named_and_the_next_start_goes_on(
    small_disk: Path, megabytes: int
) -> None:
    def resize(size: int) -> None:
        options = f"remount,size={size}m"
        subprocess.run(["mount", "-o", options, str(small_disk)], check=True)

    resize(megabytes)
    data_folder = small_disk / "data"
    full = f"the disk that holds {small_disk}.* is full"
    with pytest.raises(ServerFailed, match=full), Embedded(data_folder, fsync=False):
        pass

    resize(256)
    with Embedded(data_folder, fsync=False) as servers:
        assert ask(servers, "SELECT current_database()") == "rex"


def test_a_data_folder_that_a_full_disk_cut_off_is_made_anew(data_folder: Path) -> None:
    with Embedded(data_folder, fsync=False) as servers:
        ask(servers, "SELECT 1")
        elsewhere = servers.database_url.removesuffix("/rex") + "/postgres"
        with closing(psycopg2.connect(elsewhere)) as connection:
            connection.autocommit = True
            connection.cursor().execute("DROP DATABASE rex WITH (FORCE)")

    with Embedded(data_folder, fsync=False) as servers:
        assert ask(servers, "SELECT current_database()") == "rex"


def test_a_data_folder_with_data_is_never_made_anew(data_folder: Path) -> None:
    with Embedded(data_folder, fsync=False) as servers:
        ask(servers, "CREATE TABLE kept AS SELECT 42 AS n")
        servers.postgres.kill()
        servers.postgres.prepare()
        servers.postgres.start()
        assert ask(servers, "SELECT n FROM kept") == 42
