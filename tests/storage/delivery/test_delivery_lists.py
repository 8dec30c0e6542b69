"""A list of deliveries is the latest of all kinds, however much of it one page looks at."""

from __future__ import annotations

import pytest

from app.domain.org.org import Org
from app.storage.database import Database, transaction
from app.storage.delivery.delivery_lists import Wanted, page
from tests.factories import make_org, make_webhook
from tests.statements import execute
from tests.workers.outcomes import owe

LEADS = 120


@pytest.fixture
def org(database: Database) -> Org:
    """Three webhooks: the second has as many failed deliveries as there are, the third none."""
    org = make_org(database)
    webhooks = [make_webhook(database, org).id for _ in range(2)]
    owe(database, org, LEADS)
    make_webhook(database, org)
    fail = "UPDATE deliveries SET status = 'failed', next_attempt_at = NULL WHERE webhook_id = %s"
    execute(database, fail, webhooks[1])
    execute(database, f"{fail} AND right(id, 1) < 'A'", webhooks[0])
    return org


@pytest.mark.parametrize("limit", [10, 101, 200, 1000])
@pytest.mark.parametrize("newest_first", [True, False])
def test_a_page_has_the_first_of_all_kinds(
    database: Database, org: Org, limit: int, newest_first: bool
) -> None:
    hooks = [row[0] for row in execute(database, "SELECT id FROM webhooks ORDER BY id")]
    kinds = [(hook, status) for hook in hooks for status in ("failed", "cancelled")]
    order = "DESC" if newest_first else "ASC"
    listed = f"SELECT id FROM deliveries WHERE status = 'failed' ORDER BY id {order}"
    expected = [row[0] for row in execute(database, listed)]
    assert len(expected) > LEADS

    with transaction(database) as cursor:
        found = page(cursor, Wanted(kinds, "dlv_", "dlv_~"), limit, newest_first=newest_first)
        empty = page(cursor, Wanted(kinds, "dlv_", "dlv_0"), limit, newest_first=newest_first)

    assert [each.id for each in found.deliveries] == expected[:limit]
    assert found.has_more is (len(expected) > limit)
    assert (empty.deliveries, empty.last_id, empty.has_more) == ([], None, False)
