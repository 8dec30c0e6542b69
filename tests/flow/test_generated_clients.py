"""The document through other people's programs: generators, linters, verifiers; and its page."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from app.domain.delivery.signature import generate_secret, sign, sign_standard
from scripts.receiver import Receiver
from scripts.system.whole import WholeSystem
from tests.clients.npm import install_from_npm, install_from_pypi, run
from tests.flow.browsers import browsing
from tests.flow.systems import own_system

pytestmark = pytest.mark.all_only

CLIENTS = Path(__file__).resolve().parent.parent / "clients"
#: For one run of a generator, linter, compiler or walk.
RUN_SECONDS_MAX = 120
NARROW_PIXELS = 390

#: What they do to the org is not what others expect of it.
system = own_system


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what we need from npm."""
    return install_from_npm(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def document(system: WholeSystem, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The served document as a file."""
    file = tmp_path_factory.mktemp("document") / "openapi.json"
    file.write_bytes(urllib3.request("GET", f"{system.base_url}/openapi.yaml").data)
    return file


def test_redocly_has_nothing_to_say(node: Path, document: Path) -> None:
    redocly = str(node / "node_modules/.bin/redocly")
    command = [redocly, "lint", "--format=json", "--extends=recommended", str(document)]
    told = run(command, document.parent, seconds=RUN_SECONDS_MAX)
    report = json.loads(told[told.index("{\n") : told.rindex("}") + 1])
    assert report["problems"] == []


def test_spectral_has_nothing_to_say(node: Path, document: Path) -> None:
    rules = document.parent / "spectral.yaml"
    rules.write_text('extends: ["spectral:oas"]\n')
    spectral = str(node / "node_modules/.bin/spectral")
    command = [spectral, "lint", "--fail-severity=hint", "-r", str(rules), str(document)]
    assert "No results" in run(command, document.parent, seconds=RUN_SECONDS_MAX)


def test_a_client_by_openapi_python_client_walks_the_api(
    system: WholeSystem, document: Path, tmp_path: Path
) -> None:
    programs = install_from_pypi(tmp_path / "venv", "openapi-python-client==0.29.1")
    config = tmp_path / "config.yaml"
    config.write_text("post_hooks: []\n")
    generate = [
        *(str(programs / "openapi-python-client"), "generate", "--meta", "none"),
        *("--path", str(document), "--config", str(config)),
        *("--output-path", str(tmp_path / "rex_client")),
    ]
    run(generate, tmp_path, seconds=RUN_SECONDS_MAX)
    python = str(programs / "python")
    run([python, "-m", "compileall", "-q", "rex_client"], tmp_path, seconds=RUN_SECONDS_MAX)
    shutil.copy(CLIENTS / "walk.py", tmp_path)
    with Receiver() as receiver:
        walk = [python, "walk.py", system.base_url, str(system.api_key), receiver.url]
        run(walk, tmp_path, seconds=RUN_SECONDS_MAX)


def test_a_client_by_openapi_typescript_walks_the_api(
    system: WholeSystem, node: Path, document: Path
) -> None:
    def program(name: str, *arguments: str) -> None:
        run([str(node / "node_modules/.bin" / name), *arguments], node, seconds=RUN_SECONDS_MAX)

    (node / "package.json").write_text('{"private": true, "type": "module"}')
    program("openapi-typescript", str(document), "-o", "api.d.ts")
    shutil.copy(CLIENTS / "walk.ts", node)
    target = ("--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom,dom.iterable")
    program("tsc", "--strict", *target, "walk.ts")
    with Receiver() as receiver:
        walk = ["node", "walk.js", system.base_url, str(system.api_key), receiver.url]
        run(walk, node, seconds=RUN_SECONDS_MAX)


@pytest.mark.parametrize("own", [False, True])
def test_libraries_in_javascript_verify_what_we_sign(node: Path, own: bool) -> None:
    secret = "a-secret-of-our-own-choice" if own else generate_secret()
    body, now = b'{"id":"evt_1","type":"ping"}', int(time.time())
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign_standard(secret, "evt_1", now, body),
        "x-rex-signature": sign(secret, now, body),
    }
    given = {"secret": secret, "own": own, "body": body.decode(), "headers": headers}
    shutil.copy(CLIENTS / "verify.mjs", node)
    subprocess.run(
        ["node", "verify.mjs"], cwd=node, input=json.dumps(given), text=True, check=True, timeout=60
    )


#: Shows the page twice, wide and as narrow as a telephone, and reports what axe says of each.
LOOK = f"""<!doctype html><html lang="en"><title>look</title>
<iframe src="/docs" width="1280" height="900"></iframe>
<iframe src="/docs" width="{NARROW_PIXELS}" height="844"></iframe>
<script type="module">
  const found = []
  await new Promise((resolve) => addEventListener('load', resolve))
  for (const frame of document.querySelectorAll('iframe')) {{
    const page = frame.contentWindow, root = frame.contentDocument.documentElement
    const report = await page.axe.run(page.document)
    const told = report.violations.map(({{ id, nodes }}) => [id, nodes.length, nodes[0].html])
    found.push({{ violations: told, passes: report.passes.length, width: root.scrollWidth }})
  }}
  await fetch('/found', {{ method: 'POST', body: JSON.stringify(found) }})
</script>
"""


@pytest.fixture
def looking(node: Path, system: WholeSystem) -> Iterator[tuple[str, queue.Queue[Any]]]:
    """The address of a page that looks at /docs with axe, and where its findings arrive."""
    docs = urllib3.request("GET", f"{system.base_url}/docs").data
    found: queue.Queue[Any] = queue.Queue()
    pages = {
        "/": LOOK.encode(),
        "/docs": docs.replace(b"</body>", b'<script src="/axe.js"></script></body>'),
        "/axe.js": (node / "node_modules/axe-core/axe.min.js").read_bytes(),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(pages.get(self.path, b""))

        def do_POST(self) -> None:
            found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            kind = "text/javascript" if self.path.endswith(".js") else "text/html; charset=utf-8"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", found
    server.shutdown()
    server.server_close()


def test_the_reference_page_is_accessible_and_fits_a_telephone(
    browser: str, looking: tuple[str, queue.Queue[Any]], tmp_path: Path
) -> None:
    url, found = looking
    with browsing(browser, url, tmp_path / "profile"):
        wide, narrow = found.get(timeout=240)
    assert (wide["violations"], narrow["violations"]) == ([], [])
    assert min(wide["passes"], narrow["passes"]) > 10
    assert narrow["width"] <= NARROW_PIXELS
