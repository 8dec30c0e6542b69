"""./scripts/manage over real servers: what operators see, what machines read, how it fails."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import redis

from app.domain.org.org import Org
from app.domain.times import now
from app.queue.admission import refusals_key
from app.queue.jobs import KEYS
from app.storage.capture import captures as capture_rows
from app.storage.database import Database, drop_connection, open_database, transaction
from app.storage.recording import record
from app.storage.retention import retention_run
from scripts.commands.manage.__main__ import EXIT_UNAVAILABLE, main
from scripts.system.running import Running, announce
from tests.factories import make_capture, make_org, make_webhook
from tests.waiting import eventually

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SECRET_KEY = base64.b64encode(b"k" * 32).decode()

Manage = Callable[..., Any]


@pytest.fixture
def environ(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, str]:
    """The environment of an operator, with a data folder in which nothing runs."""
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": SECRET_KEY}
    given |= {"DATA_DIR": str(tmp_path / "data"), "ALLOW_PRIVATE_WEBHOOKS": "1"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


@pytest.fixture
def manage(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Manage:
    """Runs a command with --json; what it found."""

    def run(*arguments: str) -> Any:
        status = main([*arguments, "--json"])
        printed = capsys.readouterr()
        assert status == 0, printed.err
        return json.loads(printed.out)

    return run


@pytest.fixture
def refused(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Manage:
    """Runs a command that must fail; its exit status and the line that it tells."""

    def run(*arguments: str) -> tuple[int, str]:
        status = main([*arguments])
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1, printed.err
        return status, printed.err

    return run


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same database, for what a test needs to be there."""
    database = open_database(database_url)
    yield database
    drop_connection(database)


@pytest.fixture
def org(database: Database) -> Org:
    """The default org."""
    return make_org(database)


def record_some(database: Database, org: Org, count: int) -> None:
    captures = [make_capture(org, f"lead{number}@example.com") for number in range(count)]
    with transaction(database) as cursor:
        record(cursor, captures, now())


