"""The documented configuration of nginx, in front of the product."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from scripts.system.ports import free_port
from scripts.system.whole import WholeSystem
from tests.flow.raw_http import Answer, Connection, request
from tests.waiting import eventually

CONFIGURATION = Path(__file__).resolve().parent.parent.parent / "docs" / "nginx.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
LEAD = b'{"email": "ada@example.com"}'
PATIENCE_SECONDS = 30.0

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@pytest.fixture(scope="module")
def port(system: WholeSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where nginx listens."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    given = CONFIGURATION.read_text()
    given = given.replace("127.0.0.1:8000", f"127.0.0.1:{system.settings.port}")
    given = given.replace("listen 8080", f"listen 127.0.0.1:{port}")
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{paths}{given}}}\n"
    )
    command = [str(NGINX), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(whole)]
    with subprocess.Popen(command) as process:
        try:
            eventually(lambda: is_served(port), PATIENCE_SECONDS)
            yield port
        finally:
            process.terminate()


def is_served(port: int) -> bool:
    try:
        return ask(port, request("GET", "/healthz")).status == 200
    except OSError:
        return False


def ask(port: int, sent: bytes) -> Answer:
    with closing(Connection(port)) as connection:
        connection.send(sent)
        return connection.read_answer()


def test_a_capture_is_taken_also_with_an_offer_to_upgrade(port: int) -> None:
    offer = ("Host: localhost", "Connection: Upgrade", "Upgrade: h2c")

    assert ask(port, request(headers=offer, body=LEAD)).status == 202


def test_a_form_with_a_file_gets_through_as_far_as_the_product_takes_it(port: int) -> None:
    form = (
        b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@example.com\r\n'
        b'--x\r\nContent-Disposition: form-data; name="cv"; filename="cv.pdf"\r\n\r\n'
        + b"%" * 2_000_000
        + b"\r\n--x--\r\n"
    )
    multipart = "Content-Type: multipart/form-data; boundary=x"
    length = f"Content-Length: {len(form)}"

    assert ask(port, request(headers=("Host: localhost", multipart, length)) + form).status == 202


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"garbage\r\n\r\n", 400, "bad_request"),
        (request(headers=(), body=LEAD), 400, "bad_request"),
        (request(headers=("Host: a.example", "Host: b.example"), body=LEAD), 400, "bad_request"),
        (request(headers=("Host: localhost", "X: " + "a" * 70_000)), 400, "bad_request"),
        (request(body=b"a" * 11_000_000), 413, "payload_too_large"),
        (request(target="http://globex.rex.test/capture", body=LEAD), 404, "not_found"),
    ],
    ids=["no HTTP", "no host", "two hosts", "large head", "large body", "another org's target"],
)
def test_what_nginx_refuses_is_refused_in_the_envelope(
    port: int, sent: bytes, status: int, code: str
) -> None:
    answer = ask(port, sent)

    assert answer.status == status
    assert json.loads(answer.body)["error"]["code"] == code
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"]


def test_one_peer_has_a_share_of_the_connections_only(port: int) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(closing(Connection(port))) for _ in range(100)]
        for each in held:
            each.send(b"POST /capture HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
        eventually(lambda: ask(port, request(body=LEAD)).status == 503, PATIENCE_SECONDS)
        answer = ask(port, request(body=LEAD))

    assert json.loads(answer.body)["error"]["code"] == "unavailable"
    assert answer.headers["retry-after"] == "5"
