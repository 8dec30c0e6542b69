"""Liveness and readiness of this process."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import QueueUnavailable, StorageUnavailable
from app.http.answers import JsonResponse
from app.http.graceful_stop import is_stopping
from app.http.services import Services
from app.queue.admission_client import AdmissionClient
from app.queue.durability import VolatileQueue
from app.queue.replication import Unconfirmed
from app.storage.database import check_writable, server_of, transaction

#: How long a dependency may take to answer.
DEPENDENCY_TIMEOUT_SECONDS = 1.0


async def healthz(request: Request) -> Response:
    """The process is up."""
    return JsonResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """The state of each dependency; 503 if captures cannot be stored, and before a stop."""
    services: Services = request.app.state.services
    queue, (database, address) = await asyncio.gather(_queue(services), _database(services))
    tenants = "ok" if services.tenants.loaded else "orgs were not read yet"
    can_keep = queue.startswith("ok") or database == "ok"
    ready = services.tenants.loaded and can_keep
    states = {"queue": queue, "database": database, "tenants": tenants}
    status = "ready" if ready else "not ready"
    if is_stopping(request.scope):
        status = "stopping"
    addresses = dict.fromkeys(each.server.address for each in services.admissions)
    servers = {"queue": ", ".join(filter(None, addresses)), "database": address}
    content = {"status": status, "dependencies": states, "servers": servers}
    return JsonResponse(content, status_code=200 if status == "ready" else 503)


async def _queue(services: Services) -> str:
    """The state of the queue; "ok" begins what a stream that takes captures makes of it."""
    states = await asyncio.gather(*map(_stream, services.admissions))
    first, *others = dict.fromkeys(sorted(states, key=lambda state: not state.startswith("ok")))
    return "; ".join([first, *(f"some streams: {each}" for each in others)])


async def _stream(admission: AdmissionClient) -> str:
    try:
        async with asyncio.timeout(DEPENDENCY_TIMEOUT_SECONDS):
            await admission.check_writable()
            await admission.check_replicas()
            faults = await admission.faults()
    except Unconfirmed:
        return "on too few replicas, so captures go to PostgreSQL as well"
    except (QueueUnavailable, TimeoutError) as error:
        if isinstance(error.__cause__, VolatileQueue):
            return f"volatile, so captures go to PostgreSQL: {error.__cause__}"
        return f"away: {str(error.__cause__ or 'no answer')[:200]}"
    full = ["full: captures go to the fallback table in PostgreSQL"]
    return "; ".join(["ok", *faults.all, *(full if admission.is_full else [])])


async def _database(services: Services) -> tuple[str, str]:
    try:
        async with asyncio.timeout(DEPENDENCY_TIMEOUT_SECONDS):
            return "ok", await run_in_threadpool(_check_database, services)
    except (StorageUnavailable, TimeoutError):
        return "away", ""


def _check_database(services: Services) -> str:
    with transaction(services.database) as cursor:
        check_writable(cursor)
        return server_of(cursor)
