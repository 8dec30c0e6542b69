"""The console in a real browser, over a whole running system."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from scripts.client import Rex
from scripts.receiver import Receiver
from scripts.system.application import sign_in_link
from scripts.system.whole import WholeSystem
from tests.clients.npm import install_from_npm
from tests.flow.driving import Driven, driving
from tests.flow.systems import own_system, query, webhook_to
from tests.waiting import eventually

#: What others captured would be counted here, or limited.
system = own_system

USER = "admin@localhost"
PICTURES = Path(__file__).parents[2] / "docs" / "console"
#: Screens by the names of their pictures.
SCREENS = {
    "home": "",
    "leads": "leads",
    "trace": "leads/CAPTURE",
    "contacts": "contacts",
    "contact": "contacts/CONTACT",
    "quarantine": "quarantine",
    "webhooks": "webhooks",
    "webhook": "webhooks/WEBHOOK",
    "deliveries": "deliveries?status=failed",
    "forms": "forms",
    "keys": "keys",
    "org": "org",
    "users": "users",
    "system": "system",
    "audit": "audit",
    "account": "account",
}
_SCROLL_WIDTH = "return document.documentElement.scrollWidth"
SIZES = {1280: 900, 390: 844}


@pytest.fixture
def browser() -> Iterator[Driven]:
    """A driven browser instead of its program."""
    with driving() as driven:
        yield driven


def sign_in(browser: Driven, system: WholeSystem) -> None:
    link = sign_in_link(system.environ, USER)
    assert link is not None
    browser.open(f"{system.base_url}/console/sign-in/{link.rsplit('/', 1)[1]}")
    browser.click("button.primary")
    browser.wait_for_text("the last 24 hours")


def test_a_lead_is_seen_arriving_traced_and_its_delivery_retried(
    rex: Rex, system: WholeSystem, browser: Driven
) -> None:
    healthy = threading.Event()
    sign_in(browser, system)
    with (
        Receiver(lambda headers: 200 if healthy.is_set() else 400) as receiver,
        webhook_to(rex, receiver.url, name="CRM"),
    ):
        browser.press("gl")
        browser.wait_for_text("No leads yet")
        assert rex.capture(email="ada@example.com", first_name="Ada")[0] == 202
        browser.wait_for_text("ada@example.com")  # without loading the page again

        browser.press("j")
        browser.press(Keys.ENTER)
        browser.wait_for_text("contact created")
        browser.wait_for_text("The receiver answered 400.")
        healthy.set()
        browser.press("r")
        browser.wait_for_text("delivered in")

        # What is open stays open when the page brings itself up to date.
        browser.click("details.more summary")
        ((delivery_id,),) = query(system, "SELECT id FROM deliveries")
        attempts = len(browser.all("details.attempt"))
        assert rex.request("POST", f"/deliveries/{delivery_id}/retry")[0] == 202
        browser.until(lambda: len(browser.all("details.attempt")) > attempts)
        assert browser.find("details.more").get_attribute("open")
    assert browser.complaints() == []


@pytest.mark.all_only
def test_a_webhook_is_made_and_shows_what_its_test_event_was_answered(
    system: WholeSystem, browser: Driven
) -> None:
    sign_in(browser, system)
    with Receiver(lambda headers: 418) as receiver:
        browser.press("gw")
        browser.find("[name=url]").send_keys(receiver.url)
        browser.click("form.fields button.primary")
        browser.wait_for_text(
            "The receiver did not accept the test event"
        )  # without loading the page again
        assert "418" in browser.text()
        assert "whsec_" in browser.text()
    assert browser.complaints() == []


def fill(rex: Rex, system: WholeSystem) -> dict[str, str]:
    """Some leads of each kind; the ids that screens are about."""
    people = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Barbara Liskov", "Radia Perlman")
    for n, (first, last) in enumerate(name.split() for name in people):
        campaign = {
            **{"utm_source": "news", "utm_campaign": "spring", "utm_medium": "email"},
            "landing_page": f"https://www.example.com/{'a-long-path' * 12}",
        }
        lead = {
            "email": f"{first.lower()}.{last.lower()}@example.com",
            "first_name": first,
            "last_name": last,
            "phone": "+44 20 7946 0958",
            "metadata": {"company": "Analytical Engines", **(campaign if n % 2 else {})},
            "form": "newsletter" if n % 2 else "demo-request",
        }
        assert rex.capture(**lead)[0] == 202
    rex.capture(email="bot@example.com", first_name="Cheap", last_name="Pills", _gotcha="x")
    touched = {**campaign, "gclid": "x" * 90}
    rex.capture(email="ada.lovelace@example.com", metadata=touched)
    rex.capture(email="ada.lovelace@example.com", last_name="King", metadata={"utm_source": "ads"})
    statement = (
        "SELECT c.id, e.contact_id FROM captures c JOIN events e ON e.id = 'evt_' ||"
        " substr(c.id, 5) WHERE c.payload ->> 'last_name' = 'King' ORDER BY c.id DESC LIMIT 1"
    )
    ((capture, contact),) = waited(system, statement)
    ((webhook, _),) = query(
        system, "SELECT id, id FROM webhooks WHERE name = 'Data warehouse' AND status <> 'deleted'"
    )
    fail_some(system)
    return {"CAPTURE": capture, "CONTACT": contact, "WEBHOOK": webhook}


def fail_some(system: WholeSystem) -> None:
    """Give up two deliveries, as if they had been tried for days."""
    pending = "SELECT id, id FROM deliveries WHERE status = 'pending' AND attempts > 0"
    for delivery_id, _ in waited(system, pending)[:2]:
        query(
            system,
            "UPDATE deliveries SET status = 'failed', next_attempt_at = NULL, settled_at = now()"
            " WHERE id = %s AND status = 'pending'",
            delivery_id,
        )


def waited(system: WholeSystem, statement: str) -> list[tuple[str, str]]:
    """The rows of a statement, once there are some."""
    eventually(lambda: bool(query(system, statement)))
    return query(system, statement)


@pytest.mark.all_only
def test_every_screen_fits_each_size_and_scheme_and_is_accessible(
    rex: Rex, system: WholeSystem, browser: Driven, tmp_path: Path
) -> None:
    axe = (install_from_npm(tmp_path) / "node_modules" / "axe-core" / "axe.min.js").read_text()
    pictures = PICTURES if os.environ.get("CONSOLE_PICTURES") else tmp_path
    pictures.mkdir(exist_ok=True)
    with (
        Receiver() as good,
        Receiver(lambda headers: 500) as bad,
        webhook_to(rex, good.url, name="CRM"),
        webhook_to(rex, bad.url, name="Data warehouse"),
    ):
        ids = fill(rex, system)
        wrong: dict[tuple[str, int, str], list[str]] = {}
        sign_in(browser, system)
        for name, path in SCREENS.items():
            for word, value in ids.items():
                path = path.replace(word, value)
            for width, scheme in product(SIZES, ("light", "dark")):
                browser.resize(width, SIZES[width], scheme)
                browser.open(f"{system.base_url}/console/{path}")
                browser.screenshot(pictures / f"{name}-{width}-{scheme}.webp")
                found = violations(browser, axe)
                if browser.driver.execute_script(_SCROLL_WIDTH) > width:
                    found.append("scrolls sideways")
                wrong |= {(name, width, scheme): found} if found else {}
        assert wrong == {}
        assert browser.complaints() == []


@pytest.mark.all_only
def test_a_lead_and_its_contact_are_printed_whole_and_without_navigation(
    rex: Rex, system: WholeSystem, browser: Driven, tmp_path: Path
) -> None:
    with Receiver(lambda headers: 500) as bad, webhook_to(rex, bad.url, name="Data warehouse"):
        ids = fill(rex, system)
        sign_in(browser, system)
        for path in (f"leads/{ids['CAPTURE']}", f"contacts/{ids['CONTACT']}"):
            browser.open(f"{system.base_url}/console/{path}")
            assert browser.spoilt_on_paper() == []
            file = tmp_path / f"{path.partition('/')[0]}.pdf"
            browser.print(file)
            assert file.read_bytes().startswith(b"%PDF-")


def violations(browser: Driven, axe: str) -> list[str]:
    """What axe-core finds; it comes by the debugger, which the policy does not bind."""
    browser.driver.execute_script(axe)
    found = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run().then((r) => done(JSON.stringify("
        "r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target).join(' ')))))"
    )
    listed: list[str] = json.loads(found)
    return listed


@pytest.mark.all_only
def test_the_story_works_without_scripts(rex: Rex, system: WholeSystem) -> None:
    with driving("--blink-settings=scriptEnabled=false") as browser:
        sign_in_without_scripts(browser, system)
        with Receiver(lambda headers: 400) as receiver, webhook_to(rex, receiver.url, name="CRM"):
            rex.capture(email="grace@example.com", first_name="Grace", last_name="Noscript")
            statement = "SELECT id, id FROM deliveries WHERE status = 'pending' AND attempts = 1"
            waited(system, statement)
            fail_some(system)  # or its next attempt may be under way, and cannot be made again
            browser.open(f"{system.base_url}/console/leads?q=noscript")
            browser.click("a.main")
            browser.click("summary")
            browser.click("button[data-action=retry]")
            assert "sent again now" in browser.find(".notice").text

            browser.click(".head a.button")  # its contact
            browser.click("details.more summary")
            browser.find("[name=phone]").send_keys("+44 20 7946 0958")
            browser.click("form.fields button.primary")
            assert "Changed: phone" in browser.find(".notice").text
            browser.click("details.confirm:nth-of-type(1) summary")
            browser.click("details.confirm[open] button")
            assert "The contact was deleted" in browser.find(".notice").text


def sign_in_without_scripts(browser: Driven, system: WholeSystem) -> None:
    link = sign_in_link(system.environ, USER)
    assert link is not None
    browser.open(f"{system.base_url}/console/sign-in/{link.rsplit('/', 1)[1]}")
    browser.click("button.primary")
    assert browser.find("h1").text == system.org
