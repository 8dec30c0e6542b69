"""Servers on loopback that answer as no receiver should, and a plain one to compare with."""

import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

#: Talks to one connection; returns to close it.
Conversation = Callable[[socket.socket, "Receiver"], None]


class Receiver:
    """A listening socket, a thread per connection, and what has been seen so far."""

    def __init__(
        self, conversation: Conversation, context: ssl.SSLContext | None, host: str
    ) -> None:
        self._conversation = conversation
        self._context = context
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listening = socket.create_server((host, 0), family=family, backlog=512)
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self.port: int = self._listening.getsockname()[1]
        self.stopping = threading.Event()
        self.connections = 0
        self.closed = 0
        self.requests: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, scheme: str = "http", host: str = "127.0.0.1", path: str = "/hook") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def note_request(self, head: bytes) -> None:
        with self._changed:
            self.requests.append(head)

    def wait_for_closed(self, count: int) -> None:
        """Wait until the server has closed that many connections."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.closed >= count, timeout=30)

    def pause(self, seconds: float = 0.02) -> bool:
        """Let time pass as a slow peer would; True when it is time to stop."""
        return self.stopping.wait(seconds)

    def stop(self) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._changed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            # What is sent is to be there at once, not held back to be joined with more.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        talking = connection
        try:
            if self._context is not None:
                with self._changed:
                    self._open.discard(connection)
                talking = self._context.wrap_socket(connection, server_side=True)
                with self._changed:
                    self._open.add(talking)
            self._conversation(talking, self)
        except OSError:
            pass
        finally:
            with self._changed:
                self._open.discard(connection)
                self._open.discard(talking)
            talking.close()
            with self._changed:
                self.closed += 1
                self._changed.notify_all()


@contextmanager
def receiving(
    conversation: Conversation, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Receiver]:
    """Run a receiver for the length of a with block."""
    receiver = Receiver(conversation, context, host)
    try:
        yield receiver
    finally:
        receiver.stop()


@contextmanager
def full_backlog(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Give a loopback port that takes part in no new connection: its queue is full."""
    with ExitStack() as open_sockets:
        listening = open_sockets.enter_context(socket.create_server((host, port), backlog=0))
        address = listening.getsockname()
        for _ in range(4):
            waiting = open_sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address[1]


def read_request(connection: socket.socket, receiver: Receiver) -> bytes:
    """Read one request; gives its head, empty when the peer has closed instead."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    missing = length - len(body)
    while missing > 0 and (piece := connection.recv(min(missing, 65536))):
        missing -= len(piece)
    receiver.note_request(head)
    return head


def answering(answer: bytes = OK, *, close: bool = False) -> Conversation:
    """Answer every request with these bytes; with `close`, close the connection after one."""

    def converse(connection: socket.socket, receiver: Receiver) -> None:
        while read_request(connection, receiver):
            connection.sendall(answer)
            if close:
                return

    return converse


def repeating(beginning: bytes, part: bytes, *, pause_seconds: float = 0) -> Conversation:
    """Answer with a beginning and then the same part for ever, as fast as told."""

    def converse(connection: socket.socket, receiver: Receiver) -> None:
        read_request(connection, receiver)
        connection.sendall(beginning)
        while not receiver.stopping.is_set():
            connection.sendall(part)
            if pause_seconds and receiver.pause(pause_seconds):
                return

    return converse


def saying_nothing(connection: socket.socket, receiver: Receiver) -> None:
    read_request(connection, receiver)
    receiver.stopping.wait()


def falling_silent(beginning: bytes) -> Conversation:
    """Answer with a beginning and wait for the peer to close."""

    def converse(connection: socket.socket, receiver: Receiver) -> None:
        read_request(connection, receiver)
        connection.sendall(beginning)
        connection.recv(1)

    return converse


def never_reading(connection: socket.socket, receiver: Receiver) -> None:
    receiver.stopping.wait()


def dripping_a_handshake(connection: socket.socket, receiver: Receiver) -> None:
    connection.recv(65536)
    # The beginning of a long handshake record, of which a byte comes now and then.
    connection.sendall(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xf0")
    while not receiver.pause():
        connection.sendall(b"\x00")


def hanging_up(connection: socket.socket, receiver: Receiver) -> None:
    read_request(connection, receiver)


def resetting(connection: socket.socket, receiver: Receiver) -> None:
    read_request(connection, receiver)
    reset(connection)


def reset(connection: socket.socket) -> None:
    """Close a connection the hard way, so that its peer gets an error."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _head(*lines: str) -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode()


