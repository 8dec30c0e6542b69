"""A TCP proxy before Redis that can lose the reply to a command that was carried out."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from urllib.parse import urlsplit


class LosingProxy:
    """Passes bytes both ways; `lose_reply_to` makes it hang up instead of answering."""

    def __init__(self, target_url: str) -> None:
        self._target = urlsplit(target_url)
        self._marker: bytes | None = None
        self.lost = threading.Event()
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """The target's, by way of this proxy."""
        user_and_password, _, _ = self._target.netloc.rpartition("@")
        port = self._listener.getsockname()[1]
        return self._target._replace(netloc=f"{user_and_password}@127.0.0.1:{port}").geturl()

    def lose_reply_to(self, marker: bytes) -> None:
        """The next command that contains `marker` is carried out, and its sender never hears."""
        self.lost.clear()
        self._marker = marker

    def close(self) -> None:
        """Hang up on everybody."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(client,), daemon=True))
            self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with (
            client,
            socket.create_connection((self._target.hostname, self._target.port)) as server,
            selectors.DefaultSelector() as ready,
            contextlib.suppress(OSError),
        ):
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while not self._closing.is_set():
                for key, _ in ready.select(0.1):
                    if not self._pass_on(key.fileobj, key.data, server):  # type: ignore[arg-type]
                        return

    def _pass_on(self, source: socket.socket, sink: socket.socket, server: socket.socket) -> bool:
        data = source.recv(65536)
        if not data:
            return False
        sink.sendall(data)
        if sink is server and self._marker is not None and self._marker in data:
            self._marker = None
            server.recv(65536)
            self.lost.set()
            return False
        return True
