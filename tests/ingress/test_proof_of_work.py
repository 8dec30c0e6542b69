"""An org that requires proofs of work: what comes without one is kept, and answered like any."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from altcha.v1 import solve_challenge

from app.domain.org.api_key import Scope
from app.domain.spam.mode import SpamMode
from app.domain.spam.proof import REMEMBERED_MS
from app.ingress.used_proofs import PROOFS_MAX, UsedProofs
from app.main import make_app
from app.storage.database import open_database, transaction
from app.storage.migrate import migrate
from config.settings import Settings
from scripts.system.embedded import Embedded
from tests.domain.spam.test_proof import encode
from tests.factories import make_org
from tests.ingress.conftest import MakeSite, Site, running


@pytest.fixture
def guarded(make_site: MakeSite) -> Site:
    return make_site(spam_mode=SpamMode.REQUIRE_POW)


def prove(site: Site) -> str:
    """A proof for that site, as a page computes it."""
    reply = site(b"", "GET", "/altcha", origin="https://page.example")
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "*")
    return solved(reply.json)


def solved(challenge: dict[str, Any]) -> str:
    """The proof that solves a challenge."""
    solution = solve_challenge(
        challenge["challenge"], challenge["salt"], "SHA-256", challenge.pop("maxnumber")
    )
    assert solution is not None
    return encode(challenge | {"number": solution.number})


def reasons(site: Site) -> list[Any]:
    return [capture.get("quarantine") for capture in site.queued()]


def test_a_proof_is_good_once_and_nobody_is_refused(guarded: Site) -> None:
    proof = prove(guarded)
    sent: list[dict[str, object]] = [
        {"email": "a@example.com", "altcha": proof, "message": "hello"},
        {"email": "a@example.com", "altcha": proof, "message": "hello"},  # a double click
        {"email": "b@example.com", "altcha": proof},
        {"email": "c@example.com"},
        {"email": "d@example.com", "altcha": "forged"},
    ]
    replies = [guarded(body) for body in sent]

    assert [reply.status for reply in replies] == [202] * len(sent)
    assert replies[0].body == replies[1].body
    assert {frozenset(reply.json["data"]) for reply in replies} == {
        frozenset(replies[0].json["data"])
    }
    assert reasons(guarded) == [
        None,
        "the proof of work was used before",
        "no proof of work",
        "the proof of work is wrong or expired",
    ]
    assert guarded.queued()[0]["metadata"] == {"message": "hello"}


def test_fifty_at_once_with_one_proof_give_one_contact(guarded: Site) -> None:
    proof = prove(guarded)
    threads = [
        threading.Thread(target=guarded, args=({"email": f"p{n}@example.com", "altcha": proof},))
        for n in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(reasons(guarded)), reasons(guarded).count(None)) == (50, 1)


def test_a_proof_of_another_org_is_wrong(guarded: Site, make_site: MakeSite) -> None:
    guarded({"email": "a@example.com", "altcha": prove(make_site())})
    assert reasons(guarded) == ["the proof of work is wrong or expired"]


@pytest.mark.parametrize(
    ("scope", "reason"), [(Scope.READ_WRITE, None), (Scope.CAPTURE_ONLY, "no proof of work")]
)
def test_callers_with_a_key_that_no_page_has_need_none(
    guarded: Site, scope: Scope, reason: str | None
) -> None:
    assert guarded({"email": "a@example.com"}, x_api_key=guarded.make_key(scope)).status == 202
    assert reasons(guarded) == [reason]


def test_other_orgs_take_a_proof_without_looking_at_it(site: Site) -> None:
    assert site({"email": "a@example.com", "altcha": "anything"}).status == 202
    assert (reasons(site), site.queued()[0].get("metadata")) == ([None], None)


def test_the_script_for_pages_is_served_for_any_origin(site: Site) -> None:
    reply = site(b"", "GET", "/rex-pow.js")
    known = site(b"", "GET", "/rex-pow.js", if_none_match=reply.headers["etag"])

    assert reply.status == 200
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert (known.status, known.body) == (304, b"")
    assert not [word for word in (b"eval", b"new Worker", b"cookie") if word in reply.body]


def test_while_redis_is_away_a_proof_is_good_once_for_each_process(own_embedded: Embedded) -> None:
    migrate(own_embedded.database_url)
    database = open_database(own_embedded.database_url)
    make_org(database, spam_mode=SpamMode.REQUIRE_POW)
    settings = Settings(
        database_url=own_embedded.database_url,
        redis_url=own_embedded.redis_url,
        secret_key=b"k" * 32,
    )
    with running(make_app(settings)) as client:
        proofs = [solved(client("GET", "/altcha", None).json) for _ in range(2)]
        before = client("POST", "/capture", {"email": "a@example.com", "altcha": proofs[0]})
        own_embedded.valkey.kill()
        replies = [
            client("POST", "/capture", {"email": f"p{n}@example.com", "altcha": proof})
            for n, proof in enumerate([proofs[0], proofs[1], proofs[1]])
        ]
    with transaction(database) as cursor:
        cursor.execute("SELECT captures FROM inbox ORDER BY id")
        kept = [capture for (captures,) in cursor.fetchall() for capture in captures]

    assert [reply.status for reply in (before, *replies)] == [202] * 4
    assert [capture.get("quarantine") for capture in kept] == [
        "the proof of work was used before",
        None,
        "the proof of work was used before",
    ]


def test_used_proofs_are_remembered_for_their_life_and_in_bounds() -> None:
    now = 0.0
    proofs = UsedProofs(lambda: now)
    assert [proofs.use("a"), proofs.use("a"), proofs.use(""), proofs.use("")] == [
        *(True, False, True, True)
    ]
    proofs.give_back("a")
    assert proofs.use("a")
    now = REMEMBERED_MS / 1000 + 1
    assert proofs.use("a")
    for number in range(PROOFS_MAX + 1):
        proofs.use(str(number))
    assert (proofs.use(str(PROOFS_MAX)), proofs.use("0")) == (False, True)
