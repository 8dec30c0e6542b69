"""Every request names the host it is for, once, and is of a sane size."""

from __future__ import annotations

import pytest

from app.domain.errors import BadRequest, PayloadTooLarge
from app.http.request_head import HEADERS_BYTES_MAX, check_head


def scope(*hosts: bytes, version: str = "1.1", more: bytes = b"") -> dict[str, object]:
    headers = [(b"host", host) for host in hosts]
    return {"headers": [(b"x-more", more), *headers], "http_version": version}


@pytest.mark.parametrize(
    "host",
    [b"acme.example", b"ACME.example:8000", b"127.0.0.1:80", b"[::1]:8000", b"a_b.example", b"a:"],
)
def test_one_host_is_taken(host: bytes) -> None:
    check_head(scope(host))


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        (b"",),
        (b"acme.example", b"acme.example"),
        (b"acme.example", b"globex.example"),
        (b"acme.example, globex.example",),
        (b"acme.example/x",),
        (b"user@acme.example",),
        (b"acme.example:80:80",),
        (b"acme example",),
        (b"acme.example\n",),
    ],
)
def test_none_several_and_what_is_no_host_are_refused(hosts: tuple[bytes, ...]) -> None:
    with pytest.raises(BadRequest):
        check_head(scope(*hosts))


@pytest.mark.parametrize("hosts", [(), (b"",)])
def test_http_1_0_needs_none(hosts: tuple[bytes, ...]) -> None:
    check_head(scope(*hosts, version="1"))


def test_http_1_0_may_not_send_several_either() -> None:
    with pytest.raises(BadRequest):
        check_head(scope(b"a.example", b"b.example", version="1"))


def test_headers_that_nobody_needs_are_refused() -> None:
    check_head(scope(b"a.example", more=b"x" * (HEADERS_BYTES_MAX - 100)))
    with pytest.raises(PayloadTooLarge):
        check_head(scope(b"a.example", more=b"x" * HEADERS_BYTES_MAX))
