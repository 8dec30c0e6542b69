"""What the head of every request must be like: one Host (RFC 9112 3.2), and not too large."""

from __future__ import annotations

import re

from starlette.types import Scope

from app.domain.errors import BadRequest, PayloadTooLarge

#: Sum of header names and values; what the server lets through is twice as large.
HEADERS_BYTES_MAX = 32 * 1024
_HOST = re.compile(rb"([A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")
#: As the server calls HTTP/1.0, which knows no Host.
_HTTP_1_0 = ("1", "1.0")


def check_head(scope: Scope) -> None:
    """Raise `BadRequest` for a missing, double or invalid Host, `PayloadTooLarge` for its size."""
    headers = scope["headers"]
    if sum(len(name) + len(value) for name, value in headers) > HEADERS_BYTES_MAX:
        raise PayloadTooLarge("The headers are larger than 32 KiB")
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) == 1 and _HOST.fullmatch(hosts[0]):
        return
    # Without one, the server writes an empty one.
    if hosts in ([], [b""]) and scope["http_version"] in _HTTP_1_0:
        return
    raise BadRequest("Send exactly one Host header, with a host name and perhaps a port")
