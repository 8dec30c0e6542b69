"""`rex.js` in a real browser: whatever happens on the way, each lead arrives exactly once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from scripts.client import Rex
from scripts.system.whole import WholeSystem
from tests.flow.browsers import driven, find_browser
from tests.flow.faulty_proxy import Fault, FaultyProxy
from tests.flow.pages import Pages
from tests.flow.systems import query
from tests.waiting import eventually

PATIENCE_SECONDS = 60.0

#: A page whose policy allows its own host and the product's, and nothing inline.
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A form</title>
<form data-rex="hundred" method="post" action="REX/capture">
  <p><label for="email">E-mail</label> <input id="email" name="email" type="text">
  <p><label for="name">Name</label> <input id="name" name="first_name">
  <p><button>Send</button>
</form>
<script src="REX/rex.js" defer></script>
"""
POLICY = "default-src 'none'; script-src REX; connect-src REX; require-trusted-types-for 'script'"

OFFLINE = "offline"
CLOSE = "close the tab"
LEAVE = "leave the page"


class Visitor:
    """Somebody at a browser, on the pages behind a proxy that may fail."""

    def __init__(self, chrome: Chrome, proxy: FaultyProxy, pages: Pages) -> None:
        self.chrome = chrome
        self.proxy = proxy
        self.pages = pages

    def visit(self, path: str = "/demo") -> None:
        self.chrome.get(self.pages.url + path)

    def fill_in(self, email: str, **fields: str) -> None:
        for name, text in {"email": email, **fields}.items():
            self.chrome.find_element(By.NAME, name).send_keys(text)
        self.chrome.find_element(By.TAG_NAME, "button").click()

    def go_offline(self, offline: bool = True) -> None:
        self.chrome.set_network_conditions(offline=offline, latency=0, throughput=-1)

    def close_tab(self) -> None:
        """Close the tab, and open a blank one."""
        (old,) = self.chrome.window_handles
        self.chrome.switch_to.new_window("tab")
        new = self.chrome.current_window_handle
        self.chrome.switch_to.window(old)
        self.chrome.close()
        self.chrome.switch_to.window(new)

    def status(self) -> str:
        return self.chrome.find_element(By.CSS_SELECTOR, "[role=status]").text

    def wait_for_status(self, text: str) -> None:
        def says() -> bool:
            found = self.chrome.find_elements(By.CSS_SELECTOR, "[role=status]")
            return any(text in each.text for each in found)

        eventually(says, PATIENCE_SECONDS)

    def queued(self) -> int:
        """How many leads wait in the browser."""
        script = "return Object.keys(localStorage).filter(k => k.startsWith('rex:')).length"
        return int(self.chrome.execute_script(script))

    def send_the_rest(self) -> None:
        """Come back to the page and stay until nothing waits."""
        self.go_offline(False)
        self.visit()
        eventually(lambda: self.queued() == 0, PATIENCE_SECONDS)

    def lead(self, email: str, troubles: Sequence[str]) -> None:
        """Fill in the form, and meet these troubles."""
        self.proxy.plan(email, [each for each in troubles if isinstance(each, Fault)])
        self.go_offline(False)
        self.visit()
        self.go_offline(OFFLINE in troubles)
        self.fill_in(email)
        if CLOSE in troubles:
            self.close_tab()
        elif LEAVE in troubles:
            self.chrome.get("about:blank")
        elif OFFLINE in troubles:
            self.wait_for_status("Saved")
            self.go_offline(False)


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with driven(find_browser(), tmp_path_factory.mktemp("profile")) as chrome:
        yield chrome


@pytest.fixture
def visitor(rex: Rex, chrome: Chrome) -> Iterator[Visitor]:
    """A visitor of pages on an origin that the browser has never seen."""
    with (
        FaultyProxy(rex.base_url) as proxy,
        Pages(PAGE.replace("REX", proxy.url), POLICY.replace("REX", proxy.url)) as pages,
    ):
        visitor = Visitor(chrome, proxy, pages)
        visitor.go_offline(False)
        yield visitor


def leads_of(system: WholeSystem, domain: str) -> dict[str, int]:
    """How many captures were recorded of each address at a domain."""
    counted = (
        "SELECT payload->>'email', count(*) FROM captures WHERE status = 'recorded' GROUP BY 1"
    )
    return {email: n for email, n in query(system, counted) if email and email.endswith(domain)}


def wait_for_leads(system: WholeSystem, domain: str, count: int) -> dict[str, int]:
    eventually(lambda: sum(leads_of(system, domain).values()) >= count, PATIENCE_SECONDS)
    return leads_of(system, domain)


