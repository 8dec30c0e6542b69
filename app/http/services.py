"""What endpoints work with; created once per process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.http.authenticator import RequestAuthenticator
from app.http.tenant_cache import TenantCache
from app.monitoring.quick_look import QuickLook
from app.monitoring.system import make_system
from app.queue.admission_client import AdmissionClient
from app.queue.erasure import QueueErasure
from app.queue.figures import RefusedOrigins
from app.queue.jobs import KEYS
from app.queue.notifier import DeliveryNotifier
from app.queue.queue_facts import QueueLook
from app.queue.stream_clients import ALL_STREAMS, connect_streams
from app.storage.database import Database, open_database
from app.storage.secret_cipher import SecretCipher
from app.storage.secret_key import cipher_of
from config.settings import Settings

#: PostgreSQL connections of one web process.
DATABASE_CONNECTIONS = 8
#: PostgreSQL connections that only captures use, when the queue cannot take them.
FALLBACK_CONNECTIONS = 4
#: Redis connections of its threads; captures have one of their own.
REDIS_CONNECTIONS = 4
#: What a request waits for Redis at most in what it can do without.
PATIENCE_SECONDS = 0.25


@dataclass(frozen=True)
class Services:
    """The process's handles: PostgreSQL, Redis, the tenants, the cipher."""

    settings: Settings
    database: Database
    #: For the fallback table alone, so that keyed requests cannot take its connections.
    fallback_database: Database
    cipher: SecretCipher
    tenants: TenantCache
    authenticator: RequestAuthenticator
    #: Of each stream of captures.
    admissions: Sequence[AdmissionClient]
    notifier: DeliveryNotifier
    queue_erasure: QueueErasure
    refused_origins: RefusedOrigins
    #: How the whole system is.
    quick_look: QuickLook
    queue_look: QueueLook

    @property
    def admission(self) -> AdmissionClient:
        """Where everything is counted that is no capture: on the first stream."""
        return self.admissions[0]


def make_services(settings: Settings) -> Services:
    """The handles of a process; nothing is connected yet."""
    database = open_database(settings.database_url, pool_size=DATABASE_CONNECTIONS)
    tenants = TenantCache(database)
    url = settings.redis_url
    impatient_streams = connect_streams(
        url,
        range(settings.capture_streams),
        connections=REDIS_CONNECTIONS,
        patience_seconds=PATIENCE_SECONDS,
    )
    impatient = impatient_streams[0].client
    return Services(
        settings=settings,
        database=database,
        # Each stream's writer has one write on its way.
        fallback_database=open_database(
            settings.database_url, pool_size=max(FALLBACK_CONNECTIONS, settings.capture_streams)
        ),
        cipher=cipher_of(settings),
        tenants=tenants,
        authenticator=RequestAuthenticator(
            tenants, settings.base_domain, settings.default_org, settings.trusted_proxies
        ),
        admissions=[_admission(settings, number) for number in range(settings.capture_streams)],
        notifier=DeliveryNotifier(impatient),
        queue_erasure=QueueErasure(
            connect_streams(url, ALL_STREAMS, connections=REDIS_CONNECTIONS)
        ),
        refused_origins=RefusedOrigins(impatient),
        quick_look=QuickLook(make_system(settings, database=database)),
        queue_look=QueueLook(impatient_streams),
    )


def _admission(settings: Settings, number: int) -> AdmissionClient:
    return AdmissionClient(
        settings.redis_url,
        settings.queue_depth_max,
        settings.redis_memory_share_max,
        allow_volatile=settings.allow_volatile_queue,
        replicas_required=settings.redis_replicas_required,
        keys=KEYS.numbered(number),
    )
