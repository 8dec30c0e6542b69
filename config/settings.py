"""Every knob of the product, read once from the environment and frozen.

Units are in the names. A value that cannot be used raises `BadSetting`, whose text is the one
line that an operator needs; the mains print it and exit with `EXIT_CONFIGURATION`.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit

from config.redis_url import TLS_FILES, parse_redis_url

#: Exit status of a process whose settings are wrong (EX_CONFIG of sysexits.h). A supervisor must
#: not restart it: the next start would fail in the same way.
EXIT_CONFIGURATION = 78

Network = IPv4Network | IPv6Network


class BadSetting(ValueError):
    """A setting is missing or cannot be used."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")


@dataclass(frozen=True)
class Settings:
    """The settings of one process. Defaults are the product's, not a test's."""

    #: PostgreSQL, the memory: postgresql://user:password@host:port/name
    database_url: str
    #: Redis, the queue and the admission's state: see redis_url.py.
    redis_url: str
    #: 32 random bytes, base64. Encrypts webhook secrets and headers; losing it loses them.
    secret_key: bytes
    #: The key before it: still decrypts, until `manage secrets reencrypt` has been run.
    secret_key_previous: bytes | None = None

    #: TCP port of the web process.
    port: int = 8000
    #: Address that the web process listens on.
    host: str = "127.0.0.1"
    #: Whether the web process serves the console.
    console: bool = True
    #: TCP port of the console, which is a process of its own then; 0: web serves it.
    console_port: int = 0
    #: How long a connection may be idle, or send the head of a request.
    idle_connection_seconds: float = 20.0
    #: Web processes.
    web_concurrency: int = 1
    #: Processes per worker role.
    worker_processes: int = 1
    #: Attempts that a delivery process has in flight at once.
    worker_threads: int = 1000
    #: Classes of dramatiq middleware that workers add: package.module:Class, with commas.
    worker_middleware: tuple[str, ...] = ()

    #: TCP port of web's metrics; captures, deliveries, scheduler have the next three. 0: none.
    metrics_port: int = 9410
    #: Address that metrics are served on.
    metrics_host: str = "127.0.0.1"

    #: Orgs are reached at https://{org}.{base_domain}.
    base_domain: str = "localhost"
    #: The org of a request whose host is not under base_domain.
    default_org: str = "acme"
    #: A read-write key of the default org, created at release when set.
    bootstrap_api_key: str | None = None
    #: Peers whose X-Forwarded-For is believed.
    trusted_proxies: tuple[Network, ...] = ()
    #: Whether webhooks may point to http and to private addresses.
    allow_private_webhooks: bool = False
    #: Extra certificate authorities for webhook targets: the path of a PEM file.
    webhook_ca_file: str | None = None
    #: Ports that webhooks may use; empty: any.
    webhook_ports: tuple[int, ...] = ()
    #: Networks that deliveries never connect to, besides the private and special ones.
    blocked_networks: tuple[Network, ...] = ()

    #: Asked instead of captchas' providers, at a path with the provider's name: a proxy, say.
    captcha_proxy_url: str | None = None

    #: Captures a minute from one client address, per org; 0: no limit.
    capture_rate_per_address: int = 600
    #: Captures a minute for one target e-mail address, per org; 0: no limit.
    capture_rate_per_email: int = 20
    #: Keyed requests a minute, per key; 0: no limit.
    api_rate_per_key: int = 1000

    #: Whether to use a Redis that may lose what it acknowledged; else captures go to PostgreSQL.
    allow_volatile_queue: bool = False
    #: Replicas of Redis that must have a capture before it is answered; else PostgreSQL takes it.
    redis_replicas_required: int = 0
    #: Streams that captures are spread over, each in one slot of a Redis Cluster.
    capture_streams: int = 1
    #: Jobs in a stream of captures above which new ones go to the fallback table in PostgreSQL.
    queue_depth_max: int = 1_000_000
    #: Share of Redis's maxmemory above which new captures go to the fallback table in PostgreSQL.
    redis_memory_share_max: float = 0.85

    #: First retry delay of a delivery; the n-th is base x 3^(n-1).
    retry_base_seconds: float = 5.0
    #: Longest retry delay.
    retry_cap_seconds: float = 12 * 3600.0
    #: Counted attempts after which a delivery has failed.
    retry_max_attempts: int = 15
    #: Age after which a delivery has failed.
    retry_max_age_seconds: float = 72 * 3600.0
    #: Most attempts that a webhook's own retry policy may ask for.
    retry_max_attempts_limit: int = 100
    #: Longest age that it may ask for.
    retry_max_age_seconds_limit: float = 7 * 86_400.0
    #: Looking up, connecting to and shaking hands with a webhook's host.
    delivery_connect_seconds: float = 5.0
    #: One attempt as a whole, whatever the receiver does.
    delivery_total_seconds: float = 15.0
    #: Longest `timeout_seconds` that a webhook may have.
    delivery_total_seconds_limit: float = 30.0
    #: Attempts to one webhook that a delivery process has in flight at once, at most.
    webhook_concurrency_max: int = 256

    #: Webhooks that one org has at most.
    webhooks_per_org_max: int = 100
    #: Replays of one org that run at the same time.
    replays_per_org_max: int = 10
    #: Pings a minute, per org.
    ping_rate_per_org: int = 60

    #: How often the scheduler looks for what is due.
    scheduler_interval_seconds: float = 0.5
    #: Age after which settled deliveries and their attempts, and then events, are deleted.
    retention_events_days: int = 90
    #: Age after which captures are deleted; 0: kept.
    retention_captures_days: int = 0
    #: Age after which entries of the audit log are deleted.
    retention_audit_days: int = 365

    #: Age after which what a paused or disabled webhook holds is given up.
    held_max_days: int = 30
    #: What one paused or disabled webhook holds at most; then the oldest is given up.
    held_max_deliveries: int = 1_000_000

    #: debug, info, warning or error.
    log_level: str = "info"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from environment variables named like the fields, in capitals.

    An empty variable counts as absent. Raises `BadSetting` for a name that is nearly one of ours
    and for the first value that is missing or cannot be used.
    """
    _check_names(environ)
    values: dict[str, object] = {}
    for field in fields(Settings):
        name = field.name.upper()
        text = environ.get(name, "").strip()
        if not text:
            continue
        try:
            values[field.name] = _PARSERS[field.name](text)
        except ValueError as error:
            raise BadSetting(name, str(error)) from None
    for required, hint in _REQUIRED.items():
        if required not in values:
            raise BadSetting(required.upper(), f"not set; {hint}")
    return Settings(**values)  # type: ignore[arg-type]


_REQUIRED = {
    "database_url": "expected postgresql://user:password@host:port/name (./scripts/dev sets it)",
    "redis_url": "expected redis://host:port/0 (./scripts/dev sets it)",
    "secret_key": "expected 32 random bytes in base64 (./scripts/dev makes one)",
}


#: What a name and a mistyped one have in common at least (0 to 1); less is another program's name.
_ALIKE = 0.92
#: The same of names that begin with the same word.
_ALIKE_IN_FAMILY = 0.85


def _check_names(environ: Mapping[str, str]) -> None:
    """Raise `BadSetting` for a name that is a mistyped one of ours."""
    ours = [*(field.name.upper() for field in fields(Settings)), "DATA_DIR"]
    absent = [name for name in ours if not environ.get(name, "").strip()]
    for name in sorted(environ.keys() - set(ours)):
        if "_" not in name or not name.isupper():
            continue
        for meant in difflib.get_close_matches(name, absent, n=1, cutoff=_ALIKE_IN_FAMILY):
            alike = difflib.SequenceMatcher(None, meant, name).ratio()
            is_family = name.partition("_")[0] == meant.partition("_")[0]
            # DATABASE_URL_2 is not mistyped but another one.
            if (is_family or alike >= _ALIKE) and not name.startswith(f"{meant}_"):
                raise BadSetting(name, f"not a setting; did you mean {meant}?")


def _text(text: str) -> str:
    return text


_POSTGRESQL = ("postgresql", "postgres")


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if urlsplit(text).scheme not in schemes:
            raise ValueError(f"expected a URL that starts with {schemes[0]}://")
        if not _has_valid_port(text):
            # Not quoted: where a password holds a slash, what stands there is part of it.
            raise ValueError("expected a URL with a number from 1 to 65535 as its port, or none")
        return text

    return parse


def _redis_url(text: str) -> str:
    for name, value in parse_redis_url(text).tls_options:
        if name in TLS_FILES and not Path(str(value)).is_file():
            raise ValueError(f"expected a file that {name} names")
    return text


def _has_valid_port(url: str) -> bool:
    parts = urlsplit(url)
    # PostgreSQL's may name several hosts, to be tried one after the other.
    hosts = parts.netloc.rpartition("@")[2].split("," if parts.scheme in _POSTGRESQL else None)
    try:
        ports = [urlsplit(f"//{host}").port for host in hosts]
    except ValueError:
        return False
    return 0 not in ports


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}, got {text[:40]!r}")
        return int(text)

    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"expected a number from {low:g} to {high:g}, got {text[:40]!r}")
        return value

    return parse


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"expected 0 or 1, got {text[:40]!r}")


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", text):
        raise ValueError(f"expected lower-case letters, digits and hyphens, got {text[:40]!r}")
    return text


def _domain(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*", text.lower()):
        raise ValueError(f"expected a host name such as example.com, got {text[:40]!r}")
    return text.lower()


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))
    except ValueError:
        raise ValueError("expected addresses or networks such as 10.0.0.0/8, with commas") from None


def _ports(text: str) -> tuple[int, ...]:
    return tuple(_integer(1, 65535)(part.strip()) for part in text.split(","))


def _class_paths(text: str) -> tuple[str, ...]:
    paths = tuple(part.strip() for part in text.split(","))
    for path in paths:
        if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", path):
            raise ValueError(f"expected package.module:Class, with commas, got {path[:60]!r}")
    return paths


def _secret_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ValueError("expected 32 random bytes in base64")
    return key


def _api_key(text: str) -> str:
    if not re.fullmatch(r"rex_(?:live|test)_[A-Za-z0-9_-]{20,100}", text):
        raise ValueError("expected rex_live_ or rex_test_ and at least 20 letters and digits")
    return text


def _level(text: str) -> str:
    if text.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError(f"expected debug, info, warning or error, got {text[:40]!r}")
    return text.lower()


_PARSERS: dict[str, Callable[[str], object]] = {
    "database_url": _url(*_POSTGRESQL),
    "redis_url": _redis_url,
    "secret_key": _secret_key,
    "secret_key_previous": _secret_key,
    "port": _integer(1, 65535),
    "host": _text,
    "console": _flag,
    "console_port": _integer(0, 65535),
    "idle_connection_seconds": _number(1, 3600),
    "web_concurrency": _integer(1, 64),
    "worker_processes": _integer(1, 64),
    "worker_threads": _integer(1, 10_000),
    "worker_middleware": _class_paths,
    "metrics_port": _integer(0, 65532),
    "metrics_host": _text,
    "base_domain": _domain,
    "default_org": _slug,
    "bootstrap_api_key": _api_key,
    "trusted_proxies": _networks,
    "allow_private_webhooks": _flag,
    "webhook_ca_file": _text,
    "webhook_ports": _ports,
    "blocked_networks": _networks,
    "captcha_proxy_url": _url("https", "http"),
    "capture_rate_per_address": _integer(0, 10_000_000),
    "capture_rate_per_email": _integer(0, 10_000_000),
    "api_rate_per_key": _integer(0, 10_000_000),
    "allow_volatile_queue": _flag,
    "redis_replicas_required": _integer(0, 10),
    "capture_streams": _integer(1, 8),
    "queue_depth_max": _integer(1, 1_000_000_000),
    "redis_memory_share_max": _number(0.05, 1.0),
    "retry_base_seconds": _number(0.01, 86_400),
    "retry_cap_seconds": _number(0.01, 7 * 86_400),
    "retry_max_attempts": _integer(1, 1000),
    "retry_max_age_seconds": _number(1, 366 * 86_400),
    "retry_max_attempts_limit": _integer(1, 1000),
    "retry_max_age_seconds_limit": _number(1, 366 * 86_400),
    "delivery_connect_seconds": _number(0.05, 60),
    "delivery_total_seconds": _number(0.1, 300),
    "delivery_total_seconds_limit": _number(1, 30),
    "webhook_concurrency_max": _integer(1, 1000),
    "webhooks_per_org_max": _integer(1, 100_000),
    "replays_per_org_max": _integer(1, 10_000),
    "ping_rate_per_org": _integer(1, 1_000_000),
    "scheduler_interval_seconds": _number(0.05, 60),
    "retention_events_days": _integer(1, 36_500),
    "retention_captures_days": _integer(0, 36_500),
    "retention_audit_days": _integer(1, 36_500),
    "held_max_days": _integer(1, 36_500),
    "held_max_deliveries": _integer(1, 1_000_000_000),
    "log_level": _level,
}
