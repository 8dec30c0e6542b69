"""What endpoints work with; created once per process."""

from __future__ import annotations

from dataclasses import dataclass

from app.http.authenticator import RequestAuthenticator
from app.http.tenant_cache import TenantCache
from app.monitoring.quick_look import QuickLook
from app.monitoring.system import make_system
from app.queue.admission import AdmissionClient
from app.queue.connection import connect
from app.queue.erasure import QueueErasure
from app.queue.figures import RefusedOrigins
from app.queue.notifier import DeliveryNotifier
from app.queue.queue_facts import QueueLook
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
    admission: AdmissionClient
    notifier: DeliveryNotifier
    queue_erasure: QueueErasure
    refused_origins: RefusedOrigins
    #: How the whole system is.
    quick_look: QuickLook
    queue_look: QueueLook


def make_services(settings: Settings) -> Services:
    """The handles of a process; nothing is connected yet."""
    database = open_database(settings.database_url, pool_size=DATABASE_CONNECTIONS)
    tenants = TenantCache(database)
    client = connect(settings.redis_url, connections=REDIS_CONNECTIONS)
    impatient = connect(
        settings.redis_url,
        connections=REDIS_CONNECTIONS,
        patience_seconds=PATIENCE_SECONDS,
    )
    return Services(
        settings=settings,
        database=database,
        fallback_database=open_database(settings.database_url, pool_size=FALLBACK_CONNECTIONS),
        cipher=cipher_of(settings),
        tenants=tenants,
        authenticator=RequestAuthenticator(
            tenants, settings.base_domain, settings.default_org, settings.trusted_proxies
        ),
        admission=AdmissionClient(
            settings.redis_url,
            settings.queue_depth_max,
            settings.redis_memory_share_max,
            allow_volatile=settings.allow_volatile_queue,
            replicas_required=settings.redis_replicas_required,
        ),
        notifier=DeliveryNotifier(impatient),
        queue_erasure=QueueErasure(client),
        refused_origins=RefusedOrigins(impatient),
        quick_look=QuickLook(make_system(settings, database=database)),
        queue_look=QueueLook(impatient),
    )