def test_release_answers_with_one_line_of_json_and_makes_the_key_once(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    answers = []
    for _ in range(2):
        assert main(["release"]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        answers.append(json.loads(line))

    assert [answer["org"] for answer in answers] == ["acme", "acme"]
    assert answers[0]["api_key"].startswith("rex_live_")
    assert answers[1]["api_key"] is None


def test_a_check_names_what_is_pending_and_changes_nothing(
    environ: dict[str, str],
    blank_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["migrate", "--check"]) == 0
    assert capsys.readouterr().out == '{"pending": []}\n'

    monkeypatch.setenv("DATABASE_URL", blank_database_url)
    for _ in range(2):
        assert main(["migrate", "--check"]) == 1
        assert "manage: Pending: 0001_initial, 0002_" in capsys.readouterr().err


def test_orgs_and_keys_are_made_listed_and_revoked(manage: Manage, org: Org) -> None:
    created = manage("orgs", "create", "globex")
    key = manage("keys", "create", "--org", "globex", "--scope", "read", "--name", "report")
    manage("keys", "revoke", key["id"], "--org", "globex")
    listed = manage("keys", "list", "--org", "globex")

    assert [each["slug"] for each in manage("orgs", "list")] == ["acme", "globex"]
    assert created["host"] == "globex.localhost"
    assert created["api_key"].startswith("rex_live_")
    assert [each["name"] for each in listed] == ["first", "report"]
    assert [each["scope"] for each in listed] == ["read-write", "read"]
    assert [each["revoked_at"] is None for each in listed] == [True, False]
    assert key["key"].endswith(listed[1]["last4"])
    assert key["key"] not in json.dumps(listed)


def test_a_webhook_is_made_paused_resumed_and_its_secret_rotated(manage: Manage, org: Org) -> None:
    wanted = ("--type", "contact.*", "--form", "demo", "--form", "quote")
    created = manage("webhooks", "create", "http://127.0.0.1:9/x", *wanted)
    paused = manage("webhooks", "pause", created["id"])
    listed = manage("webhooks", "list", "--status", "paused")
    resumed = manage("webhooks", "resume", created["id"])
    rotated = manage("webhooks", "rotate", created["id"], "--overlap", "2h")
    ping = manage("webhooks", "ping", created["id"])

    assert created["events"] == ["contact.*"]
    assert created["forms"] == ["demo", "quote"]
    assert created["secret"].startswith("whsec_")
    assert (paused["status"], resumed["status"]) == ("paused", "active")
    assert [each["id"] for each in listed] == [created["id"]]
    assert rotated["secret"] not in (created["secret"], None)
    assert ping["webhook_id"] == created["id"]
    assert manage("webhooks", "delete", created["id"])["deleted"]
    assert manage("webhooks", "list") == []


def test_deliveries_are_listed_over_pages_shown_and_retried(
    manage: Manage, database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org)
    record_some(database, org, 230)

    listed = manage("deliveries", "list", "--webhook", webhook.id, "--limit", "500")
    some = manage("deliveries", "list", "--webhook", webhook.id, "--limit", "210")
    shown = manage("deliveries", "show", listed[0]["id"])
    retried = manage("deliveries", "retry", listed[0]["id"])

    assert len({each["id"] for each in listed}) == 230
    assert some == listed[:210]
    assert shown == {**listed[0], "attempts": [], "request": shown["request"]}
    assert retried["status"] == "pending"
    assert manage("deliveries", "list", "--webhook", webhook.id, "--status", "failed") == []


def test_deliveries_are_chosen_by_type_and_by_how_long_ago(
    manage: Manage, database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org)
    record_some(database, org, 2)

    def found(*options: str) -> int:
        return len(manage("deliveries", "list", "--webhook", webhook.id, *options))

    assert found("--since", "1h") == found("--since", "2026-03-16") == 2
    assert found("--until", "1h") == 0
    assert found("--type", "contact.created") == 2
    assert found("--type", "contact.updated", "--type", "contact.deleted") == 0


@pytest.mark.parametrize("text", ["yesterday", "1x", "-1h", "2026-13-01", "9" * 30 + "w"])
def test_a_time_that_is_none_is_refused_with_what_would_be_right(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str], text: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["deliveries", "list", "--webhook", "whk_x", f"--since={text}"])

    assert ended.value.code == 2
    assert "2026-03-16T12:00:00Z" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"rex-capture {version('rex-capture')}\n"


def test_what_options_were_called_before_is_still_taken(manage: Manage, org: Org) -> None:
    created = manage("webhooks", "create", "http://127.0.0.1:9/x", "--event", "contact.created")
    rotated = manage("webhooks", "rotate", created["id"], "--overlap-seconds", "60")
    listed = manage("deliveries", "list", "--webhook", created["id"], "--event-type", "ping")

    assert created["events"] == ["contact.created"]
    assert rotated["id"] == created["id"]
    assert listed == []


def test_a_replay_is_counted_made_cancelled_and_watched(
    manage: Manage, database: Database, org: Org
) -> None:
    record_some(database, org, 3)
    webhook = make_webhook(database, org)
    recorded_at = now()
    eventually(lambda: now() > recorded_at)  # a replay ends with the millisecond before its own

    counted = manage("replays", "create", "--webhook", webhook.id, "--dry-run")
    replay = manage("replays", "create", "--webhook", webhook.id)
    cancelled = manage("replays", "cancel", replay["id"])
    watched = manage("replays", "watch", replay["id"])

    assert counted == {"total": 3, "dry_run": True}
    assert (replay["status"], replay["total"]) == ("running", 3)
    assert cancelled["status"] == watched["status"] == "cancelled"


def test_an_orgs_settings_are_changed(manage: Manage, org: Org) -> None:
    changed = manage("orgs", "edit", "--spam-mode", "quarantine", "--min-fill-ms", "900")

    named = manage("orgs", "edit", "--page-name", "Acme", "--page-color", "#123456")
    bare = manage("orgs", "edit", "--page-name", "")

    assert (changed["spam_mode"], changed["min_fill_ms"]) == ("quarantine", 900)
    assert (named["page"]["name"], named["page"]["color"]) == ("Acme", "#123456")
    assert (bare["page"]["name"], bare["page"]["color"]) == (None, "#123456")
    assert changed["allowed_origins"] == []


def test_an_orgs_captcha_is_set_with_a_secret_from_standard_input(
    manage: Manage, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("s3cret\n"))
    assert manage("orgs", "edit", "--captcha", "hcaptcha")["captcha"] == {"provider": "hcaptcha"}
    assert manage("orgs", "edit", "--min-fill-ms", "1")["captcha"] == {"provider": "hcaptcha"}
    assert manage("orgs", "edit", "--captcha", "none")["captcha"] is None


def test_what_was_set_aside_is_listed_and_released(
    manage: Manage, database: Database, org: Org
) -> None:
    bot = make_capture(org, "bot@example.com", quarantine="honeypot field _hp was filled")
    with transaction(database) as cursor:
        record(cursor, [bot], now())
        capture_rows.insert_rejected(cursor, make_capture(org, "ada at home"), "email has no @")

    (quarantined,) = manage("quarantine", "list")
    (rejected,) = manage("rejected", "list")
    (marked,) = manage("quarantine", "spam", quarantined["id"])
    (released,) = manage("quarantine", "release", quarantined["id"])

    assert quarantined["reason"] == "honeypot field _hp was filled"
    assert rejected["payload"]["email"] == "ada at home"
    assert (marked["marked"], released["marked"]) == ("spam", "not_spam")
    assert released["status"] == "recorded"
    assert manage("quarantine", "list") == []


def test_a_retention_run_far_beyond_the_last_one_asks_for_force(
    manage: Manage,
    refused: Manage,
    database: Database,
    org: Org,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record_some(database, org, 3)
    with transaction(database) as cursor:
        cursor.execute("UPDATE events SET id = 'evt_00' || right(id, 24)")
    assert manage("retention", "run") == {"deliveries": 0, "events": 3, "audit_log": 0}

    record_some(database, org, 3)
    with transaction(database) as cursor:
        cursor.execute("UPDATE events SET id = 'evt_00' || right(id, 24)")
    monkeypatch.setattr(retention_run, "ROWS_MIN", 0)
    monkeypatch.setattr(retention_run, "GROWTH_MAX", 0)
    status, line = refused("retention", "run")
    assert status == 1
    assert "--force" in line

    assert manage("retention", "run", "--force")["events"] == 3


def test_stats_count_everything_of_every_org(
    manage: Manage, database: Database, org: Org, redis_url: str
) -> None:
    other = make_org(database, "globex")
    held = make_webhook(database, org, name="held")
    make_webhook(database, org, name="due")
    record_some(database, org, 4)
    record_some(database, other, 1)
    manage("webhooks", "pause", held.id)
    day = _count_refusals(redis_url, org, "validation_failed.email", 7)

    stats = manage("stats")

    counts = [tuple(each.values()) for each in stats["captures"]]
    assert counts == [("acme", 4, 0, 0, 4, 4), ("globex", 1, 0, 0, 1, 1)]
    acme, globex = stats["deliveries"]
    assert (acme["due"], acme["held"], acme["attempts"], globex["due"]) == (4, 4, 0, 0)
    webhooks = {each["name"]: (each["due"], each["held"]) for each in stats["webhooks"]}
    assert webhooks == {"held": (0, 4), "due": (4, 0)}
    assert [each["queue"] for each in stats["queues"]] == ["captures", "deliveries"]
    assert (stats["inbox_captures"], stats["unreadable_jobs"]) == (0, 0)
    (refusals,) = stats["refused"]
    assert (refusals["org"], refusals["day"]) == ("acme", day)
    assert (refusals["reason"], refusals["refused"]) == ("validation_failed.email", 7)
    assert [each["org"] for each in manage("stats", "--org", "globex")["captures"]] == ["globex"]


def _count_refusals(redis_url: str, org: Org, reason: str, count: int) -> str:
    """As the ingress counts them; the day."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    with redis.Redis.from_url(redis_url) as client:
        client.hset(refusals_key(org.id, day), reason, str(count))
    return day


def test_dead_letters_are_listed_and_redriven(manage: Manage, org: Org, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        for number, queue in enumerate(("captures", "deliveries", "captures"), 1):
            fields = {"job": f"job {number}", "reason": f"reason {number}", "failures": number}
            client.xadd(KEYS.dead_letters(queue), fields, f"{number}-0")

        letters = manage("dead-letters", "list", "--limit", "2")
        assert [(each["queue"], each["id"], each["reason"]) for each in letters] == [
            ("captures", "3-0", "reason 3"),
            ("deliveries", "2-0", "reason 2"),
        ]
        assert [each["dead_letters"] for each in manage("stats")["queues"]] == [2, 1]

        assert manage("dead-letters", "redrive", "3-0") == {"redriven": 1}
        assert manage("dead-letters", "redrive") == {"redriven": 2}
        found: Any = client.xrange(KEYS.stream("captures"))
    assert [fields for _, fields in found] == [{b"job": b"job 3"}, {b"job": b"job 1"}]
    assert manage("dead-letters", "list") == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["keys", "list", "--org", "nobody"], "no org 'nobody'"),
        (["keys", "revoke", "key_x"], "API key not found"),
        (["orgs", "create", "acme"], "already"),
        (["orgs", "create", "Not_A_Slug"], "lower-case letters"),
        (["webhooks", "pause", "whk_x"], "Webhook not found"),
        (["webhooks", "create", "ftp://example.com"], "url"),
        (["deliveries", "retry", "dlv_x"], "Delivery not found"),
        (["replays", "watch", "rpl_x"], "Replay not found"),
        (["quarantine", "release", "cap_x"], "Capture not found"),
        (["dead-letters", "redrive", "1-1"], "no such dead letter"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    refused: Manage, org: Org, arguments: list[str], words: str
) -> None:
    status, line = refused(*arguments)

    assert status == 1
    assert words in line


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("DATABASE_URL", "postgresql://rex@127.0.0.1:1/rex", EXIT_UNAVAILABLE),
        ("REDIS_URL", "redis://127.0.0.1:1/0", EXIT_UNAVAILABLE),
        ("DATABASE_URL", "mysql://localhost/rex", 78),
        ("DATABASE_URL", "postgresql://rex@127.0.0.1:port/rex", 78),
        ("REDIS_URL", "redis://127.0.0.1:port/0", 78),
        ("REDIS_URL", "", 78),
        ("SECRET_KEY", "short", 78),
    ],
)
def test_a_server_out_of_reach_or_a_bad_setting_is_told_in_one_line(
    refused: Manage, org: Org, monkeypatch: pytest.MonkeyPatch, name: str, value: str, status: int
) -> None:
    monkeypatch.setenv(name, value)

    assert refused("stats")[0] == status


def test_a_database_without_tables_is_told_in_one_line(
    refused: Manage, blank_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", blank_database_url)

    assert "manage release" in refused("orgs", "list")[1]


def test_release_without_a_database_ends_with_one_line(environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.manage", "release"],
        cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": "postgresql://rex@127.0.0.1:1/rex"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == EXIT_UNAVAILABLE
    assert done.stderr.count("\n") == 1
    assert "cannot be reached" in done.stderr


def test_wrong_usage_is_status_2(environ: dict[str, str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["deliveries", "list"])

    assert ended.value.code == 2


def test_beside_a_running_system_it_needs_no_settings(
    manage: Manage, environ: dict[str, str], org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    _announce(environ, monkeypatch)

    assert [each["slug"] for each in manage("orgs", "list")] == ["acme"]


def test_settings_of_another_system_are_not_completed_from_the_running_one(
    refused: Manage, environ: dict[str, str], org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    _announce(environ, monkeypatch)
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/rex")

    status, line = refused("orgs", "list")

    assert status == 78
    assert "REDIS_URL: not set" in line


def _announce(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(environ["DATA_DIR"])
    folder.mkdir()
    announce(folder, Running("http://127.0.0.1:1", "acme", None, environ))
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        monkeypatch.delenv(name)


def test_people_get_a_table(
    environ: dict[str, str], org: Org, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["orgs", "list"]) == 0
    header, row = capsys.readouterr().out.splitlines()

    assert header.split()[:2] == ["slug", "id"]
    assert row.split()[:2] == ["acme", org.id]


def test_a_person_is_listed_exported_and_erased_by_address_or_id(
    manage: Manage, refused: Manage, database: Database, org: Org
) -> None:
    record_some(database, org, 2)
    exported = manage("person", "export", "lead0@example.com")
    listed = manage("person", "list", exported["contact"]["id"])
    manage("person", "erase", "lead0@example.com")
    manage("person", "erase", exported["contact"]["id"])

    assert exported["captures"][0]["payload"]["email"] == "lead0@example.com"
    kinds = [each["what"] for each in listed]
    assert kinds == ["id", "address", "contact", "capture", "event"]
    left = manage("person", "export", exported["contact"]["id"])
    assert (left["contact"], left["emails"]) == (None, [])
    assert refused("person", "export", "nobody@example.com") == (1, "manage: Person not found\n")
    assert manage("person", "export", "lead1@example.com")["contact"]


def test_the_doctor_says_what_is_wrong_and_what_to_do_in_a_line_each(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--problems"]) == 1, "no process runs here"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["status", "group", "check", "found"]
    (captures,) = (line for line in lines if "captures is alive" in line)
    assert captures.startswith("failed ")
    assert captures.endswith(
        "captures wait in the queue → start the process 'captures' and read its log"
    )
    assert not any(line.startswith("ok ") for line in lines)

    assert main(["doctor", "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)
    assert len(findings) >= 25
    assert set(findings[0]) == {"group", "check", "status", "found", "advice", "meaning"}


def test_users_are_made_changed_and_let_in_by_a_link(
    manage: Manage, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    make_org(database)
    made = manage("users", "create", "Ada@Example.com", "--role", "operator")
    assert made["link"].startswith("http://localhost:8000/console/sign-in/")
    assert manage("users", "link", "ada@example.com")["link"] != made["link"]
    assert manage("users", "link", "eve@example.com", "--create")["role"] == "admin"
    manage("users", "role", "ada@example.com", "viewer")
    manage("users", "disable", "ada@example.com")

    ada, eve = manage("users", "list")
    assert (ada["email"], ada["role"], ada["has_password"]) == ("ada@example.com", "viewer", False)
    assert ada["disabled_at"] is not None
    assert eve["disabled_at"] is None
    assert main(["users", "link", "ada@example.com"]) == 1
    assert "disabled" in capsys.readouterr().err
    manage("users", "enable", "ada@example.com")
    assert main(["users", "disable", "eve@example.com"]) == 1
    assert "last admin" in capsys.readouterr().err
