"""A backup of a running system, restored: nothing lost, nothing recorded twice."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.client import Rex
from scripts.commands import backup, restore
from scripts.receiver import Receiver
from scripts.system.backup_files import dump_postgres
from scripts.system.embedded import make_temporary_folder
from scripts.system.output import Console
from scripts.system.ports import free_port
from scripts.system.whole import UNLIMITED, WholeSystem
from tests.flow.systems import SETTINGS, query
from tests.waiting import eventually

pytestmark = pytest.mark.all_only
PATIENCE_SECONDS = 60.0


@pytest.fixture
def place() -> Iterator[Path]:
    folder = make_temporary_folder()
    yield folder
    shutil.rmtree(folder)


def system_in(folder: Path) -> WholeSystem:
    settings = {**SETTINGS, **UNLIMITED, "PORT": str(free_port())}
    return WholeSystem(settings, folder, Console(io.StringIO()))


def post(rex: Rex, name: str, count: int) -> set[str]:
    """Leads that were accepted; their contacts' ids."""
    answers = [rex.capture(email=f"{name}{number}@example.com") for number in range(count)]
    assert {status for status, _ in answers} == {202}
    return {answer["data"]["id"] for _, answer in answers}


def run(main: object, place: Path, data: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("DATA_DIR", str(place / data))
    assert callable(main)
    return int(main([str(place / "backup")]))


@pytest.mark.parametrize("recorded_meanwhile", [False, True], ids=["queue alone", "in both"])
def test_a_backup_under_way_loses_nothing_and_records_nothing_twice(
    place: Path, monkeypatch: pytest.MonkeyPatch, recorded_meanwhile: bool
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    with Receiver() as receiver:
        with system_in(place / "data") as system:
            rex = Rex(system.base_url, system.api_key)
            status, answer = rex.request("POST", "/webhooks", {"url": receiver.url})
            assert status == 201
            receiver.secret = answer["secret"]
            accepted = post(rex, "recorded", 20)
            receiver.wait_for(lambda all: len(all) == 20, PATIENCE_SECONDS)
            # From here on captures are in the queue alone.
            system.processes.children["captures"].freeze()
            accepted |= post(rex, "queued", 20)
            if recorded_meanwhile:
                later = after_recording(system)
                monkeypatch.setattr("scripts.commands.backup.dump_postgres", later)
            assert run(backup.main, place, "data", monkeypatch) == 0
            late = post(rex, "late", 5)
        shutil.rmtree(place / "data")

        assert run(restore.main, place, "new", monkeypatch) == 0
        with system_in(place / "new") as system:
            eventually(lambda: recorded(system) >= accepted, PATIENCE_SECONDS)
            rex = Rex(system.base_url, system.api_key)
            assert rex.request("GET", "/webhooks")[0] == 200, "the key is still known"
            after = post(rex, "after", 5)
            receiver.wait_for(
                lambda all: {each.event["data"]["id"] for each in all} >= accepted | after,
                PATIENCE_SECONDS,
            )
            ((captures, ids, events, contacts),) = query(
                system,
                "SELECT count(*), count(DISTINCT c.id), (SELECT count(*) FROM events),"
                " (SELECT count(*) FROM contacts) FROM captures c",
            )
            assert recorded(system) == accepted | after
    assert captures == ids == events == contacts == len(accepted) + len(after)
    assert late.isdisjoint(accepted), "accepted after the backup"
    assert all(each.verified for each in receiver.received), "the secrets are still readable"


def after_recording(system: WholeSystem) -> object:
    """Dumps the database once what was copied with the queue is recorded there as well."""

    def dump_later(database_url: str, folder: Path) -> None:
        system.processes.children["captures"].thaw()
        eventually(lambda: len(recorded(system)) == 40, PATIENCE_SECONDS)
        dump_postgres(database_url, folder)

    return dump_later


def recorded(system: WholeSystem) -> set[str]:
    return {each for (each,) in query(system, "SELECT contact_id FROM captures")}


def test_what_cannot_be_backed_up_or_restored_is_told_in_one_line(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    assert run(backup.main, place, "none", monkeypatch) == 1
    assert "holds no data of embedded servers" in capsys.readouterr().err
    assert run(restore.main, place, "none", monkeypatch) == 1
    assert "holds no complete backup" in capsys.readouterr().err

    (place / "backup").mkdir()
    (place / "backup" / "backup.json").write_text("{}")
    (place / "used").mkdir()
    (place / "used" / "secret_key").touch()
    assert run(restore.main, place, "used", monkeypatch) == 1
    assert "is in use (secret_key)" in capsys.readouterr().err
    assert run(backup.main, place, "used", monkeypatch) == 1
    assert "exists; name a new folder" in capsys.readouterr().err

    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/rex")
    assert run(backup.main, place, "used", monkeypatch) == 1
    assert "docs/operating.md" in capsys.readouterr().err
