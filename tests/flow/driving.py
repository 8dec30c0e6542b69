"""A real browser that a test drives: through pages, forms and keys."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.flow.browsers import find_browser

PATIENCE_SECONDS = 30.0
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-proxy-server", "--hide-scrollbars", "--disable-background-networking"),
    *("--no-first-run", "--disable-component-update", "--disable-sync", "--lang=en-GB"),
)
#: Of A4 without its margins, in pixels.
_A4_WIDTH = 718
_SPOILT = """
const isSeen = (each) => each.checkVisibility({checkVisibilityCSS: true})
    && each.getBoundingClientRect().width > 1;
const isCut = (each) => each.getBoundingClientRect().right > innerWidth + 1
    || (getComputedStyle(each).overflowX !== 'visible' && each.scrollWidth > each.clientWidth + 1);
return [...document.querySelectorAll('body *')]
    .filter((each) => isSeen(each) && (each.matches('nav, button, form, .side') || isCut(each)))
    .map((each) => each.outerHTML.slice(0, 80));
"""


class Driven:
    """A browser's window."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        """Go to a page."""
        self.driver.get(url)

    def find(self, selector: str) -> Any:
        """The first element that fits, once there is one."""
        return self.until(lambda: next(iter(self.all(selector)), None))

    def all(self, selector: str) -> list[Any]:
        """The elements that fit now."""
        found: list[Any] = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found

    def click(self, selector: str) -> None:
        """Click the first element that fits."""
        self.find(selector).click()

    def press(self, keys: str) -> None:
        """Press keys, whatever has the focus."""
        webdriver.ActionChains(self.driver).send_keys(keys).perform()

    def text(self) -> str:
        """What the page says."""
        return str(self.driver.execute_script("return document.body.innerText"))

    def wait_for_text(self, text: str) -> None:
        """Until the page says that."""
        try:
            self.until(lambda: text in self.text())
        except TimeoutException:
            raise AssertionError(f"no {text!r} in: {self.text()}") from None

    def until(self, true: Callable[[], Any]) -> Any:
        """What `true` returns once it is something."""
        return WebDriverWait(
            self.driver, PATIENCE_SECONDS, poll_frequency=0.05, ignored_exceptions=[Exception]
        ).until(lambda _: true())

    def resize(self, width: int, height: int, scheme: str) -> None:
        """A window of that size, light or dark."""
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def screenshot(self, file: Path) -> None:
        """The window as a WebP file."""
        options = {"format": "webp", "quality": 60}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", options)
        file.write_bytes(base64.b64decode(shot["data"]))

    def print(self, file: Path) -> None:
        """The page as a PDF of A4."""
        paper = {"paperWidth": 8.27, "paperHeight": 11.69}
        printed = self.driver.execute_cdp_cmd("Page.printToPDF", paper)
        file.write_bytes(base64.b64decode(printed["data"]))

    def spoilt_on_paper(self) -> list[str]:
        """What of the page is of no use when it is printed on A4, or is cut off there."""
        self.resize(_A4_WIDTH, 1000, "light")
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        found: list[str] = self.driver.execute_script(_SPOILT)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        return found

    def complaints(self) -> list[str]:
        """What the browser complained of: errors of scripts, breaches of the policy."""
        return [
            str(entry["message"])
            for entry in self.driver.get_log("browser")
            if entry["level"] == "SEVERE"
        ]


@contextmanager
def driving(*flags: str) -> Iterator[Driven]:
    """A browser, ended with all of its processes; skips the test where there is none."""
    browser, program = find_browser(), shutil.which("chromedriver")
    if program is None:
        pytest.skip("no chromedriver here (Debian: apt-get install chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*_FLAGS, *flags):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service(program, log_output=subprocess.DEVNULL)
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield Driven(driver)
    finally:
        driver.quit()
