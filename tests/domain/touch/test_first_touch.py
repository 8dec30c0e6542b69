from __future__ import annotations

from typing import Any

import pytest

from app.domain.submission.submission import parse_fields

ANN = {"email": "ann@example.com"}
PAID = {"utm_source": "google", "utm_medium": "cpc"}


@pytest.mark.parametrize(
    ("sent", "touch", "source"),
    [
        ({"hidden": PAID}, PAID, "paid"),
        ({"payload": {"tracking": PAID}}, PAID, "paid"),
        ({"context": {"campaign": {"source": "google", "medium": "cpc", "name": "june"}}},
         {**PAID, "utm_campaign": "june"}, "paid"),
        ({"utm": {"source": "google", "medium": "cpc"}}, PAID, "paid"),
        ({"utm[source]": "google", "utm[medium]": "cpc"}, PAID, "paid"),
        ({"fields": [{"label": "utm_source", "value": "google"},
                     {"id": "utm_medium", "value": "cpc"}]},
         PAID, "paid"),
        ({"data.json": '{"utm_source": ["google"], "utm_medium": ["cpc"]}'}, PAID, "paid"),
        ({"UTM Source": "google", "utmMedium": "cpc"}, PAID, "paid"),
        ({"form_fields[field_utm_source]": "google", "hidden-utm-medium": "cpc"}, PAID, "paid"),
        ({"metadata": {"first": PAID}}, PAID, "paid"),
        ({"contact[email]": "x", "contact": PAID}, PAID, "paid"),
        ({"contact": {"a": 1}, "contact[utm_source]": "google", "contact.utm_medium": "cpc"}, PAID,
         "paid"),
        ({"page": {"url": "https://acme.example/?utm_source=google&utm_medium=cpc&x"}}, PAID,
         "paid"),
        ({"landing_page": "https://acme.example/?gclid=abc%00"}, {"gclid": "abc"}, "paid"),
        ({"lead": {"gcl_id": "abc"}}, {"gclid": "abc"}, "paid"),
        ({"hidden": {"ScCid": "s"}}, {"sccid": "s"}, "paid"),
        ({"a": {"b": {"li_fat_id": "x"}}}, {"li_fat_id": "x"}, "paid"),
        ({"hidden": {"fbclid": "IwAR"}}, {"fbclid": "IwAR"}, "social"),
        ({"hidden": {"utm_medium": "email"}, "fbclid": "x"},
         {"utm_medium": "email", "fbclid": "x"}, "email"),
        ({"utm_medium": "email", "hidden": PAID}, {"utm_medium": "email", "utm_source": "google"},
         "email"),
        ({"referrer": "https://acme.example/?gclid=x"}, {}, "referral"),
        ({"putm_source": "x", "utm_source_of": 7, "valid": "yes"}, {}, "organic"),
    ],
)  # fmt: skip
def test_the_first_touch_is_found_wherever_it_is(
    sent: dict[str, Any], touch: dict[str, str], source: str
) -> None:
    submission = parse_fields({**ANN, **sent})

    assert submission.metadata.items() >= touch.items()
    assert submission.source == source


@pytest.mark.parametrize(
    "click_id",
    [
        "gclid",
        "gbraid",
        "wbraid",
        "gad_source",
        "msclkid",
        "ttclid",
        "twclid",
        "li_fat_id",
        "rdt_cid",
        "epik",
        "sccid",
        "dclid",
    ],
)
def test_a_click_id_of_an_advertiser_is_paid(click_id: str) -> None:
    assert parse_fields({**ANN, click_id: "1"}).source == "paid"
    assert parse_fields({**ANN, "hidden": {click_id.upper(): "1"}}).source == "paid"


def test_parameters_are_not_raised_where_there_is_no_room() -> None:
    full = {f"key {i}": 0 for i in range(99)} | {"hidden": PAID}

    assert parse_fields({**ANN, "metadata": full}).metadata == full
    large = {"text": "x" * (16 * 1024 - 75), "hidden": PAID}
    assert parse_fields({**ANN, "metadata": large}).metadata == large
