"""FastPathBody HTML forms: where their visitor goes next, and what they see when something is
wrong."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.asgi import Reply
from tests.ingress.conftest import MakeSite, Site

FORM = "application/x-www-form-urlencoded"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
THANKS = "https://page.example/thanks"


def submit(site: Site, fields: list[tuple[str, str]], host: str | None = None) -> Reply:
    """Send a form as a browser does."""
    body = urlencode(fields).encode()
    return site(body, content_type=FORM, accept=BROWSER, host=host or site.host)


class Inputs(HTMLParser):
    """The inputs of a page in their order: name, value, type."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input":
            self.found.append((given["name"], given["value"], given.get("type", "text")))


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        (THANKS, THANKS),
        ("https://page.example/after/any", "https://page.example/after/any"),
        ("https://evil.example/", None),
        ("//evil.example/", None),
        ("https://page.example/after/../../x", None),
        ("javascript:alert(1)", None),
        (None, None),
    ],
)
def test_a_form_goes_on_to_a_listed_target_or_to_a_page_that_says_thanks(
    make_site: MakeSite, wanted: str | None, location: str | None
) -> None:
    site = make_site(redirect_targets=(THANKS, "https://page.example/after/"))
    redirect = [("_redirect", wanted)] if wanted else []

    reply = submit(site, [("email", "ada@example.com"), *redirect])

    if location:
        assert (reply.status, reply.headers["location"]) == (303, location)
    else:
        assert (reply.status, reply.headers["location"]) == (303, "/thanks")


def test_the_page_that_says_thanks_has_a_url_of_its_own_and_can_be_loaded_again(
    site: Site,
) -> None:
    for _ in range(2):
        reply = site(None, method="GET", path="/thanks")

        assert reply.status == 200
        assert reply.headers["content-type"].startswith("text/html")
        assert reply.headers["referrer-policy"] == "same-origin"
        assert reply.headers["x-request-id"]
        assert b"Thank you" in reply.body
    assert site.queued() == []


def test_an_invalid_form_is_shown_again_with_what_was_typed(site: Site) -> None:
    typed = [
        ("Your e-mail", 'ada at "home" <x>'),
        ("first_name", "Ada"),
        ("interest", "engines"),
        ("interest", "poetry"),
        ("message", "1 < 2 & \"so on\" 'ß'"),
        ("_gotcha", ""),
    ]
    reply = submit(site, typed)
    inputs = Inputs(reply.body).found

    assert reply.status == 422
    assert "has no @" in reply.body.decode()
    assert inputs[0] == ("Your e-mail", 'ada at "home" <x>', "text")
    assert [(name, value) for name, value, _ in inputs[1:]] == typed[1:5]
    assert {kind for *_, kind in inputs[1:]} == {"hidden"}
    corrected = [("Your e-mail", "ada@example.com"), *((n, v) for n, v, _ in inputs[1:])]
    assert submit(site, corrected).status == 303


def test_a_lead_with_a_file_is_taken_without_the_file(site: Site) -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@example.com\r\n'
        b'--B\r\nContent-Disposition: form-data; name="cv"; filename="cv.pdf"\r\n\r\nx\r\n--B--\r\n'
    )
    reply = site(body, content_type="multipart/form-data; boundary=B", accept=BROWSER)

    assert reply.status == 303
    assert [capture["email"] for capture in site.queued()] == ["ada@example.com"]
    assert site.queued()[0]["metadata"]["dropped_files"][0]["filename"] == "cv.pdf"


def test_what_is_wrong_with_no_field_is_a_readable_page_too(make_site: MakeSite) -> None:
    site = make_site(capture_rate_per_address=1)
    too_large = submit(site, [("email", "ada@example.com"), ("note", "x" * 70_000)])
    taken = submit(site, [("email", "ada@example.com")])
    limited = submit(site, [("email", "bob@example.com")])
    unknown = submit(site, [("email", "ada@example.com")], host="nobody.rex.test")

    assert [r.status for r in (too_large, taken, limited, unknown)] == [413, 303, 429, 404]
    assert int(limited.headers["retry-after"]) >= 1
    assert "Please wait" in limited.body.decode()
    assert "too large" in too_large.body.decode()
    for reply in (too_large, limited, unknown):
        assert not any(word in reply.body.decode() for word in ("caller", "capture", "KiB"))
        assert reply.headers["content-type"].startswith("text/html")
        assert reply.headers["x-request-id"]


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_a_script_that_sends_a_form_gets_json(site: Site, accept: str) -> None:
    body = b"email=ada%40example.com&metadata[utm_source]=x&utm_medium=cpc"
    reply = site(body, content_type=FORM, accept=accept)

    assert reply.status == 202
    assert reply.json["data"]["source"] == "paid"
    assert dict(parse_qsl(body.decode()))["email"] == reply.json["data"]["email"]


def test_json_under_a_forms_content_type_is_json(site: Site) -> None:
    # What `curl -d '{...}'` sends.
    body = b'{"email": "Ada@Example.com", "first_name": "a&b=c"}'
    reply = site(body, content_type=FORM, accept="*/*")

    assert reply.status == 202
    assert reply.json["data"]["email"] == "ada@example.com"
    assert reply.json["data"]["first_name"] == "a&b=c"
