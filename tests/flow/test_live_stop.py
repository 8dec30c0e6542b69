"""A stop of a web process ends the streams of live pages in good order, and soon."""

from __future__ import annotations

import http.client
import os
import re
import signal
import time
from contextlib import closing
from urllib.parse import urlencode, urlsplit

import pytest

from scripts.system.application import sign_in_link
from scripts.system.processes import descendants
from scripts.system.whole import WholeSystem
from tests.flow.systems import running_system
from tests.waiting import eventually

#: The grace of a stop, the last requests and the end of the worker take 2.5 s; a stream that held
#: it up would take 20 s.
STOP_SECONDS = 12.0


@pytest.mark.all_only
def test_a_stream_ends_when_its_process_is_told_to_stop() -> None:
    with running_system() as system, closing(connect(system)) as connection:
        cookie = signed_in(system, connection)
        connection.request("GET", "/console/changes", headers={"Cookie": cookie})
        with connection.getresponse() as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            assert answer.readline() == b"retry: 2000\n"

            web = system.processes.children["web"]
            assert web.pid is not None
            stopped = [web.pid, *descendants(web.pid)]
            began_at = time.monotonic()
            os.kill(web.pid, signal.SIGTERM)
            rest = answer.read()  # raises IncompleteRead if it is cut off
        assert time.monotonic() - began_at < STOP_SECONDS
        assert set(rest.split()) <= {b"data:", b"changed", b":", b"still", b"here"}
        eventually(lambda: not any(map(is_alive, stopped)), STOP_SECONDS)


def connect(system: WholeSystem) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", system.settings.port, timeout=30)


def signed_in(system: WholeSystem, connection: http.client.HTTPConnection) -> str:
    link = sign_in_link(system.environ, "admin@localhost")
    assert link is not None
    path = urlsplit(link).path
    connection.request("GET", path)
    with connection.getresponse() as page:
        form = re.findall(r"rex_form=([^;]+)", page.headers["Set-Cookie"])[0]
        page.read()
    headers = {
        "Cookie": f"rex_form={form}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", path, urlencode({"form_token": form}), headers)
    with connection.getresponse() as done:
        done.read()
        cookies = done.headers.get_all("Set-Cookie") or []
    return next(each.partition(";")[0] for each in cookies if each.startswith("rex_session="))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
