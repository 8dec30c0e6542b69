"""What REDIS_URL says: one server, the Sentinels that know it, or the nodes of a cluster.

    redis://[user:password@]host[:port][/database]          unix:///path[?db=0]
    redis+sentinel://[user:password@]host[:port],…/service[/database]
    redis+cluster://[user:password@]host[:port],…

`rediss` instead of `redis` is TLS, to the Sentinels as well. Parameters are named as in redis-py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, unquote

_URL = re.compile(
    r"(?P<scheme>[a-z+]+)://(?:(?P<login>[^/?#]*)@)?(?P<hosts>[^@/?#]*)"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#@]*))?"
)
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.%]+\]|[^\s:\[\],]+)(?::(?P<port>[0-9]{1,5}))?")
_SCHEMES = "redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
_SERVER_PORT, _SENTINEL_PORT = 6379, 26379

_SENTINEL_PARAMETERS = ("sentinel_username", "sentinel_password")
#: Parameters whose values are paths.
TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_TLS_PARAMETERS = (*TLS_FILES, "ssl_cert_reqs", "ssl_check_hostname")
_PARAMETERS = ("db", "username", "password", *_SENTINEL_PARAMETERS, *_TLS_PARAMETERS)
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

Host = tuple[str, int]


class RedisKind(StrEnum):
    """What stands behind the hosts."""

    SINGLE = "single"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class RedisUrl:
    """A URL, taken apart."""

    kind: RedisKind
    #: Of the server, the Sentinels or the cluster's nodes; none with `socket_path`.
    hosts: tuple[Host, ...]
    database: int = 0
    username: str | None = None
    password: str | None = None
    tls: bool = False
    #: `ssl_` parameters, for the client as they are.
    tls_options: tuple[tuple[str, str | bool], ...] = ()
    socket_path: str | None = None
    #: What the Sentinels call the primary and its replicas, and who we are to them.
    service: str = ""
    sentinel_username: str | None = None
    sentinel_password: str | None = None


def parse_redis_url(text: str) -> RedisUrl:
    """Take a URL apart. Raises `ValueError`, whose text quotes nothing that may be secret."""
    found = _URL.fullmatch(text)
    scheme = found["scheme"] if found else ""
    base, _, suffix = scheme.partition("+")
    if not found or base not in ("redis", "rediss", "unix") or suffix not in _KINDS:
        raise ValueError(f"expected a URL that starts with {_SCHEMES}")
    kind = _KINDS[suffix]
    query = _parameters(found["query"] or "", tls=base == "rediss", kind=kind)
    username, _, password = (found["login"] or "").partition(":")
    path = unquote(found["path"] or "")
    service, database = _service(path) if kind is RedisKind.SENTINEL else ("", path.strip("/"))
    if base == "unix":
        if kind is not RedisKind.SINGLE or not path or found["hosts"]:
            raise ValueError("expected unix:///path/of/the/socket")
        database = ""
    return RedisUrl(
        kind=kind,
        hosts=() if base == "unix" else _hosts(found["hosts"], kind),
        database=_database(query.get("db", database), kind),
        username=query.get("username", unquote(username)) or None,
        password=query.get("password", unquote(password)) or None,
        tls=base == "rediss",
        tls_options=tuple((n, _option(n, query[n])) for n in _TLS_PARAMETERS if n in query),
        socket_path=path if base == "unix" else None,
        service=service,
        sentinel_username=query.get("sentinel_username"),
        sentinel_password=query.get("sentinel_password"),
    )


_KINDS = {"": RedisKind.SINGLE, "sentinel": RedisKind.SENTINEL, "cluster": RedisKind.CLUSTER}


def _parameters(text: str, *, tls: bool, kind: RedisKind) -> Mapping[str, str]:
    query = dict(parse_qsl(text, keep_blank_values=True))
    if query.keys() - set(_PARAMETERS):
        raise ValueError(f"expected no parameters besides {', '.join(_PARAMETERS)}")
    if not tls and query.keys() & set(_TLS_PARAMETERS):
        raise ValueError("expected rediss with parameters that begin with ssl_")
    if kind is not RedisKind.SENTINEL and query.keys() & set(_SENTINEL_PARAMETERS):
        raise ValueError("expected redis+sentinel with parameters that begin with sentinel_")
    return query


def _hosts(text: str, kind: RedisKind) -> tuple[Host, ...]:
    port = _SENTINEL_PORT if kind is RedisKind.SENTINEL else _SERVER_PORT
    hosts = []
    # Without a host it is this machine, as for redis-py.
    for part in text.split(",") if text else ["localhost"]:
        found = _HOST.fullmatch(part.strip())
        number = int(found["port"] or port) if found else 0
        if not found or not 1 <= number <= 65535:
            # Not quoted: where a password holds a slash, what stands there is part of it.
            raise ValueError(
                "expected hosts with a number from 1 to 65535 as their port, or none"
                " (and what is special in a password written as %2F and so on)"
            )
        hosts.append((unquote(found["name"]).strip("[]"), number))
    if kind is RedisKind.SINGLE and len(hosts) > 1:
        raise ValueError("expected redis+sentinel or redis+cluster with several hosts")
    return tuple(hosts)


def _service(path: str) -> tuple[str, str]:
    """The name of the service and the database, from /service/0."""
    service, _, database = path.strip("/").partition("/")
    if not re.fullmatch(r"[A-Za-z0-9._-]+", service):
        raise ValueError("expected redis+sentinel://host,host,host/service/0, as in sentinel.conf")
    return service, database


def _database(text: str, kind: RedisKind) -> int:
    if not re.fullmatch(r"[0-9]{0,4}", text):
        raise ValueError("expected the number of a database after the slash, or nothing")
    database = int(text or 0)
    if database and kind is RedisKind.CLUSTER:
        raise ValueError("expected database 0, or none: a cluster has no other")
    return database


def _option(name: str, value: str) -> str | bool:
    if name == "ssl_check_hostname":
        if value.lower() not in _FLAGS:
            raise ValueError("expected ssl_check_hostname=true or false")
        return _FLAGS[value.lower()]
    if name == "ssl_cert_reqs" and value not in ("required", "optional", "none"):
        raise ValueError("expected ssl_cert_reqs=required, optional or none")
    return value
