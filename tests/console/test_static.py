"""What is sent beside the pages."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.console.static_files import url_of
from app.domain.org.org import Org
from tests.asgi import Client

STATIC = Path(__file__).parents[2] / "app" / "console" / "static"
#: Of htmx 2.0.11 as its package on npm has it (dist/htmx.min.js); its licence lies beside it.
HTMX_SHA256 = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
STYLE_BYTES_MAX = 18 * 1024


def test_htmx_is_the_one_that_was_reviewed() -> None:
    content = (STATIC / "htmx-2.0.11.min.js").read_bytes()
    assert hashlib.sha256(content).hexdigest() == HTMX_SHA256
    assert "Zero-Clause BSD" in (STATIC / "htmx-2.0.11.LICENSE.txt").read_text()


def test_the_style_is_small_and_knows_both_schemes() -> None:
    style = (STATIC / "console.css").read_text()
    assert len(style.encode()) <= STYLE_BYTES_MAX
    assert "light-dark(" in style
    assert "prefers-reduced-motion" in style


def test_files_are_kept_by_browsers_for_as_long_as_they_do_not_change(
    client: Client, org: Org
) -> None:
    for name, kind in (("console.css", "text/css"), ("console.js", "text/javascript")):
        reply = client("GET", url_of(name))
        assert reply.status == 200
        assert reply.headers["content-type"].startswith(kind)
        assert "immutable" in reply.headers["cache-control"]
    assert client("GET", "/console/static/000000000000/console.css").status == 404
