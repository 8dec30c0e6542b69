"""Claims: which of the due deliveries are leased first, for one webhook and for many."""

from __future__ import annotations

import re

import pytest

from app.domain.ids import first_ulid_at
from app.domain.org.org import Org
from app.storage import prepared
from app.storage.database import Database, open_database, transaction
from app.storage.delivery import claims
from app.storage.delivery.claims import Claimed, Wanted
from tests.factories import make_org, make_webhook
from tests.partitioned import midnight, repartition
from tests.statements import execute
from tests.workers.outcomes import owe


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


def claim(database: Database, *wanted: Wanted) -> list[Claimed]:
    with transaction(database) as cursor:
        return claims.claim(cursor, wanted, "tester")


def kinds(claimed: list[Claimed]) -> dict[str, int]:
    firsts = sum(not each.failures and not each.deferrals for each in claimed)
    return {"firsts": firsts, "retries": len(claimed) - firsts}


#: Due first attempts and retries, how many are wanted and kept for retries, and what is claimed.
TURNS = {
    "first attempts go before retries": (6, 6, 4, 0, {"firsts": 4, "retries": 0}),
    "which have their share": (6, 6, 4, 1, {"firsts": 3, "retries": 1}),
    "and all that first attempts leave": (2, 6, 6, 1, {"firsts": 2, "retries": 4}),
    "a share that is not used is for first attempts": (6, 1, 5, 3, {"firsts": 4, "retries": 1}),
    "one at a time": (3, 3, 1, 1, {"firsts": 0, "retries": 1}),
    "all": (3, 3, 32, 3, {"firsts": 3, "retries": 3}),
}


@pytest.mark.parametrize(
    ("firsts", "retries", "most", "kept", "expected"), TURNS.values(), ids=TURNS
)
def test_first_attempts_and_retries_take_turns(
    database: Database,
    org: Org,
    firsts: int,
    retries: int,
    most: int,
    kept: int,
    expected: dict[str, int],
) -> None:
    webhook = make_webhook(database, org)
    owe(database, org, firsts + retries)
    execute(
        database,
        "UPDATE deliveries SET failures = 1, next_attempt_at = now() - interval '1 hour'"
        " WHERE id IN (SELECT id FROM deliveries LIMIT %s)",
        retries,
    )
    claimed = claim(database, Wanted(webhook.id, most, kept, 30.0))
    assert kinds(claimed) == expected
    assert len({each.id for each in claimed}) == len(claimed)


def test_what_was_put_off_once_goes_before_all(database: Database, org: Org) -> None:
    webhook = make_webhook(database, org)
    owe(database, org, 4)
    execute(
        database, "UPDATE deliveries SET deferrals = 1 WHERE id = (SELECT max(id) FROM deliveries)"
    )
    (claimed,) = claim(database, Wanted(webhook.id, 1, 1, 30.0))
    assert claimed.deferrals == 1


def test_one_statement_claims_for_each_webhook_what_it_wants(database: Database, org: Org) -> None:
    hooks = [make_webhook(database, org) for _ in range(3)]
    owe(database, org, 4)
    wanted = [Wanted(hook.id, number, 0, 10.0 * number) for number, hook in enumerate(hooks, 1)]
    claimed = claim(database, *wanted)

    assert [sum(each.webhook_id == hook.id for each in claimed) for hook in hooks] == [1, 2, 3]
    assert execute(
        database,
        "SELECT webhook_id, round(extract(epoch FROM leased_until - now())), count(*)"
        " FROM deliveries WHERE holder = 'tester' GROUP BY 1, 2 ORDER BY 2",
    ) == [(hook.id, 10 * number, number) for number, hook in enumerate(hooks, 1)]


def test_what_has_no_event_any_more_is_cancelled_and_others_take_its_place(
    database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org)
    owe(database, org, 6)
    execute(database, "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT 4)")
    assert len(claim(database, Wanted(webhook.id, 2, 0, 30.0))) == 2
    assert execute(database, "SELECT status, count(*) FROM deliveries GROUP BY 1 ORDER BY 1") == [
        ("attempting", 2),
        ("cancelled", 4),
    ]


def test_no_plan_made_for_an_empty_table_reads_a_whole_backlog(database_url: str) -> None:
    by_index = open_database(database_url, by_index=True, shared=True)
    with transaction(by_index) as cursor:
        assert claims.claim(cursor, [Wanted("whk_none", 1, 1, 30.0)], "tester") == []
        cursor.execute("EXPLAIN EXECUTE claim_1 ('[]', 'tester')")
        whole = [line for (line,) in cursor.fetchall()]
    by_index.close()
    plan = [line for line in whole if "deliveries_first" in line]
    used = {line.split(" on ")[0].split(" using ")[-1] for line in plan if " using " in line}
    assert used == {
        "deliveries_first_put_off",
        "deliveries_first_retries",
        "deliveries_first_firsts",
        "deliveries_first_once",
    }
    assert not [line for line in plan if "Seq Scan" in line]
    # A range of ids would lead to a whole partition, looked through for each delivery.
    assert not [line for line in whole if "Index Cond" in line and ">=" in line]


def test_a_claim_is_planned_for_partitions_with_open_deliveries_and_finds_what_is_reopened(
    database: Database, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = make_webhook(database, org)
    repartition(database, 40, 30, 20, 10, -5)
    owe(database, org, 2)
    wanted = Wanted(webhook.id, 1, 0, 30.0)
    (young,) = claim(database, wanted)
    plan = "\n".join(row[0] for row in execute(database, "EXPLAIN EXECUTE claim_1 ('[]', 't')"))
    plan = plan.partition("CTE due")[2].partition("Left Join")[0]  # what is taken, by its ids
    assert set(re.findall(r"deliveries_(\d{8}|default)", plan)) == {f"{midnight(10):%Y%m%d}"}

    old = f"evt_{first_ulid_at(int(midnight(35).timestamp() * 1000))}"
    for table, column in (("events", "id"), ("deliveries", "event_id")):
        execute(
            database, f"UPDATE {table} SET {column} = %s WHERE {column} <> %s", old, young.event_id
        )
    assert claim(database, wanted) == []
    monkeypatch.setattr(prepared, "PLAN_SECONDS_MAX", 0.0)
    assert [each.event_id for each in claim(database, wanted)] == [old]
