"""Real submissions, also those that look odd."""

from __future__ import annotations

from tests.corpus.spam.kinds import BROWSER, PLAIN, Kind

NAMED = {"email": "{mail}", "first_name": "{first}", "last_name": "{last}"}
_TEXT = (
    "Hello, we are {trade} with {number} people in {place} and would like to know more about"
    " {product}. Could someone call me on Tuesday?"
)
_SERVER = PLAIN._replace(language=False, page=False, fill_ms=None, address="198.51.100.7")

REAL = (
    Kind("newsletter", {"email": "{mail}"}, PLAIN),
    Kind("name and address", NAMED),
    Kind("inquiry", NAMED | {"message": _TEXT, "phone": "+44 20 {digits}"}),
    Kind("own website", NAMED | {"website": "https://www.{word}.com", "message": _TEXT}),
    Kind(
        "link in the text",
        NAMED | {"message": "Our shop is https://{word}.com, can {product} be built into it?"},
    ),
    Kind(
        "two links in the text",
        NAMED
        | {
            "message": "We have https://{word}.de and https://{word}.at. Does one licence of"
            " {product} cover both, or does each need its own?"
        },
    ),
    Kind(
        "filled in by the browser",
        NAMED | {"phone": "+1 555 {digits}"},
        BROWSER._replace(fill_ms=(900, 2500)),
    ),
    Kind("one word", NAMED | {"message": "Pricing"}),
    Kind(
        "in capitals",
        {
            "email": "{mail}",
            "name": "{first} {last}",
            "message": "PLEASE SEND ME A QUOTE FOR {number} PIECES OF THE BLUE ONE TO {place}",
        },
    ),
    Kind(
        "lower case",
        {"email": "{mail}", "name": "{first}", "message": "hi can u call me back re {product} thx"},
    ),
    Kind(
        "integration",
        NAMED | {"form_name": "Contact us", "message": _TEXT},
        _SERVER._replace(user_agent="axios/1.7.2"),
    ),
    Kind(
        "fair stand",
        NAMED | {"company": "{word} Ltd", "interest": "{product}"},
        BROWSER._replace(address="192.0.2.50"),
    ),
    Kind(
        "text written already",
        NAMED
        | {
            "message": "I am interested in the flat in Garden Street 12 and would like to arrange a viewing."
        },
    ),
    Kind("plus address", {"email": "{word}+news@gmail.com", "name": "{first} {last}"}),
    Kind(
        "throwaway address",
        {"email": "{word}@mailinator.com", "name": "{first} {last}", "message": _TEXT},
    ),
)
#: Not looked at while the signals were chosen.
REAL_HELD_OUT = (
    Kind(
        "German inquiry",
        NAMED
        | {
            "nachricht": "Guten Tag, wir sind {number} Leute in {place} und suchen einen Ersatz für unsere alte Anlage. Was kostet {product} im Jahr, und gibt es eine Rechnung?"
        },
    ),
    Kind(
        "Japanese inquiry",
        NAMED
        | {
            "message": "お世話になっております。{place}の田中と申します。{product}の料金について教えていただけますでしょうか。"
        },
    ),
    Kind(
        "Russian inquiry",
        NAMED
        | {
            "message": "Здравствуйте! Интересует {product}, подскажите цену и сроки доставки в {place}. Спасибо."
        },
    ),
    Kind(
        "job profile",
        NAMED
        | {
            "linkedin_url": "https://www.linkedin.com/in/{word}",
            "message": "I saw the position in {place}. My portfolio is at https://{word}.com/work and I could start in June.",
        },
    ),
    Kind(
        "bug report",
        NAMED
        | {
            "message": "Since yesterday the export of {product} fails with <Error 500>. I get"
            " {{'code': 12}} and a blank page. See https://status.{word}.com."
        },
    ),
    Kind(
        "quote by a marketer",
        NAMED
        | {
            "message": "We are an agency and look after {number} clients. We need {product} for lead capture; our clients come mostly from search engine optimisation and paid ads."
        },
    ),
)
REAL_BY_HAND = (
    {"email": "tom@northwind.co.uk", "name": "Tom", "message": "Do you ship to the Isle of Man?"},
    {
        "email": "j.qvist@telia.se",
        "name": "Jörgen Qvist",
        "message": "What's the best price for 40?",
    },
    {
        "email": "mcx@fzj-juelich.de",
        "name": "M. C. X. Wright",
        "message": "Is there an academic discount code?",
    },
    {"email": "lwdjkt@gmail.com", "name": "Lwandile Dlamini", "message": "Can I pay per month?"},
    {"email": "a.b@web.de", "name": "A B", "message": "Bitte um Rückruf. 0170 1234567"},
    {"email": "nqobile.mkhize@ukzn.ac.za", "name": "Nqobile Mkhize", "phone": "call me: 031 260"},
    {
        "email": "info@gasthof-krone.at",
        "name": "Gasthof Krone",
        "message": "Suchen Kassensystem für 3 Standorte, https://gasthof-krone.at",
    },
    {
        "email": "sales@bike-shop.com",
        "name": "Bike Shop Ltd.",
        "message": "Reseller terms please. www.bike-shop.com",
    },
    {
        "email": "r2d2@gmail.com",
        "name": "Arthur",
        "message": "Cheap is not what we need, reliable is. Which plan?",
    },
    {
        "email": "zbfkjw@tu-berlin.de",
        "name": "Zbigniew F.",
        "message": "Frage zur API: geht das auch ohne Schlüssel?",
    },
)
