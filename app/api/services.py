"""What the keyed endpoints work with; made once per process."""

from __future__ import annotations

from dataclasses import dataclass

from app.http.callers import Callers
from app.http.directory import Directory
from app.queue.admission import AdmissionClient
from app.queue.first_answers import FirstAnswers
from app.queue.jobs import DeliveryNotifier
from app.storage.database import Database
from app.storage.vault import Vault
from config.settings import Settings


@dataclass(frozen=True)
class Services:
    """The process's handles: PostgreSQL, Redis, the directory, the vault."""

    settings: Settings
    database: Database
    vault: Vault
    directory: Directory
    callers: Callers
    admission: AdmissionClient
    notifier: DeliveryNotifier
    first_answers: FirstAnswers