def test_a_lead_is_sent_while_the_page_stays_and_its_faults_are_shown_at_their_fields(
    visitor: Visitor, system: WholeSystem
) -> None:
    visitor.visit("/demo?utm_source=news&gclid=1")
    visitor.fill_in("nobody", first_name="Ada")
    eventually(lambda: bool(visitor.chrome.find_elements(By.CLASS_NAME, "rex-error")))
    email = visitor.chrome.find_element(By.NAME, "email")
    error = visitor.chrome.find_element(By.CLASS_NAME, "rex-error")
    assert error.text.startswith("E-mail ")
    assert email.get_attribute("aria-invalid") == "true"
    assert error.get_attribute("id") in str(email.get_attribute("aria-describedby")).split()
    assert visitor.chrome.switch_to.active_element == email

    email.clear()
    visitor.fill_in("ada@one.example")
    visitor.wait_for_status("Thank you")
    assert not visitor.chrome.find_elements(By.CLASS_NAME, "rex-error")
    assert email.get_attribute("aria-invalid") is None
    assert email.get_attribute("value") == ""

    assert wait_for_leads(system, "one.example", 1) == {"ada@one.example": 1}
    ((payload,),) = query(
        system, "SELECT payload FROM captures WHERE payload->>'email' = 'ada@one.example'"
    )
    assert (payload["form"], payload["first_name"], payload["source"]) == ("hundred", "Ada", "paid")
    assert payload["metadata"] == {
        "utm_source": "news", "gclid": "1", "landing_page": f"{visitor.pages.url}/demo",
    }  # fmt: skip


@pytest.mark.parametrize(
    "troubles",
    [
        [Fault.BLOCKED],
        [Fault.ANSWER_LOST],
        [Fault.UNAVAILABLE, Fault.LIMITED],
        [OFFLINE],
        [Fault.HELD, CLOSE],
    ],
    ids=str,
)
def test_a_lead_arrives_once_whatever_happens(
    visitor: Visitor, system: WholeSystem, troubles: list[str]
) -> None:
    email = f"{'-'.join(troubles).replace(' ', '')}@few.example"
    visitor.lead(email, troubles)
    visitor.proxy.let_go()
    visitor.send_the_rest()
    assert wait_for_leads(system, email, 1) == {email: 1}
    assert len(visitor.proxy.keys[email]) == 1


def test_a_page_may_show_what_happened_itself(visitor: Visitor, system: WholeSystem) -> None:
    visitor.visit()
    listen = """window.told = []
    for (const name of ['success', 'later', 'error']) {
      document.addEventListener(`rex:${name}`, (event) => {
        event.preventDefault()
        told.push([name, event.target.tagName, event.detail.email ?? event.detail.code])
      })
    }"""
    visitor.chrome.execute_script(listen)
    visitor.proxy.plan("ada@events.example", [Fault.UNAVAILABLE])
    for email in ("nobody", "ada@events.example"):
        visitor.chrome.find_element(By.NAME, "email").clear()
        visitor.fill_in(email)
        eventually(lambda: visitor.queued() == 0, PATIENCE_SECONDS)
    assert visitor.chrome.execute_script("return told") == [
        ["error", "FORM", "validation_failed"],
        ["later", "FORM", None],
        ["success", "FORM", "ada@events.example"],
    ]
    assert visitor.status() == ""
    assert not visitor.chrome.find_elements(By.CLASS_NAME, "rex-error")


def test_a_lead_waits_as_long_as_the_server_asks(visitor: Visitor, system: WholeSystem) -> None:
    email = "ada@wait.example"
    visitor.lead(email, [Fault.UNAVAILABLE, Fault.LIMITED])
    visitor.wait_for_status("Thank you")
    first, second, third = visitor.proxy.sent_at[email]
    assert min(second - first, third - second) > 0.99  # Retry-After: 1


def test_what_waits_leaves_with_the_page(visitor: Visitor, system: WholeSystem) -> None:
    email = "ada@beacon.example"
    visitor.proxy.plan(email, [Fault.UNAVAILABLE])
    visitor.visit()
    visitor.fill_in(email)
    visitor.wait_for_status("Saved")
    visitor.chrome.get("about:blank")
    assert wait_for_leads(system, email, 1) == {email: 1}


