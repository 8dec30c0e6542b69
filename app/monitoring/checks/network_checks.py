"""Checks whether deliveries can leave this machine: connects to a webhook's host, sends nothing."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from app.domain.system.finding import Outcome, failed, limits, ok, unknown
from app.monitoring.system import System
from app.storage.database import transaction
from app.storage.figures import recent

CONNECT_SECONDS = 3.0
LOOK_UP_SECONDS = 1.0


class Facts(NamedTuple):
    """What came of trying."""

    #: Host and port of the latest active webhook; None: there is none.
    target: tuple[str, int] | None
    look_up_seconds: float
    look_up_error: str | None
    connect_error: str | None
    #: Certificate authorities that are trusted.
    authorities: int
    ca_file_error: str | None


def gather(system: System) -> Facts:
    """Look up a webhook's host and connect to it."""
    with transaction(system.database) as cursor:
        urls = recent.webhook_urls(cursor, 1)
    authorities, ca_file_error = _authorities(system.settings.webhook_ca_file)
    if not urls:
        return Facts(None, 0.0, None, None, authorities, ca_file_error)
    parts = urlsplit(urls[0])
    target = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    began_at = time.monotonic()
    look_up_error = _error_of(lambda: socket.getaddrinfo(*target, type=socket.SOCK_STREAM))
    took = time.monotonic() - began_at
    connect_error = look_up_error or _error_of(
        lambda: socket.create_connection(target, CONNECT_SECONDS).close()
    )
    return Facts(target, took, look_up_error, connect_error, authorities, ca_file_error)


def looks_names_up(facts: Facts) -> Outcome:
    """The host of the latest webhook is looked up, in less than a second."""
    if facts.target is None:
        return ok("no webhook yet")
    advice = "see /etc/resolv.conf, and that the name server answers"
    if facts.look_up_error:
        return failed(f"{facts.target[0]}: {facts.look_up_error}", advice)
    found = f"{facts.target[0]} in {facts.look_up_seconds * 1000:.0f} ms"
    return limits(facts.look_up_seconds, found, advice, warn=LOOK_UP_SECONDS, fail=5.0)


def connects_out(facts: Facts) -> Outcome:
    """A connection to the latest webhook's host can be made."""
    if facts.target is None:
        return ok("no webhook yet")
    host, port = facts.target
    if facts.look_up_error:
        return unknown(f"{host} could not be looked up")
    if facts.connect_error:
        return failed(
            f"{host}:{port}: {facts.connect_error}",
            "see the firewall's rules for outgoing connections, or that this receiver is up",
        )
    return ok(f"{host}:{port}")


def trusts_authorities(facts: Facts) -> Outcome:
    """There are certificate authorities to verify receivers by."""
    if facts.ca_file_error:
        return failed(f"WEBHOOK_CA_FILE: {facts.ca_file_error}", "name a PEM file that can be read")
    if not facts.authorities:
        return failed("none: no https webhook can be sent", "install the package ca-certificates")
    return ok(f"{facts.authorities} authorities")


def _authorities(ca_file: str | None) -> tuple[int, str | None]:
    context = ssl.create_default_context()
    try:
        if ca_file:
            context.load_verify_locations(cafile=Path(ca_file))
    except OSError as error:
        return 0, str(error)
    return context.cert_store_stats()["x509_ca"], None


def _error_of(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except (OSError, UnicodeError) as error:
        return str(error)
    return None


CHECKS = (looks_names_up, connects_out, trusts_authorities)
