"""`GET /rex.js`: how it is served, and how small it is."""

from __future__ import annotations

import gzip

import brotli
import pytest

from app.ingress.script import SOURCE
from tests.ingress.conftest import MakeSite, Site

BYTES_MAX = 3_000


def test_the_script_is_small_enough_for_any_page() -> None:
    source = SOURCE.read_bytes()
    sizes = {
        "raw": len(source),
        "gzip": len(gzip.compress(source, 9)),
        "brotli": len(brotli.compress(source)),
    }
    print(sizes)
    assert sizes["brotli"] <= BYTES_MAX


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("", None), ("gzip, deflate, br", "gzip"), ("gzip;q=0, br", None), ("identity", None)],
)
def test_a_page_of_any_origin_gets_it_and_asks_again_with_its_etag(
    site: Site, accepted: str, encoding: str | None
) -> None:
    reply = site(None, method="GET", path="/rex.js", accept_encoding=accepted)
    assert reply.status == 200
    assert reply.headers.get("content-encoding") == encoding
    assert (gzip.decompress(reply.body) if encoding else reply.body) == SOURCE.read_bytes()
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.headers["cache-control"].startswith("public, max-age=")

    etag = reply.headers["etag"]
    assert etag.startswith('"')
    for known, status in ((etag, 304), (f'"a", {etag}', 304), ('"a"', 200)):
        again = site(
            None, method="GET", path="/rex.js", accept_encoding=accepted, if_none_match=known
        )
        assert (again.status, again.headers["etag"]) == (status, etag)


def test_an_unknown_host_has_no_script(make_site: MakeSite) -> None:
    reply = make_site()(None, method="GET", path="/rex.js", host="nobody.rex.test")
    assert reply.status == 404
    assert reply.headers["access-control-allow-origin"] == "*"
