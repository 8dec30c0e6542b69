"""Every snippet of docs/sending.md, run as its reader would run it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from scripts.client import Rex
from scripts.system.whole import WholeSystem
from tests.clients.npm import PAGE_PACKAGES, install_from_npm, run
from tests.flow.browsers import driven, find_browser
from tests.flow.pages import Pages
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENTS = ROOT / "tests" / "clients"
PATIENCE_SECONDS = 60.0
FENCE = re.compile(r"^```(\w+)(?: ([\w-]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Snippets by name: what they are written in, and their text.
SNIPPETS = {
    name: (language, text)
    for language, name, text in FENCE.findall((ROOT / "docs" / "sending.md").read_text())
}

FORMS = {"rex": "demo-request", "honeypot": "quote"}
COMPONENTS = {"react": "jsx", "vue": "vue"}
TOOLS = ("wordpress", "webflow", "typeform", "chatbot")
PROGRAMS = ("curl", "python", "php")
#: Those that have a test of their own.
OTHERS = (
    *("plain", "redirect", "redirect-target", "rex-capture", "rex-consent", "fetch", "beacon"),
    *("htmx", "look", "pow"),
)


class Reader(NamedTuple):
    """Somebody who pastes snippets into a page of theirs."""

    rex: Rex
    pages: Pages
    chrome: Chrome

    def paste(self, name: str, email: str, before: str = "") -> None:
        """Open a page with the snippet."""
        page = self.filled_in(SNIPPETS[name][1], email)
        self.pages.page = f"<!doctype html><title>{name}</title>{before}{page}"
        self.chrome.get(f"{self.pages.url}/{name}?utm_source=docs")

    def filled_in(self, text: str, email: str) -> str:
        """A snippet with this system's hosts, and with an address that no other test has."""
        text = text.replace("https://acme.example.com", self.rex.base_url)
        text = text.replace("https://www.example.com", self.pages.url)
        return text.replace("ada@example.com", email).replace("order-1815", email)

    def find(self, selector: str) -> WebElement:
        eventually(
            lambda: bool(self.chrome.find_elements(By.CSS_SELECTOR, selector)), PATIENCE_SECONDS
        )
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def send(self, email: str) -> None:
        self.find("[type=email]").send_keys(email)
        self.find("button").click()

    def contact(self, email: str) -> Any:
        """The contact with that address, once there is one."""
        found: list[Any] = []

        def is_recorded() -> bool:
            found[:] = self.rex.request("GET", f"/contacts?email={email}")[1]["data"]
            return bool(found)

        eventually(is_recorded, PATIENCE_SECONDS)
        return found[0]


@pytest.fixture(scope="module")
def reader(system: WholeSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    profile = tmp_path_factory.mktemp("profile")
    with Pages() as pages, driven(find_browser(), profile) as chrome:
        yield Reader(Rex(system.base_url, system.api_key), pages, chrome)


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex}@example.com"


def test_every_snippet_has_a_name_and_a_test() -> None:
    assert sorted(SNIPPETS) == sorted([*FORMS, *COMPONENTS, *TOOLS, *PROGRAMS, *OTHERS])


@pytest.mark.parametrize("name", FORMS)
def test_a_form_with_rex_js(reader: Reader, email: str, name: str) -> None:
    reader.paste(name, email)
    reader.send(email)
    eventually(lambda: "Thank you" in reader.find("[role=status]").text, PATIENCE_SECONDS)
    contact = reader.contact(email)
    assert contact["form"] == FORMS[name]
    assert contact["attribution"]["first"]["utm_source"] == "docs"


def test_the_same_form_posts_by_itself_without_javascript(reader: Reader, email: str) -> None:
    disabled = "Emulation.setScriptExecutionDisabled"
    reader.chrome.execute_cdp_cmd(disabled, {"value": True})
    try:
        reader.paste("rex", email)
        reader.send(email)
        eventually(lambda: reader.chrome.title == "Thank you", PATIENCE_SECONDS)
    finally:
        reader.chrome.execute_cdp_cmd(disabled, {"value": False})
    reader.contact(email)


@pytest.mark.parametrize("is_ready", [False, True], ids=["in a hurry", "with a proof already"])
def test_a_form_with_rex_js_and_a_proof_of_work(reader: Reader, email: str, is_ready: bool) -> None:
    assert reader.rex.request("PATCH", "/org", {"spam_mode": "require-pow"})[0] == 200
    try:
        reader.paste("pow", email)
        if is_ready:  # it is begun with the focus, and takes as long as another one
            reader.find("[type=email]").click()
            reader.chrome.execute_async_script("rexProof().then(arguments[0])")
        reader.send(email)
        eventually(lambda: "Thank you" in reader.find("[role=status]").text, PATIENCE_SECONDS)
        assert reader.contact(email)["form"] == "offer"  # and not in quarantine
    finally:
        reader.rex.request("PATCH", "/org", {"spam_mode": "monitor"})


