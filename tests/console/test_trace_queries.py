"""A trace asks as few questions for many webhooks as for one."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.org.org import Org
from app.domain.org.user import Role
from app.domain.times import now
from app.storage.database import Cursor, Database, transaction
from app.storage.recording import record
from tests.console.conftest import Admit
from tests.factories import make_capture, make_webhook
from tests.visitor import text_of

_ATTEMPTS = """
INSERT INTO attempts (id, delivery_id, number, started_at, status, timings, response_headers,
    response_body, result)
SELECT 'att_' || right(id, 24) || n, id, n, now() + n * interval '1 second', 400 + n,
    '{"total_ms": 12}', '[]', 'answer', 'failed'
FROM deliveries, generate_series(1, 3) n
"""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are run from now on."""
    found: list[str] = []
    execute = Cursor.execute

    def noted(cursor: Cursor, query: Any, vars: Any = None) -> None:
        found.append(str(query))
        execute(cursor, query, vars)

    monkeypatch.setattr(Cursor, "execute", noted)
    return found


def test_ten_webhooks_take_as_many_queries_as_one(
    admit: Admit, database: Database, org: Org, statements: list[str]
) -> None:
    visitor = admit(Role.VIEWER)
    asked: list[int] = []
    for webhooks in (1, 9):
        for n in range(webhooks):
            make_webhook(database, org, name=f"Hook {len(asked)}{n}")
        capture = make_capture(org, f"{webhooks}@example.com")
        with transaction(database) as cursor:
            record(cursor, [capture], now())
            cursor.execute("DELETE FROM attempts")
            cursor.execute(_ATTEMPTS)
        statements.clear()
        said = text_of(visitor.get(f"/console/leads/{capture.id}"))
        asked.append(sum("attempts" in each or "deliveries" in each for each in statements))
        assert said.count("#3 403 12 ms") == sum((1, 9)[: len(asked)])
    assert asked[0] == asked[1] <= 5, asked