def test_of_what_an_earlier_visit_left_only_the_last_seven_days_are_sent(
    visitor: Visitor, system: WholeSystem
) -> None:
    visitor.visit()
    leave = """for (const days of [2, 6, 8]) {
      const at = (Date.now() - days * 864e5).toString(36)
      localStorage[`rex:${arguments[0]}:${at}-key`] =
        JSON.stringify({ email: `days${days}@old.example`, _idempotency_key: `${days}` })
    }"""
    visitor.chrome.execute_script(leave, visitor.proxy.url.removeprefix("http://"))
    assert visitor.queued() == 3
    visitor.send_the_rest()
    assert "days8@old.example" not in visitor.proxy.sent_at
    assert wait_for_leads(system, "old.example", 2).keys() == {
        "days2@old.example",
        "days6@old.example",
    }


def test_rex_capture_sends_a_lead_without_a_form_and_tells_what_came_of_it(
    visitor: Visitor, system: WholeSystem
) -> None:
    visitor.visit("/pricing/")
    send = "const done = arguments[1]; rex.capture({email: arguments[0]}).then(done, done)"
    taken = visitor.chrome.execute_async_script(send, "ada@api.example")
    refused = visitor.chrome.execute_async_script(send, "nobody")
    assert taken["id"].startswith("cont_")
    assert refused["fields"].keys() == {"email"}
    wait_for_leads(system, "api.example", 1)
    found = query(
        system, "SELECT payload->>'form' FROM captures WHERE payload->>'email' = 'ada@api.example'"
    )
    assert found == [("/pricing",)]


def test_earlier_visits_are_kept_with_consent_and_without_it_nothing_is(
    visitor: Visitor, system: WholeSystem, rex: Rex
) -> None:
    keys = "return Object.keys(localStorage)"
    visitor.visit("/a?utm_source=first")
    assert visitor.chrome.execute_script(keys) == []

    visitor.pages.page = visitor.pages.page.replace(" defer", ' defer data-consent="granted"')
    visitor.visit("/a?utm_source=second")
    visitor.visit("/b?utm_source=third")
    visitor.chrome.refresh()
    visitor.visit("/demo")
    visitor.fill_in("ada@consent.example")
    visitor.wait_for_status("Thank you")
    wait_for_leads(system, "consent.example", 1)
    (contact,) = rex.request("GET", "/contacts?email=ada@consent.example")[1]["data"]
    attribution = contact["attribution"]
    assert attribution["between"] == []
    touches = (attribution["first"], attribution["last"])
    told = [(touch["utm_source"], touch["landing_page"]) for touch in touches]
    assert told == [("second", f"{visitor.pages.url}/a"), ("third", f"{visitor.pages.url}/b")]
    assert contact["metadata"]["utm_source"] == "third"

    visitor.chrome.execute_script("rex.consent(false)")
    assert visitor.chrome.execute_script(keys) == []

    signal = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
    added = visitor.chrome.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": signal}
    )
    visitor.visit("/a?utm_source=fourth")
    assert visitor.chrome.execute_script(keys) == []
    visitor.chrome.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


#: What may happen to a lead, with how many of the hundred it happens to.
TROUBLES: list[tuple[int, list[str]]] = [
    (16, []),
    (10, [OFFLINE]),
    (8, [OFFLINE, CLOSE]),
    (10, [Fault.UNAVAILABLE]),
    (6, [Fault.UNAVAILABLE, Fault.UNAVAILABLE, CLOSE]),
    (10, [Fault.LIMITED]),
    (12, [Fault.BLOCKED]),
    (8, [Fault.ANSWER_LOST]),
    (6, [Fault.ANSWER_LOST, Fault.BLOCKED, LEAVE]),
    (6, [Fault.HELD, CLOSE]),
    (4, [Fault.BROKEN, LEAVE]),
    (4, [Fault.HELD, OFFLINE, LEAVE]),
]


@pytest.mark.all_only
def test_a_hundred_leads_arrive_each_exactly_once(visitor: Visitor, system: WholeSystem) -> None:
    fates = [troubles for count, troubles in TROUBLES for _ in range(count)]
    assert len(fates) == 100
    Random(7).shuffle(fates)
    emails = [f"lead{n}@hundred.example" for n in range(100)]
    for email, troubles in zip(emails, fates, strict=True):
        visitor.lead(email, troubles)
    visitor.proxy.let_go()
    visitor.send_the_rest()

    assert wait_for_leads(system, "hundred.example", 100) == dict.fromkeys(emails, 1)
    sent = sum(len(visitor.proxy.sent_at[email]) for email in emails)
    passed_on = sum(visitor.proxy.passed_on[email] for email in emails)
    print(f"\n100 leads: sent {sent} times, {passed_on} of them got through")
    assert passed_on > 100  # or no duplicate was ever put to the test
