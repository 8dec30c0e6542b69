"""Which form a capture came from, and which touches it tells: on the queue."""

from __future__ import annotations

import json

import pytest

from tests.ingress.conftest import Site

PAGE = "https://www.example.com/pricing"


@pytest.mark.parametrize(
    ("path", "sent", "referer", "form"),
    [
        ("/capture", {"form": "demo"}, PAGE, "demo"),
        ("/capture", {}, PAGE, "/pricing"),
        ("/capture", {}, "https://www.example.com/", None),
        ("/capture", {}, None, None),
        ("/capture?form=quote", {"form": "demo"}, PAGE, "quote"),
        ("/capture?a=b&form=two%20words", {}, None, "two words"),
        ("/capture?form=", {}, PAGE, "/pricing"),
        ("/capture?form=" + "x" * 101, {"form": "demo"}, None, "demo"),
        ("/capture?%ff&form=%00", {"form": "demo"}, None, "demo"),
    ],
)
def test_the_url_s_form_comes_before_the_field_s_and_that_before_the_page_s(
    site: Site, path: str, sent: dict[str, str], referer: str | None, form: str | None
) -> None:
    assert site({"email": "ada@example.com", **sent}, path=path, referer=referer).status == 202
    (capture,) = site.queued()
    assert capture.get("form") == form


def test_the_correction_page_of_ours_is_no_form(site: Site) -> None:
    site({"email": "ada@example.com"}, referer=f"https://{site.host}/capture")
    (capture,) = site.queued()
    assert "form" not in capture


def test_touches_of_a_beacon_are_kept_beside_the_lead(site: Site) -> None:
    touches = [{"at": "2026-03-16T12:00:00.123Z", "utm_source": "news", "other": 1}]
    lead = {"email": "ada@example.com", "_touches": touches, "_idempotency_key": "k"}
    for _ in range(2):
        site(json.dumps(lead).encode(), content_type="text/plain;charset=UTF-8")
    (capture,) = site.queued()
    assert capture["touches"] == [{"utm_source": "news", "at": "2026-03-16T12:00:00Z"}]
    assert "metadata" not in capture
