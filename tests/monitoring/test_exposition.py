"""Where metrics are served, and what must never come of it."""

from __future__ import annotations

import os
import socket
import tempfile
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from app.metrics.exposition import FOLDER_VARIABLE, serve_children
from config.settings import Settings
from scripts.system.ports import free_port


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def settings_at(port: int) -> Settings:
    return Settings("", "", b"", metrics_port=port)


def test_the_folder_is_emptied_by_whoever_has_the_port_and_by_nobody_else() -> None:
    port = free_port()
    folder = Path(tempfile.gettempdir()) / f"rex-metrics-{os.getuid()}-127.0.0.1-{port}"
    folder.mkdir()
    (folder / "counter_1.db").write_bytes(b"of an earlier run")
    environ: dict[str, str] = {}
    serve_children(settings_at(port), "web", environ)
    assert environ == {FOLDER_VARIABLE: str(folder)}
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700

    (folder / "counter_2.db").touch()
    late: dict[str, str] = {}
    serve_children(settings_at(port), "web", late)
    assert late == {"METRICS_PORT": "0"}, "the port is taken: it goes without metrics"
    assert [file.name for file in folder.iterdir()] == ["counter_2.db"]


def test_a_folder_that_somebody_else_has_put_there_is_not_used(tmp_path: Path) -> None:
    port = free_port()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    name = f"rex-metrics-{os.getuid()}-127.0.0.1-{port}"
    (Path(tempfile.gettempdir()) / name).symlink_to(elsewhere)
    environ: dict[str, str] = {}
    serve_children(settings_at(port), "web", environ)
    assert (elsewhere / "precious").exists()
    assert Path(environ[FOLDER_VARIABLE]).resolve() != elsewhere


def test_a_client_that_hangs_holds_up_nobody_and_port_0_serves_nothing() -> None:
    port = free_port()
    serve_children(settings_at(port), "web", {})
    with closing(socket.create_connection(("127.0.0.1", port))) as hanging:
        hanging.sendall(b"GET /metr")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            assert answer.status == 200
    environ: dict[str, str] = {}
    serve_children(settings_at(0), "web", environ)
    assert environ == {"METRICS_PORT": "0"}