def test_a_plain_form_and_one_with_a_redirect(reader: Reader, email: str) -> None:
    reader.paste("plain", email)
    reader.send(email)
    eventually(lambda: reader.chrome.title == "Thank you", PATIENCE_SECONDS)
    assert reader.contact(email)["form"] == "contact"

    run_shell(reader, "redirect-target", email)
    reader.paste("redirect", email)
    reader.send(f"2{email}")
    eventually(lambda: reader.chrome.current_url.endswith("/thanks"), PATIENCE_SECONDS)
    assert reader.chrome.current_url == f"{reader.pages.url}/thanks"
    reader.contact(f"2{email}")


def test_rex_capture(reader: Reader, email: str) -> None:
    reader.paste("rex-capture", email)
    reader.find("#news").send_keys(email)
    reader.find("#join").click()
    assert reader.contact(email)["form"] == "newsletter"


def test_rex_consent(reader: Reader, email: str) -> None:
    kept = "return localStorage['rex.touches']"
    reader.paste("rex-consent", email)
    reader.find("#accept").click()
    assert "docs" in reader.chrome.execute_script(kept)
    reader.find("#reject").click()
    assert reader.chrome.execute_script(kept) is None


def test_fetch_and_a_beacon(reader: Reader, email: str) -> None:
    reader.paste("fetch", email)
    assert reader.contact(email)["form"] == "demo-request"
    reader.paste("beacon", f"2{email}")
    reader.chrome.get("about:blank")
    assert reader.contact(f"2{email}")["form"] == "abandoned-cart"


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_s_webhook(reader: Reader, email: str, name: str) -> None:
    sent = json.loads(reader.filled_in(SNIPPETS[name][1], email))
    path = f"/capture?form={name}"
    assert reader.rex.request("POST", path, sent, keyed=False)[0] == 202
    contact = reader.contact(email)
    assert (contact["first_name"], contact["form"]) == ("Ada", name)


def run_shell(reader: Reader, name: str, email: str) -> Any:
    """What a shell snippet answers."""
    if shutil.which("curl") is None:
        pytest.skip("no curl here (Debian: apt-get install curl)")
    command = reader.filled_in(SNIPPETS[name][1], email)
    key = str(reader.rex.request("POST", "/apikeys", {"scope": "read-write"})[1]["key"])
    done = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "REX_API_KEY": key},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["data"]


def test_curl_and_a_look_at_what_came(reader: Reader, email: str) -> None:
    answered = run_shell(reader, "curl", email)
    contact = reader.contact(email)
    assert (answered["id"], contact["form"]) == (contact["id"], "checkout")
    assert run_shell(reader, "look", email)[0]["email"] == email


def test_python(reader: Reader, email: str) -> None:
    program = reader.filled_in(SNIPPETS["python"][1], email)
    printed = run([sys.executable, "-I", "-c", program], ROOT, seconds=PATIENCE_SECONDS)
    assert printed.strip() == reader.contact(email)["id"]


def test_php(reader: Reader, email: str) -> None:
    php = shutil.which("php")
    if php is None:
        pytest.skip("no php here (Debian: apt-get install php-cli): only parsed, with --all")
    program = reader.filled_in(SNIPPETS["php"][1], email)
    done = subprocess.run([php], input=program, capture_output=True, text=True, timeout=60)
    assert done.stdout == reader.contact(email)["id"], done.stderr


@pytest.fixture(scope="module")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_from_npm(tmp_path_factory.mktemp("node"), PAGE_PACKAGES)


@pytest.mark.all_only
@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component(reader: Reader, email: str, name: str, node_folder: Path) -> None:
    snippet = node_folder / f"{name}.{COMPONENTS[name]}"
    snippet.write_text(SNIPPETS[name][1])
    bundle = node_folder / f"{name}.js"
    run(["node", str(CLIENTS / "bundle.mjs"), str(snippet), str(bundle)], node_folder, seconds=60)
    reader.pages.files["/bundle.js"] = bundle
    urls = (f"{reader.rex.base_url}/rex.js", "/bundle.js")
    scripts = "".join(f'<script src="{url}" defer></script>' for url in urls)
    reader.pages.page = f'<!doctype html><div id="app"></div>{scripts}'
    reader.chrome.get(f"{reader.pages.url}/{name}")
    reader.send(email)
    eventually(lambda: "Thank you" in reader.find("[role=status]").text, PATIENCE_SECONDS)
    assert reader.contact(email)["form"] == "demo-request"


@pytest.mark.all_only
def test_htmx(reader: Reader, email: str, node_folder: Path) -> None:
    reader.pages.files["/htmx.js"] = node_folder / "node_modules/htmx.org/dist/htmx.min.js"
    reader.paste("htmx", email, before='<script src="/htmx.js"></script>')
    reader.send(email)
    eventually(lambda: "Thank you" in reader.find("[role=status]").text, PATIENCE_SECONDS)
    assert reader.contact(email)["form"] == "demo-request"


@pytest.mark.all_only
def test_php_can_be_parsed(node_folder: Path) -> None:
    parse = "const {Engine} = require('php-parser'); new Engine({}).parseCode(process.argv[1])"
    run(["node", "-e", parse, SNIPPETS["php"][1]], node_folder, seconds=60)
    with pytest.raises(AssertionError, match="Parse Error"):
        run(["node", "-e", parse, SNIPPETS["php"][1] + "("], node_folder, seconds=60)
