"""Warns of a PostgreSQL that alone holds what Redis was asked to have on several machines."""

from __future__ import annotations

import logging

from app.storage.database import Database, transaction
from app.storage.figures.server_facts import find_asynchronous

log = logging.getLogger(__name__)


def check_standby(database: Database, replicas_required: int) -> None:
    """Warn if captures wait for replicas, but commits for no standby: recording moves them there.

    Raises `StorageUnavailable`.
    """
    if not replicas_required:
        return
    with transaction(database) as cursor:
        reason = find_asynchronous(cursor)
    if reason:
        log.warning("database.asynchronous", extra={"reason": reason})
