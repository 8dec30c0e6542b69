"""The Host header that every request must have, once (RFC 9112 3.2)."""

from __future__ import annotations

import re

from starlette.types import Scope

from app.domain.errors import BadRequest

_HOST = re.compile(rb"([A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")
#: As the server calls HTTP/1.0, which knows no Host.
_HTTP_1_0 = ("1", "1.0")


def check_host(scope: Scope) -> None:
    """Raise `BadRequest` when the Host of a request is missing, double or no host."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) == 1 and _HOST.fullmatch(hosts[0]):
        return
    # Without one, the server writes an empty one.
    if hosts in ([], [b""]) and scope["http_version"] in _HTTP_1_0:
        return
    raise BadRequest("Send exactly one Host header, with a host name and perhaps a port")
