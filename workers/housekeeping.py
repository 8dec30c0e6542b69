"""Slow maintenance: deletes old rows and gives up what waited too long, in small steps."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

from app.domain.delivery.health import OPEN_AFTER
from app.domain.ids import new_id
from app.domain.times import now
from app.domain.webhook.event import WEBHOOK_BACKLOG, operational_event
from app.queue.notifier import DeliveryNotifier
from app.storage.database import Cursor, Database, transaction
from app.storage.delivery.events import publish
from app.storage.org import audit
from app.storage.retention import retention
from app.storage.retention.partitions import make_missing
from app.storage.retention.retention_run import run_retention
from app.storage.secret_key import cipher_of, encrypt_headers
from app.storage.webhook.endpoints import org_of
from app.storage.webhook.retry_rules import retry_rules
from config.settings import Settings

log = logging.getLogger(__name__)

#: Rows that one transaction touches.
STEP = 1000
_DAY_SECONDS = 86_400


class Housekeeping:
    """Bounds the age of rows and the age and size of backlogs."""

    def __init__(self, database: Database, notifier: DeliveryNotifier, settings: Settings) -> None:
        self._database = database
        self._notifier = notifier
        self._settings = settings

    def make_partitions(self) -> None:
        """Make the partitions of the next days."""
        make_missing(self._database, self._settings)

    def delete_old_rows(self) -> None:
        """Delete what is past its age."""
        run_retention(self._database, self._settings)

    def encrypt_headers(self) -> None:
        """Encrypt the webhook headers that were stored before headers were encrypted."""
        cipher, changed = cipher_of(self._settings), STEP
        while changed == STEP:
            with transaction(self._database) as cursor:
                changed = encrypt_headers(cursor, cipher, STEP)

    def fail_expired(self) -> None:
        """Fail deliveries that a dead endpoint kept waiting beyond the maximum retry age."""
        rules = retry_rules(self._settings)
        given_up = self._give_up(
            lambda cursor: retention.fail_expired(cursor, OPEN_AFTER, rules, STEP)
        )
        for webhook_id, count in given_up.items():
            log.info("deliveries.expired", extra={"webhook_id": webhook_id, "deliveries": count})

    def fail_held_too_long(self) -> None:
        """Fail what paused and disabled webhooks held too long, with an event for each webhook."""
        days = self._settings.held_max_days
        given_up = self._give_up(
            lambda cursor: retention.fail_held(cursor, days * _DAY_SECONDS, STEP)
        )
        self._tell_given_up(given_up, f"held for more than {days} days")

    def fail_held_too_many(self) -> None:
        """Fail the oldest deliveries of paused or disabled webhooks that hold too many."""
        most = self._settings.held_max_deliveries
        with transaction(self._database) as cursor:
            beyond = retention.held_beyond(cursor, most)
        for webhook_id, last in beyond.items():
            step = partial(retention.fail_held_up_to, webhook_id=webhook_id, last=last, limit=STEP)
            given_up = self._give_up(step)
            self._tell_given_up(given_up, f"more than {most} were held")

    def _give_up(self, step: Callable[[Cursor], dict[str, int]]) -> dict[str, int]:
        """Repeat `step` until nothing is left; returns the number given up by webhook."""
        given_up: Counter[str] = Counter()
        last = STEP
        while last == STEP:
            with transaction(self._database) as cursor:
                failed = step(cursor)
            given_up.update(failed)
            last = sum(failed.values())
        return given_up

    def _tell_given_up(self, given_up: Mapping[str, int], reason: str) -> None:
        for webhook_id, count in given_up.items():
            log.warning(
                "deliveries.given_up",
                extra={"webhook_id": webhook_id, "count": count, "reason": reason},
            )
            self._tell(
                webhook_id, {"webhook_id": webhook_id, "deliveries": count, "reason": reason}
            )

    def _tell(self, webhook_id: str, data: dict[str, object]) -> None:
        with transaction(self._database) as cursor:
            org_id = org_of(cursor, webhook_id)
            event = operational_event(new_id("evt"), org_id, WEBHOOK_BACKLOG, data, now())
            by = audit.SYSTEM
            audit.note(cursor, WEBHOOK_BACKLOG, actor=by, org_id=org_id, subject_id=webhook_id)
            webhooks_to_notify = publish(cursor, [event], except_webhook=webhook_id)
        self._notifier.notify(webhooks_to_notify)
