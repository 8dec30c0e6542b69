"""What the keyed endpoints work with; made once per process."""

from __future__ import annotations

from dataclasses import dataclass

from app.http.authenticator import RequestAuthenticator
from app.http.tenant_cache import TenantCache
from app.queue.admission import AdmissionClient
from app.queue.first_answers import FirstAnswers
from app.queue.jobs import DeliveryNotifier
from app.storage.database import Database
from app.storage.secret_cipher import SecretCipher
from config.settings import Settings


@dataclass(frozen=True)
class Services:
    """The process's handles: PostgreSQL, Redis, the tenants, the cipher."""

    settings: Settings
    database: Database
    cipher: SecretCipher
    tenants: TenantCache
    authenticator: RequestAuthenticator
    admission: AdmissionClient
    notifier: DeliveryNotifier
    first_answers: FirstAnswers
