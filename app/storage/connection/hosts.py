"""The servers that a DATABASE_URL names, and which of them is tried first."""

from __future__ import annotations

import psycopg2
import psycopg2.extensions

from config.settings import BadSetting

_PORT = "5432"


def which_server(url: str, last: tuple[str, int] | None = None) -> dict[str, str]:
    """Options for connecting: of several hosts the one that takes writes, unless the URL asks for
    another kind. `last`, host and port of the one that was used last, is tried before the others:
    a silent one costs each connection two seconds. Raises `BadSetting`.
    """
    try:
        options = psycopg2.extensions.parse_dsn(url)
    except psycopg2.ProgrammingError:
        # Not quoted: where a password holds a question mark, what is refused is part of it.
        raise BadSetting("DATABASE_URL", "expected a URL with parameters of libpq alone") from None
    hosts = options.get("host", "").split(",")
    if len(hosts) == 1 or "hostaddr" in options:
        return {}
    ports = options.get("port", _PORT).split(",")
    ports = ports if len(ports) > 1 else ports * len(hosts)
    if len(ports) != len(hosts):
        raise BadSetting("DATABASE_URL", "expected one port, or as many as hosts")
    servers = [(host, port or _PORT) for host, port in zip(hosts, ports, strict=True)]
    if last:
        servers.sort(key=lambda server: server != (last[0], str(last[1])))
    return {
        "host": ",".join(host for host, _ in servers),
        "port": ",".join(port for _, port in servers),
        "target_session_attrs": options.get("target_session_attrs", "read-write"),
    }
