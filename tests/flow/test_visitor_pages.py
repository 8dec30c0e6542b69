"""The pages for visitors in a real browser: corrected, sent on, readable by everybody."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from scripts.client import Rex
from scripts.system.whole import WholeSystem
from tests.clients.npm import install_from_npm
from tests.flow.browsers import driven
from tests.flow.test_spam import serving

PATIENCE_SECONDS = 30
NARROW, WIDE = 390, 1280
FORM = """<!doctype html><title>Contact</title>
<form action="REX/capture" method="post">
<input name="Your e-mail"><input name="message"><input name="_redirect" value="REDIRECT">
<button>Send</button></form>
"""


@pytest.fixture
def chrome(browser: str, tmp_path: Path) -> Iterator[Chrome]:
    with driven(browser, tmp_path / "profile") as driver:
        yield driver


def send_form(driver: Chrome, email: str) -> None:
    """Fill in the form that is shown, and wait for the next page."""
    field = driver.find_element(By.CSS_SELECTOR, "input[name='Your e-mail']")
    field.clear()
    field.send_keys(email)
    button = driver.find_element(By.TAG_NAME, "button")
    button.click()
    WebDriverWait(driver, PATIENCE_SECONDS).until(lambda _: is_gone(button))


def is_gone(element: Any) -> bool:
    try:
        return not element.is_enabled()
    except Exception:  # whatever selenium calls it: the page is another one
        return True


def test_a_visitor_corrects_a_form_and_goes_on(
    system: WholeSystem, rex: Rex, chrome: Chrome
) -> None:
    with serving(b"<!doctype html><title>Done</title>") as shop:
        page = FORM.replace("REX", system.base_url).replace("REDIRECT", f"{shop}/done")
        with serving(page.encode()) as url:
            chrome.get(f"{url}/contact")
            chrome.find_element(By.NAME, "message").send_keys('1 < 2 & "so"')
            send_form(chrome, "ada at home")

            assert chrome.title == "Please check your details"
            focused = chrome.switch_to.active_element
            assert focused.get_attribute("name") == "Your e-mail"
            assert focused.get_attribute("value") == "ada at home"

            send_form(chrome, "visitor@example.com")
            assert chrome.title == "Thank you"  # the target is not listed yet

            assert rex.request("PATCH", "/org", {"redirect_targets": [f"{shop}/"]})[0] == 200
            chrome.get(f"{url}/contact")
            send_form(chrome, "still wrong")
            send_form(chrome, "other@gmial.com")
            assert (chrome.title, chrome.current_url) == ("Done", f"{shop}/done")


def test_the_page_that_says_thanks_leads_back(system: WholeSystem, chrome: Chrome) -> None:
    page = FORM.replace("REX", system.base_url).replace('value="REDIRECT"', "")
    with serving(page.encode()) as url:
        chrome.get(f"{url}/contact")
        send_form(chrome, "ada@gmial.com")

        assert "gmail.com" in chrome.find_element(By.CLASS_NAME, "hint").text
        chrome.find_element(By.LINK_TEXT, "Back to localhost").click()
        WebDriverWait(chrome, PATIENCE_SECONDS).until(lambda _: chrome.title == "Contact")


def show(driver: Chrome, width: int, scheme: str) -> None:
    """Show pages as wide as that, light or dark."""
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width == NARROW}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def violations(driver: Chrome, axe: str) -> list[Any]:
    """What axe finds; it comes by the debugger, which the pages' policy does not bind."""
    driver.execute_script(axe)
    found = "const done = arguments[0]; axe.run().then((report) => done(report.violations))"
    return [(each["id"], each["nodes"][0]["html"]) for each in driver.execute_async_script(found)]


@pytest.mark.all_only
def test_every_page_is_accessible_and_fits_a_telephone(
    system: WholeSystem, rex: Rex, chrome: Chrome, tmp_path: Path
) -> None:
    axe = (install_from_npm(tmp_path) / "node_modules/axe-core/axe.min.js").read_text()
    page = FORM.replace("REX", system.base_url)
    with serving(page.encode()) as url:
        for color in ("#ffd400", "#777777"):
            look = {"color": color, "name": "Acme Engines", "home_url": "https://acme.example/"}
            assert rex.request("PATCH", "/org", {"page": look})[0] == 200
            for width, scheme in itertools.product((NARROW, WIDE), ("light", "dark")):
                show(chrome, width, scheme)
                chrome.get(f"{system.base_url}/thanks?did_you_mean=gmail.com")
                assert violations(chrome, axe) == []
                chrome.get(url)
                send_form(chrome, "x" * 300)
                assert violations(chrome, axe) == []
                assert chrome.execute_script("return document.body.scrollWidth") <= width
