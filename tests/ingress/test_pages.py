"""The pages for visitors: their words, what they ask for, and what they may load."""

from __future__ import annotations

import re
import string

import msgspec
import pytest

from app.domain.org.org import OrgSettings
from app.domain.org.page_settings import PageSettings
from app.ingress.pages import correction_page, policy_for, stylesheet, thanks_page, trouble_page
from app.ingress.texts import Texts, read_texts
from tests.ingress.conftest import MakeSite, Site
from tests.ingress.test_endpoint_forms import submit

LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt")
NOTHING_SET = OrgSettings()
ENGLISH = read_texts()["en"]


def words(texts: Texts) -> dict[str, str]:
    """Every text by its key."""
    plain = msgspec.structs.asdict(texts)
    labels = plain.pop("labels")
    return plain | {f"labels.{name}": label for name, label in labels.items()}


def slots(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_languages_are_the_promised_ones() -> None:
    assert tuple(read_texts()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_complete(language: str) -> None:
    theirs, ours = words(read_texts()[language]), words(ENGLISH)

    assert theirs.keys() == ours.keys()
    assert {key: slots(text) for key, text in theirs.items()} == {
        key: slots(text) for key, text in ours.items()
    }
    assert all(text.strip() == text and text for text in theirs.values())
    if language != "en":
        same = [key for key, text in theirs.items() if text == ours[key]]
        assert len(same) <= 1, same


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_speaks_the_visitors_language(language: str) -> None:
    texts = read_texts()[language]
    thanks = thanks_page(NOTHING_SET, language, None, "gmail.com").html
    trouble = trouble_page(NOTHING_SET, language, "rate_limit_exceeded").html
    asked = correction_page(NOTHING_SET, language, {"email": "is required"}, {}).html

    for page, expected in ((thanks, texts.close), (trouble, texts.too_many), (asked, texts.send)):
        assert f'<html lang="{language}">' in page
        assert expected in page


def test_a_wrong_field_is_asked_for_by_the_right_input() -> None:
    typed: dict[str, str | list[str]] = {
        "phone": "1" * 99,
        "Your mail": "<b>ada",
        "note": "a\nb",
        "topic": ["x", "y"],
    }
    problems = {"email": "has no @", "phone": "has 99 characters: at most 50 can be kept"}

    page = correction_page(NOTHING_SET, None, problems, typed).html
    inputs = re.findall(r"<input [^>]*>", page)

    assert len(inputs) == 5
    first, second = inputs[:2]
    assert 'name="Your mail" value="&lt;b&gt;ada" type="email" autocomplete="email"' in first
    assert 'aria-invalid="true" aria-describedby="problem-1" autofocus' in first
    assert 'type="tel" autocomplete="tel"' in second
    assert "autofocus" not in second
    assert page.index(ENGLISH.bad_email) < page.index(ENGLISH.too_long)
    assert 'name="topic" value="y"' in inputs[4]


@pytest.mark.parametrize(
    ("problems", "text"),
    [
        ({"metadata": "has 20,000 bytes"}, ENGLISH.too_large),
        ({"metadata.a.b": "is too deep"}, ENGLISH.too_large),
        ({"Idempotency-Key": "was sent before"}, ENGLISH.trouble_text),
        ({"metadata": "has 20,000 bytes", "email": "is required"}, ENGLISH.required),
    ],
)
def test_what_no_field_can_correct_is_told_in_words(problems: dict[str, str], text: str) -> None:
    page = correction_page(NOTHING_SET, None, problems, {"message": "x"}).html
    assert text in page
    assert 'name="metadata' not in page


def test_an_orgs_name_colour_logo_and_words_are_on_its_pages() -> None:
    page = PageSettings(
        name="Acme <3",
        color="#ffd400",
        logo_url="https://cdn.acme.example/logo.svg",
        home_url="https://acme.example/",
        thanks_title="Bis bald!",
        thanks_text="Wir rufen an & freuen uns.",
    )
    settings = OrgSettings(page=page, allowed_origins=("https://acme.example",))
    shown = thanks_page(settings, "de", None, None)

    for part in ("Acme &lt;3", "Bis bald!", "Wir rufen an &amp; freuen uns.", "Zurück zu acme"):
        assert part in shown.html
    assert "img-src https://cdn.acme.example;" in shown.policy
    assert "frame-ancestors 'self' https://acme.example;" in shown.policy
    assert "--accent: #ffd400; --on-accent: #000000" in stylesheet(page)


def test_the_policy_allows_no_more_than_the_pages_need() -> None:
    settings = OrgSettings(redirect_targets=("https://a.example/thanks", "https://a.example/x/"))
    assert policy_for(settings) == (
        "default-src 'none'; style-src 'self'; img-src 'none';"
        " form-action 'self' https://a.example; frame-ancestors 'self'; base-uri 'none'"
    )


@pytest.mark.parametrize(
    ("referrer", "way_back"),
    [
        ("https://shop.example/contact?a=1", "https://shop.example/contact?a=1"),
        ("javascript:alert(1)", None),
        ("https://user@evil.example/", None),
        ("https://HOST/capture", None),
        ("https://[", None),
        (None, None),
    ],
)
def test_the_way_back_is_the_page_that_the_browser_tells(
    site: Site, referrer: str | None, way_back: str | None
) -> None:
    given = referrer and referrer.replace("HOST", site.host)
    reply = site(None, method="GET", path="/thanks", referer=given)

    links = re.findall(r'href="(http[^"]*)"', reply.body.decode())
    assert links == ([way_back] if way_back else [])
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert not re.findall(r"<style|<script|style=", reply.body.decode())


@pytest.mark.parametrize(
    ("email", "location", "suggested"),
    [
        ("ada@gmial.com", "/thanks?did_you_mean=gmail.com", "ada@gmail.com"),
        ("ada@gmail.com", "/thanks", None),
    ],
)
def test_a_mistyped_domain_is_asked_about(
    site: Site, email: str, location: str, suggested: str | None
) -> None:
    assert submit(site, [("email", email)]).headers["location"] == location
    assert site({"email": email}).json["data"].get("suggested_email") == suggested
    page = site(None, method="GET", path=location).body
    assert (b"gmail.com" in page) == bool(suggested)
    assert b"evil" not in site(None, method="GET", path="/thanks?did_you_mean=evil.example").body


def test_the_stylesheet_is_the_orgs_own(make_site: MakeSite) -> None:
    site = make_site(page=PageSettings(color="#123456"))
    page = site(None, method="GET", path="/thanks").body.decode()
    (address,) = re.findall(r'href="(/pages\.css\?[^"]*)"', page)

    style = site(None, method="GET", path=address)

    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert b"--accent: #123456" in style.body