_CHUNKED = _head("Transfer-Encoding: chunked")
_GIB = _head(f"Content-Length: {1024**3}")
_BLOCK = b"x" * 65536
_BOMB = gzip.compress(bytes(64 * 1024 * 1024))

#: Answers whose head never ends: the deadline must cut them.
ENDLESS_HEADS: dict[str, Conversation] = {
    "silence": saying_nothing,
    "dripping headers": repeating(b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x", pause_seconds=0.02),
    "a dripping status line": repeating(b"HTTP", b"/", pause_seconds=0.02),
    "dripping 100 Continue": repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause_seconds=0.02),
    "dripping 103 Early Hints": repeating(b"", b"HTTP/1.1 103 Hints\r\n\r\n", pause_seconds=0.02),
}

#: Answers with a head and a body that never ends.
ENDLESS_BODIES: dict[str, Conversation] = {
    "a dripping body": repeating(_head("Content-Length: 1000000"), b"x", pause_seconds=0.02),
    "a body that stops": falling_silent(_head("Content-Length: 3") + b"x"),
    "dripping chunks": repeating(_CHUNKED, b"1\r\nx\r\n", pause_seconds=0.02),
    "a dripping chunk size": repeating(_CHUNKED, b"0", pause_seconds=0.02),
    "dripping trailers": repeating(_CHUNKED + b"0\r\n", b"a: b\r\n", pause_seconds=0.02),
    "a body without an end": repeating(_head("Connection: close"), b"x", pause_seconds=0.02),
}

#: Answers too large to hold, sent as fast as they go.
FLOODS: dict[str, Conversation] = {
    "endless 102 Processing": repeating(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100),
    "endless 100 Continue": repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "an endless status line": repeating(b"HTTP/1.1 200 ", _BLOCK),
    "an endless header": repeating(b"HTTP/1.1 200 OK\r\nX-Long: ", _BLOCK),
    "endless headers": repeating(b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n" * 100),
    "headers of 64 KiB each": repeating(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 65500 + b"\r\n"),
    "endless chunks": repeating(_CHUNKED, b"10000\r\n" + _BLOCK + b"\r\n"),
    "endless one-byte chunks": repeating(_CHUNKED, b"1\r\nx\r\n" * 1000),
    "an endless chunk extension": repeating(_CHUNKED + b"5;", _BLOCK),
    "a chunk of negative size": repeating(_CHUNKED + b"-1\r\n", _BLOCK),
    "a chunk of astronomic size": repeating(_CHUNKED + b"f" * 4000 + b"\r\n", _BLOCK),
    "endless trailers": repeating(_CHUNKED + b"0\r\n", b"trailer: yes\r\n" * 100),
    "a body of 1 GiB": repeating(_GIB, _BLOCK),
    "a body without length": repeating(_head("Connection: close"), _BLOCK),
    "a gzip bomb": repeating(_head("Content-Encoding: gzip"), _BOMB),
    "a chunked gzip bomb": repeating(
        _head("Content-Encoding: gzip", "Transfer-Encoding: chunked"),
        b"%x\r\n%b\r\n" % (len(_BOMB), _BOMB),
    ),
    "a deflate bomb": repeating(_head("Content-Encoding: deflate"), _BOMB[10:]),
    "codings in a chain": repeating(
        _head("Content-Encoding: gzip, gzip, gzip, gzip, gzip"), gzip.compress(_BOMB)
    ),
}
