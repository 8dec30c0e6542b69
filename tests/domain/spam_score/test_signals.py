"""Each signal: what shows it, and what looks like it and does not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.domain.capture.capture import Capture
from app.domain.spam_score.facts import facts_of, prose_of
from app.domain.spam_score.history import History, Seen
from app.domain.spam_score.registry import GROUPS, SPAM_POINTS
from app.domain.spam_score.scoring import score, score_capture
from tests.domain.spam.cpu import fastest

SIGNALS = [signal for group in GROUPS for signal in group.signals]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
MESSAGE = "We are a bakery with 12 people and would like to see a demo. Could you call on Monday? "
CYRILLIC_A = "\u0430"

#: The signal; what shows it; what does not.
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("honeypot", {"honeypot": True}, {}),
    ("instant", {"fill_ms": 300}, {"fill_ms": 900}),
    ("hasty", {"fill_ms": 2000}, {"fill_ms": 4000}),
    ("no_user_agent", {"user_agent": None}, {}),
    ("tool", {"user_agent": "python-requests/2.32"}, {"user_agent": BROWSER}),
    ("false_browser", {"without_language": True}, {"user_agent": "Zapier", "without_page": True}),
    ("disposable_domain", {"email": "a@sub.mailinator.com"}, {"email": "a@mailinator.example"}),
    ("dotted_address", {"email": "a.b.c.d.e@gmail.com"}, {"email": "ann.b.lee@gmail.com"}),
    ("gibberish_address", {"email": "xkqjzvbw@x.com"}, {"email": "brzeczyszczykiewicz@x.com"}),
    ("gibberish_name", {"first_name": "JyQkXbTzWl"}, {"last_name": "McDonald-Brzęczyszczykiewicz"}),
    ("link_in_name", {"first_name": "Win on www.x.ru"}, {"first_name": "St. John"}),
    ("odd_name", {"first_name": "Robert8374"}, {"first_name": "Robert II."}),
    ("mixed_alphabets", {"first_name": f"Ann{CYRILLIC_A}"}, {"first_name": "Анна Lee"}),
    ("same_in_all_fields", {"first_name": "x", "phone": "X", "title": "x"}, {"first_name": "x"}),
    ("phone_without_digits", {"phone": "google"}, {"phone": "0170 12"}),
    ("code", {"message": "1' OR '1'='1"}, {"message": "5 < 6 or so"}),
    ("markup", {"message": '<a href="http://x.com">x</a>'}, {"message": "a < b [see below]"}),
    ("link", {"message": "see https://x.com/a"}, {"message": "and/or www"}),
    ("many_links", {"message": "http://a.de http://b.de http://c.de"}, {"message": "http://a.de"}),
    ("risky_link", {"message": "go to t.me/bot"}, {"message": "https://a.com/site.top"}),
    ("offer", {"message": "Free Spins!"}, {"message": "a free trial, please"}),
    ("several_offers", {"message": "casino, poker"}, {"message": "casino, casino"}),
    ("many_offers", {"message": "casino poker betting"}, {"message": "casino poker"}),
    ("gibberish_text", {"message": "QzXjVkWbTrL"}, {"message": "Rindfleischetikettierung"}),
    ("shouting", {"message": "PLEASE " * 8}, {"message": "ASAP"}),
    ("same_text", {"seen": Seen(text=3)}, {"seen": Seen(text=2)}),
    ("busy_address", {"seen": Seen(address=10, network=10)}, {"seen": Seen(address=9, network=29)}),
    ("busy_network", {"seen": Seen(network=30)}, {"seen": Seen(network=29)}),
    (
        "spam_from_address",
        {"seen": Seen(address_spam=1, network_spam=1)},
        {"seen": Seen(network_spam=1)},
    ),
    ("spam_from_network", {"seen": Seen(network_spam=3)}, {"seen": Seen(network_spam=2)}),
]


def signals_of(values: dict[str, Any]) -> tuple[str, ...]:
    """The signals of an otherwise ordinary capture."""
    given = {"email": "ann@acme.com", "user_agent": BROWSER} | values
    seen = given.pop("seen", Seen())
    metadata = {"message": given.pop("message")} if "message" in given else {}
    capture = Capture(id="cap_1", org_id="org_1", contact_id="c", metadata=metadata, **given)
    return score(facts_of(capture, prose_of(metadata), seen)).signals


@pytest.mark.parametrize(("name", "shows", "does_not"), CASES, ids=[case[0] for case in CASES])
def test_a_signal(name: str, shows: dict[str, Any], does_not: dict[str, Any]) -> None:
    assert name in signals_of(shows)
    assert name not in signals_of(does_not)


def test_every_signal_has_a_case() -> None:
    assert [signal.name for signal in SIGNALS] == [case[0] for case in CASES]


def test_the_document_has_the_same_signals_and_points() -> None:
    document = (Path(__file__).parents[3] / "docs" / "spam.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", document, re.MULTILINE)
    assert [(name, float(points)) for name, points in rows] == [each[:2] for each in SIGNALS]


@pytest.mark.parametrize("alone", ["disposable_domain", "tool", "link", "offer", "same_text"])
def test_what_leads_have_as_well_is_not_enough_alone(alone: str) -> None:
    (points,) = (signal.points for signal in SIGNALS if signal.name == alone)
    assert points < SPAM_POINTS


@pytest.mark.parametrize(
    ("metadata", "prose"),
    [
        ({"message": "one"}, "one"),
        ({"utm_source": "google", "landing_page": "https://x.com"}, ""),
        ({"plan": "Pro", "how": "by a friend"}, "by a friend"),
        ({"answers": [{"label": "Why", "text": "so it is"}]}, "so it is"),
        ({"hidden": {"comment": "yes"}}, "yes"),
        ({"message": "x" * 5000}, "x" * 2000),
    ],
)
def test_prose_is_what_a_person_wrote(metadata: dict[str, object], prose: str) -> None:
    assert prose_of(metadata) == prose


@pytest.mark.parametrize(
    "text",
    ["<a " * 6000, " " * 16000, "http://" * 3000, "casino " * 3000, "aA" * 8000, "www." * 4000],
)
def test_a_hostile_text_costs_no_more_than_a_long_one(text: str) -> None:
    prose = (MESSAGE * 300)[: len(text)]

    def read(text: str) -> None:
        signals_of({"message": text, "first_name": text[:200], "last_name": text[:200]})

    hostile, honest = fastest(lambda: read(text), lambda: read(prose), times=20)
    assert hostile < 15 * honest


def test_scoring_a_lead_costs_no_more_than_reading_it_a_few_times() -> None:
    leads = [
        Capture(
            f"ann{number}@acme.com",
            first_name="Ann",
            last_name="Brzeczyszczykiewicz",
            phone="+33 6 12 34",
            metadata={"message": MESSAGE + str(number), "utm_source": "google"},
            id="cap_1",
            org_id="org_1",
            contact_id=str(number),
            client_address=f"10.0.{number % 250}.{number % 200}",
            user_agent=BROWSER,
        )
        for number in range(2000)
    ]
    history, text = History(), msgspec.json.encode(leads[0])
    for lead in leads[300:]:  # much is known already
        score_capture(lead, history, 0.0)
    new = iter(leads)
    scoring, reading = fastest(
        lambda: score_capture(next(new), history, 0.0), lambda: json.loads(text), times=300
    )
    assert scoring < 15 * reading
