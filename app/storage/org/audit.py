"""The audit log: who changed what, and when; a row in the change's own transaction and a log line.

Ids only, never a name or an address: the log outlives the people whom it mentions. Captures are not
in it, since each is a row of its own.
"""

from __future__ import annotations

import logging

from app.domain.ids import new_id
from app.storage.database import Cursor, execute
from app.storage.models import AuditLog

log = logging.getLogger(__name__)

#: Who acts, besides API keys, which are named by their ids.
MANAGE, SYSTEM, ANONYMOUS = "manage", "system", "anonymous"


def note(
    cursor: Cursor,
    action: str,
    *,
    actor: str,
    org_id: str | None,
    subject_id: str | None = None,
    **details: object,
) -> None:
    """Note a change, such as `webhook.created`; the log line follows the commit."""
    row = {"org_id": org_id, "actor": actor, "subject_id": subject_id, "details": details}
    execute(cursor, AuditLog.insert(id=new_id("aud"), action=action, **row))
    cursor.on_commit.append(lambda: log.info(f"audit.{action}", extra=row))
