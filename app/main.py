"""The web process: every route on one line, and what they stand on. Wiring only.

`python -m app.main` serves it with uvicorn.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.api import (
    apikeys,
    captures,
    contacts,
    deliveries,
    docs,
    events,
    health,
    org,
    replays,
    webhooks,
)
from app.api.call import keyed
from app.api.services import make_services
from app.http import convertors
from app.http.exceptions import HANDLERS
from app.ingress.capture import CaptureEndpoint
from app.ingress.capture_writer import CaptureWriter
from app.ingress.door import TURNSTILE, Door
from app.ingress.prefer_wait import PreferWait
from app.ingress.refusal_counter import RefusalCounter
from app.ingress.turnstile import Turnstile
from app.serving.descriptors import make_room
from app.serving.processes import serve
from config.logging import configure_logging
from config.settings import EXIT_CONFIGURATION, BadSetting, Settings, read_settings

#: Open connections of one process, idle ones included, beyond which uvicorn refuses with a bare
#: 503. Captures are refused earlier, and in the documented envelope: see `app/ingress/door.py`.
CONNECTIONS_MAX = 10_000
#: How long a stopping process finishes its requests.
SHUTDOWN_SECONDS = 10
KEEP_ALIVE_SECONDS = 65


class Application(Starlette):
    """Starlette with a short cut for captures.

    Their endpoint answers every fault itself and needs no routing: going past both saves a fifth
    of what a capture costs this process.
    """

    def __init__(self, capture: CaptureEndpoint, **options: Any) -> None:
        super().__init__(**options)
        self._capture = capture

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Of ASGI."""
        if scope["type"] == "http" and scope["path"] == "/capture":
            await self._capture(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def make_app(settings: Settings) -> Starlette:
    """The application."""
    services = make_services(settings)
    writer = CaptureWriter(services.admission, services.database)
    refusals = RefusalCounter(services.admission)
    waiting = PreferWait(services.database)
    capture = CaptureEndpoint(writer, services.authenticator, waiting, refusals, settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, object]]:
        services.tenants.start()
        background = [
            asyncio.create_task(refusals.run()),
            asyncio.create_task(services.admission.watch()),
        ]
        yield {TURNSTILE: Turnstile()}
        await _end(background)
        await writer.drain()
        await refusals.flush()
        services.tenants.stop()
        await services.admission.close()

    convertors.register()
    app = Application(
        capture,
        routes=[
            Route("/capture", capture),
            Route("/contacts", keyed(contacts.create_contact), methods=["POST"]),
            Route("/contacts/upsert", keyed(contacts.upsert_contact), methods=["POST"]),
            Route("/contacts", keyed(contacts.list_contacts), methods=["GET"]),
            Route("/contacts/{id:id}", keyed(contacts.get_contact), methods=["GET"]),
            Route("/contacts/{id:id}", keyed(contacts.edit_contact), methods=["PATCH"]),
            Route("/contacts/{id:id}", keyed(contacts.delete_contact), methods=["DELETE"]),
            Route(
                "/contacts/{id}/captures", keyed(captures.list_contact_captures), methods=["GET"]
            ),
            Route("/captures", keyed(captures.list_set_aside), methods=["GET"]),
            Route("/captures/{id}/release", keyed(captures.release_capture), methods=["POST"]),
            Route("/events", keyed(events.list_events), methods=["GET"]),
            Route("/webhooks", keyed(webhooks.create_webhook), methods=["POST"]),
            Route("/webhooks", keyed(webhooks.list_webhooks), methods=["GET"]),
            Route("/webhooks/{id}", keyed(webhooks.get_webhook), methods=["GET"]),
            Route("/webhooks/{id}", keyed(webhooks.edit_webhook), methods=["PATCH"]),
            Route("/webhooks/{id}", keyed(webhooks.delete_webhook), methods=["DELETE"]),
            Route("/webhooks/{id}/rotate-secret", keyed(webhooks.rotate_secret), methods=["POST"]),
            Route("/webhooks/{id}/ping", keyed(webhooks.ping_webhook), methods=["POST"]),
            Route("/webhooks/{id}/deliveries", keyed(deliveries.list_deliveries), methods=["GET"]),
            Route("/webhooks/{id}/replay", keyed(replays.create_replay), methods=["POST"]),
            Route("/replays/{id}", keyed(replays.get_replay), methods=["GET"]),
            Route("/replays/{id}", keyed(replays.cancel_replay), methods=["DELETE"]),
            Route("/deliveries/{id}", keyed(deliveries.get_delivery), methods=["GET"]),
            Route("/deliveries/{id}/retry", keyed(deliveries.retry_delivery), methods=["POST"]),
            Route("/apikeys", keyed(apikeys.create_key), methods=["POST"]),
            Route("/apikeys", keyed(apikeys.list_keys), methods=["GET"]),
            Route("/apikeys/{id}", keyed(apikeys.revoke_key), methods=["DELETE"]),
            Route("/org", keyed(org.get_org), methods=["GET"]),
            Route("/org", keyed(org.edit_org), methods=["PATCH"]),
            Route("/openapi.yaml", docs.openapi_yaml, methods=["GET"]),
            Route("/docs", docs.docs_page, methods=["GET"]),
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
        ],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.services = services
    return app


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended: one that is connecting may take it for a time-out."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=0.1)


def create_app() -> Starlette:
    """The application of this process, from its environment; uvicorn calls it in each worker."""
    settings = read_settings(os.environ)
    configure_logging(settings.log_level)
    return make_app(settings)


def main() -> int:
    """Serve until told to stop; the exit status."""
    try:
        settings = read_settings(os.environ)
    except BadSetting as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIGURATION
    configure_logging(settings.log_level)
    serve(
        uvicorn.Config(
            "app.main:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.web_concurrency,
            loop="uvloop",
            http=Door,
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=make_room(CONNECTIONS_MAX),
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
