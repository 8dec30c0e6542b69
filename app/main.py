"""The web process: every route on one line, and what they stand on. Wiring only.

`python -m app.serve` serves it; see `app/server.py`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import (
    apikeys,
    audit,
    captures,
    contacts,
    deliveries,
    docs,
    events,
    health,
    in_process,
    org,
    person_export,
    persons,
    pings,
    replays,
    system_health,
    webhooks,
)
from app.api.call import keyed
from app.console import routes as console
from app.console.live import LiveChanges, look_at
from app.console.operations import Operations
from app.domain.errors import RexError
from app.http import convertors, failed_authentications, watchdog
from app.http.answers import connection_request_id, error_response
from app.http.exceptions import HANDLERS
from app.http.graceful_stop import GracefulStop
from app.http.request_head import check_head
from app.http.services import Services, make_services
from app.ingress import challenges, form_answers
from app.ingress.capture import CaptureEndpoint
from app.ingress.capture_router import CaptureRouter
from app.ingress.capture_writer import CaptureWriter
from app.ingress.load_shedder import LoadShedder
from app.ingress.page_endpoints import PageEndpoints
from app.ingress.pages import STYLESHEET_PATH
from app.ingress.prefer_wait import PreferWait
from app.ingress.refusal_counter import RefusalCounter
from app.ingress.script import POW_SOURCE, RexScript
from app.metrics.exposition import serve_own
from app.monitoring.reporter import Reporter
from config.logging import configure_logging
from config.settings import Settings, read_settings

CAPTURE_PATHS = ("/capture", "/capture/")


class Application(Starlette):
    """Starlette with a short cut for captures.

    Their endpoint answers every fault itself and needs no routing: going past both saves a fifth
    of what a capture costs this process.
    """

    def __init__(self, capture: ASGIApp, **options: Any) -> None:
        super().__init__(**options)
        self._capture = capture
        # It would redirect to whatever the Host header says, and by http behind a proxy with TLS.
        self.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or run the application's lifespan."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
        elif scope["path"] in CAPTURE_PATHS:
            await self._capture(scope, receive, send)
        else:
            await self._route(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            check_head(scope)
        except RexError as error:
            answer = error_response(error, connection_request_id(HTTPConnection(scope)))
            await answer(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def make_app(settings: Settings, *, of_console: bool = False) -> Starlette:
    """The application. `of_console`: of the process that has the console on a port of its own."""
    has_console = settings.console and (of_console or not settings.console_port)
    services = make_services(settings)
    database, authenticator = services.database, services.authenticator
    writers = [CaptureWriter(each, services.fallback_database) for each in services.admissions]
    writer = CaptureRouter(writers)
    refusals = RefusalCounter(services.admission)
    waiting = PreferWait(database)
    endpoint = CaptureEndpoint(writer, authenticator, waiting, refusals, settings)
    capture = LoadShedder(endpoint)
    pages = PageEndpoints(authenticator)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        services.tenants.start()
        reporter = Reporter("web", database, settings.redis_url)
        reporter.start()
        background = [
            asyncio.create_task(refusals.run()),
            asyncio.create_task(writer.keep_warm()),
            *(asyncio.create_task(each.watch()) for each in services.admissions),
            asyncio.create_task(failed_authentications.run(database, authenticator)),
            asyncio.create_task(watchdog.beat()),
        ]
        yield
        await _end(background)
        await writer.drain()
        await refusals.flush()
        await run_in_threadpool(failed_authentications.flush, database, authenticator)
        services.tenants.stop()
        await run_in_threadpool(reporter.stop)
        await asyncio.gather(*(each.close() for each in services.admissions))

    convertors.register()
    app = Application(
        capture,
        routes=[
            Route("/capture", capture),
            Route("/rex.js", RexScript(authenticator).serve, methods=["GET"]),
            Route(challenges.CHALLENGE_PATH, challenges.challenge_endpoint(authenticator)),
            Route("/rex-pow.js", RexScript(authenticator, POW_SOURCE).serve, methods=["GET"]),
            Route(form_answers.THANKS_PATH, pages.thanks, methods=["GET"]),
            Route(STYLESHEET_PATH, pages.style, methods=["GET"]),
            Route("/contacts", keyed(contacts.create_contact), methods=["POST"]),
            Route("/contacts/upsert", keyed(contacts.upsert_contact), methods=["POST"]),
            Route("/contacts/export", keyed(person_export.export_by_address), methods=["POST"]),
            Route("/contacts/erase", keyed(persons.erase_by_address), methods=["POST"]),
            Route("/contacts", keyed(contacts.list_contacts), methods=["GET"]),
            Route("/contacts/{id:id}", keyed(contacts.get_contact), methods=["GET"]),
            Route("/contacts/{id:id}", keyed(contacts.edit_contact), methods=["PATCH"]),
            Route("/contacts/{id:id}", keyed(contacts.delete_contact), methods=["DELETE"]),
            Route("/contacts/{id}/export", keyed(person_export.export_by_id), methods=["GET"]),
            Route(
                "/contacts/{id}/captures", keyed(captures.list_contact_captures), methods=["GET"]
            ),
            Route("/captures", keyed(captures.list_set_aside), methods=["GET"]),
            Route("/captures/{id}/release", keyed(captures.release_capture), methods=["POST"]),
            Route("/captures/{id}/spam", keyed(captures.mark_as_spam), methods=["POST"]),
            Route("/captures/{id}/not-spam", keyed(captures.mark_as_not_spam), methods=["POST"]),
            Route("/events", keyed(events.list_events), methods=["GET"]),
            Route("/events/{id}", keyed(events.get_event), methods=["GET"]),
            Route("/webhooks", keyed(webhooks.create_webhook), methods=["POST"]),
            Route("/webhooks", keyed(webhooks.list_webhooks), methods=["GET"]),
            Route("/webhooks/{id}", keyed(webhooks.get_webhook), methods=["GET"]),
            Route("/webhooks/{id}", keyed(webhooks.edit_webhook), methods=["PATCH"]),
            Route("/webhooks/{id}", keyed(webhooks.delete_webhook), methods=["DELETE"]),
            Route("/webhooks/{id}/rotate-secret", keyed(webhooks.rotate_secret), methods=["POST"]),
            Route("/webhooks/{id}/ping", keyed(pings.ping_webhook), methods=["POST"]),
            Route("/webhooks/{id}/deliveries", keyed(deliveries.list_deliveries), methods=["GET"]),
            Route("/webhooks/{id}/replay", keyed(replays.create_replay), methods=["POST"]),
            Route("/replays/{id}", keyed(replays.get_replay), methods=["GET"]),
            Route("/replays/{id}", keyed(replays.cancel_replay), methods=["DELETE"]),
            Route("/deliveries", keyed(deliveries.list_all_deliveries), methods=["GET"]),
            Route("/deliveries/{id}", keyed(deliveries.get_delivery), methods=["GET"]),
            Route("/deliveries/{id}/retry", keyed(deliveries.retry_delivery), methods=["POST"]),
            Route("/apikeys", keyed(apikeys.create_key), methods=["POST"]),
            Route("/apikeys", keyed(apikeys.list_keys), methods=["GET"]),
            Route("/apikeys/{id}", keyed(apikeys.revoke_key), methods=["DELETE"]),
            Route("/audit", keyed(audit.list_audit_entries), methods=["GET"]),
            Route("/org", keyed(org.get_org), methods=["GET"]),
            Route("/org", keyed(org.edit_org), methods=["PATCH"]),
            Route("/openapi.yaml", docs.openapi_yaml, methods=["GET"]),
            Route("/docs", docs.docs_page, methods=["GET"]),
            Route("/health", keyed(system_health.get_health), methods=["GET"]),
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            *(console.ROUTES if has_console else []),
        ],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.services = services
    app.state.operations = _operations(services)
    app.state.live = LiveChanges(partial(look_at, database))
    return app


def _operations(services: Services) -> Operations:
    """What the console asks."""
    ask = partial(in_process.operation, services)
    return Operations(
        release_capture=ask(captures.release_capture),
        mark_as_spam=ask(captures.mark_as_spam),
        mark_as_not_spam=ask(captures.mark_as_not_spam),
        edit_contact=ask(contacts.edit_contact),
        delete_contact=ask(contacts.delete_contact),
        export_contact=ask(person_export.export_by_id),
        get_delivery=ask(deliveries.get_delivery),
        deliveries_of_event=ask(deliveries.deliveries_of_event),
        retry_delivery=ask(deliveries.retry_delivery),
        list_deliveries=ask(deliveries.list_all_deliveries),
        list_webhooks=ask(webhooks.list_webhooks),
        list_webhook_deliveries=ask(deliveries.list_deliveries),
        create_webhook=ask(webhooks.create_webhook),
        get_webhook=ask(webhooks.get_webhook),
        edit_webhook=ask(webhooks.edit_webhook),
        delete_webhook=ask(webhooks.delete_webhook),
        rotate_secret=ask(webhooks.rotate_secret),
        ping_webhook=ask(pings.ping_webhook),
        create_replay=ask(replays.create_replay),
        list_contacts=ask(contacts.list_contacts),
        create_key=ask(apikeys.create_key),
        list_keys=ask(apikeys.list_keys),
        revoke_key=ask(apikeys.revoke_key),
        get_org=ask(org.get_org),
        edit_org=ask(org.edit_org),
        list_audit_entries=ask(audit.list_audit_entries),
        get_replay=ask(replays.get_replay),
        cancel_replay=ask(replays.cancel_replay),
    )


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended: one that is connecting may take it for a time-out."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=0.1)


def create_app() -> ASGIApp:
    """The application of this worker process, from its environment; the server calls it."""
    settings = _settings()
    serve_own(settings, "web")
    return _served(make_app(settings), settings.port)


def create_console() -> ASGIApp:
    """The same with the console, on CONSOLE_PORT; it has no metrics."""
    settings = _settings()
    return _served(make_app(settings, of_console=True), settings.console_port)


def _settings() -> Settings:
    settings = read_settings(os.environ)
    configure_logging(settings.log_level)
    return settings


def _served(app: ASGIApp, port: int) -> ASGIApp:
    _spare_the_collector()
    return GracefulStop(app, port)


def _spare_the_collector() -> None:
    """Look for garbage in cycles seldom, and never in what is there by now.

    A request leaves none behind, so looking costs a tenth of a capture, and under load, when there
    are many connections to look through, the event loop 50 ms at a time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


if __name__ == "__main__":  # how it was started before app/serve.py
    from app.serve import main

    sys.exit(main())
