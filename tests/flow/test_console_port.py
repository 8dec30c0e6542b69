"""The console on a port of its own, as a process of its own beside web."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from scripts.system.application import sign_in_link
from scripts.system.ports import free_port
from tests.flow.systems import running_system
from tests.waiting import eventually

pytestmark = pytest.mark.all_only

BROWSER = {"Accept": "text/html"}


def asked(url: str) -> tuple[int, str]:
    """The status, and the URL that redirects led to; 0: nobody listens yet."""
    try:
        request = urllib.request.Request(url, headers=BROWSER)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        return error.code, url
    except OSError:
        return 0, url


def test_only_its_port_has_the_console_and_links_lead_there() -> None:
    port = free_port()
    with running_system(CONSOLE_PORT=str(port)) as system:
        own = f"http://localhost:{port}"
        eventually(lambda: asked(f"{own}/readyz")[0] == 200)

        for path in ("/", "/console", "/console/", "/console/sign-in", "/console/leads"):
            assert asked(system.base_url + path)[0] == 404, path
        assert asked(f"{own}/") == (200, f"{own}/console/sign-in?next=%2Fconsole%2F")
        assert asked(f"{system.base_url}/docs")[0] == 200
        link = sign_in_link(system.environ, "ada@example.com")
        assert link is not None
        assert urlsplit(link).port == port
        assert asked(link)[0] == 200
