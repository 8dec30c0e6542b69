"""Forms that are larger than what can be kept of them, in the shapes in which tools send them."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from tests.corpus.payload import URLENCODED, Payload, json_payload, multipart_payload
from tests.corpus.tool import EMAIL, FIRST, LAST, UTM, expect

EXPECTED, METADATA = expect("names", "company", "utm")
_KINDS = ("text", "choice", "number", "boolean", "url")
_ANSWERS: dict[str, object] = {
    "text": "We copy them by hand every morning",
    "choice": {"id": "ukk6bdKXJj23", "label": "Later this year", "ref": "later"},
    "number": 7,
    "boolean": True,
    "url": "https://engines.example",
}


def typeform(questions: int) -> Payload:
    """A `form_response`: definitions of all questions, then the answers that refer to them."""
    fields: list[dict[str, object]] = []
    answers: list[dict[str, object]] = []
    asked = [(_KINDS[i % 5], f"Question {i}: how do your teams work today?") for i in range(56)]
    own = [("text", "First name"), ("text", "Last name"), ("text", "Company"), ("email", "Email")]
    told = dict(zip((title for _, title in own), (FIRST, LAST, "Engines Ltd", EMAIL), strict=True))
    for number, (kind, title) in enumerate(asked[: questions - len(own)] + own):
        field = {"id": f"lT4Z3jQ{number:05}", "ref": f"d9dc40a8-7aea-4f6a-9305-3ee15b7{number:05}"}
        field["type"] = {"text": "short_text", "choice": "multiple_choice"}.get(kind, kind)
        fields.append({**field, "title": title, "properties": {}})
        if kind == "choice":
            labels = ("Within a month", "Later this year", "Not sure")
            fields[-1]["choices"] = [{"id": f"c{number}", "label": label} for label in labels]
        answers.append({"type": kind, kind: told.get(title, _ANSWERS.get(kind)), "field": field})
    response = {
        "form_id": "lT4Z3j",
        "token": "a3a12ec67a1365927098a606107fac15",
        "hidden": UTM,
        "definition": {"id": "lT4Z3j", "title": "Demo request", "fields": fields},
        "answers": answers,
    }
    sent = {"event_id": "01GRR", "event_type": "form_response", "form_response": response}
    return json_payload(f"Typeform: {questions} questions", sent, EXPECTED, METADATA)


def jotform(questions: int) -> Payload:
    """Multipart, with all answers once as a text for people and once as JSON in a text."""
    asked: dict[str, object] = {
        f"q{i}_howMany{i}": "With a spreadsheet, every week" for i in range(9, questions + 5)
    }
    own = {
        f"q{questions + 5}_fullName": {"first": FIRST, "last": LAST},
        f"q{questions + 6}_company": "Engines Ltd",
        f"q{questions + 7}_email": EMAIL,
    }
    raw = {"slug": "submit/61", "utm_source": "google", "utm_medium": "cpc", **asked, **own}
    pretty = ", ".join(f"How many {i}:With a spreadsheet, every week" for i in range(questions))
    fields = [("formID", "61"), ("submissionID", "5"), ("formTitle", "Demo"), ("pretty", pretty)]
    sent = [*fields, ("rawRequest", json.dumps(raw)), ("type", "WEB")]
    return multipart_payload(f"Jotform: {questions} fields", sent, EXPECTED, METADATA)


def gravity(questions: int) -> Payload:
    """A plain form post, a field each, in which the visitor's own stand far behind."""
    fields = {f"input_{i}": f"answer number {i}" for i in range(questions - 6)}
    own = {"First Name": FIRST, "Last Name": LAST, "Company": "Engines Ltd", "Email": EMAIL}
    body = urlencode({**fields, **own, **UTM}).encode()
    return Payload(f"Gravity Forms: {questions} fields", URLENCODED, body, EXPECTED, METADATA)


def flat_json(questions: int) -> Payload:
    """An object of one level, as automation tools make of such a form."""
    fields = {f"Question {i}": f"answer number {i}" for i in range(questions)}
    own = {"first_name": FIRST, "last_name": LAST, "company": "Engines Ltd", "email": EMAIL}
    return json_payload(f"JSON: {questions} fields", {**fields, **own, **UTM}, EXPECTED, METADATA)


def defined(definitions: int) -> Payload:
    """So many definitions that nothing behind them is read but what is wanted."""
    fields = [{"id": i, "title": f"Née {i}", "name": f"n{i}", "parts": []} for i in range(500)]
    own = {"first_name": FIRST, "last_name": LAST, "company": "Engines Ltd", "Email": EMAIL}
    sent = {"form": {"fields": fields[:definitions], "inside": own}, **UTM}
    return json_payload(f"JSON: {definitions} definitions", sent, EXPECTED, METADATA)


LARGE_FORMS = [
    defined(150),
    defined(500),
    typeform(40),
    typeform(60),
    jotform(80),
    gravity(600),
    gravity(640),
    flat_json(600),
    flat_json(880),
]
