"""What chatbots, schedulers and automations post, in shape; people and texts are made up."""

from tests.corpus.payload import json_payload

EVE = {"email": "eve@example.org", "first_name": "Eve", "last_name": "Tan"}

CHATBOTS = [
    json_payload(
        "chatbot: a user with attributes",
        {
            "event": "lead.captured",
            "agent": {"email": "staff@acme.example", "name": "Sam Staff"},
            "user": {"name": "Eve Tan", "email": "eve@example.org", "country": "SG"},
            "transcript": [{"role": "bot", "text": "Hi!"}, {"role": "user", "text": "Hello"}],
        },
        EVE,
        {"event": "lead.captured"},
    ),
    json_payload(
        "chatbot: flat names with dots",
        {"user.email": "eve@example.org", "user.name": "Eve Tan", "bot.name": "Helper"},
        EVE,
        {"bot.name": "Helper"},
    ),
    json_payload(
        "chatbot: names with colons",
        {"field:email": "eve@example.org", "field:first_name": "Eve", "field:last_name": "Tan"},
        EVE,
    ),
    json_payload(
        "chatbot: the address as a mail client writes it",
        {"email": "Eve Tan <mailto:Eve@Example.org>", "text": "call me"},
        EVE,
        {"text": "call me"},
    ),
    json_payload(
        "helpdesk: a contact item in a notification",
        {
            "type": "notification_event",
            "topic": "contact.created",
            "data": {
                "item": {
                    "type": "contact",
                    "id": "64",
                    "role": "lead",
                    "name": "Eve Tan",
                    "email": "eve@example.org",
                    "phone": None,
                    "owner_id": None,
                }
            },
        },
        EVE,
        {"topic": "contact.created"},
    ),
    json_payload(
        "scheduler: an invitee with questions, and hosts",
        {
            "event": "invitee.created",
            "payload": {
                "email": "eve@example.org",
                "first_name": "Eve",
                "last_name": "Tan",
                "questions_and_answers": [{"question": "Company?", "answer": "Tan Ltd"}],
                "scheduled_event": {"name": "Demo", "hosts": [{"user_email": "h@acme.example"}]},
            },
        },
        EVE,
        {"company": "Tan Ltd"},
    ),
    json_payload(
        "automation: keys as people label their columns",
        {
            "First Name": "Eve",
            "Last Name": "Tan",
            "E-mail": "eve@example.org",
            "Job Title": "CTO",
            "Phone Number": 6591234567,
            "Row ID": 17,
        },
        {**EVE, "title": "CTO", "phone": "6591234567"},
        {"Row ID": 17},
    ),
    json_payload(
        "automation: camel case, with names that a visitor may not set",
        {
            "firstName": "Eve",
            "lastName": "Tan",
            "emailAddress": "eve@example.org",
            "jobTitle": "CTO",
            "id": "cont_1",
            "stage": "customer",
            "owner_id": "u1",
        },
        {**EVE, "title": "CTO"},
        {"id": "cont_1", "stage": "customer", "owner_id": "u1"},
    ),
    json_payload(
        "automation: a spreadsheet row with questions for headings",
        {
            "Timestamp": "01/03/2026 10:00",
            "What is your name?": "Eve Tan",
            "What is your e-mail address?": "eve@example.org",
            "Anything else?": "",
        },
        EVE,
        {"Timestamp": "01/03/2026 10:00"},
    ),
    json_payload(
        "mailing list: merge fields in capitals",
        {
            "type": "subscribe",
            "data": {"email": "eve@example.org", "merges": {"FNAME": "Eve", "LNAME": "Tan"}},
        },
        EVE,
        {"type": "subscribe"},
    ),
    json_payload(
        "event platform: attendee with a profile",
        {
            "attendee": {
                "profile": {"name": "Eve Tan", "email": "eve@example.org"},
                "status": "OK",
            },
            "source": "Event",
        },
        {**EVE, "source": "event"},
    ),
    json_payload(
        "script of a page: our own names with the first touch",
        {
            "email": "eve@example.org",
            "first_name": "Eve",
            "last_name": "Tan",
            "metadata": {"utm_source": "google", "utm_medium": "cpc", "gclid": "Cj0"},
        },
        {**EVE, "source": "paid"},
        {"utm_source": "google", "utm_medium": "cpc", "gclid": "Cj0"},
    ),
    json_payload(
        "script of a page: parameters beside the fields",
        {"email": "eve@example.org", "utm_medium": "email", "utm_campaign": "june", "company": "T"},
        {"email": "eve@example.org", "source": "email"},
        {"utm_medium": "email", "utm_campaign": "june", "company": "T"},
    ),
    json_payload(
        "beacon of a page that is being left",
        {
            "email": "eve@example.org",
            "name": "Eve Tan",
            "_fill_ms": 4100,
            "referrer": "https://www.search.example/",
            "landing_page": "https://acme.example/",
        },
        {**EVE, "source": "referral"},
        {"referrer": "https://www.search.example/"},
        content_type="text/plain;charset=UTF-8",
    ),
    json_payload(
        "podcast page: a source of its own",
        {"email": "eve@example.org", "source": "podcast #12"},
        {"email": "eve@example.org", "source": "other", "source_detail": "podcast #12"},
    ),
    json_payload(
        "webshop: a customer with a default address",
        {
            "id": 7,
            "email": "eve@example.org",
            "first_name": "Eve",
            "last_name": "Tan",
            "phone": None,
            "orders_count": 0,
            "default_address": {"city": "Singapore"},
            "tags": "",
            "accepts_marketing": False,
        },
        EVE,
        {
            "id": 7,
            "orders_count": 0,
            "accepts_marketing": False,
            "default_address": {"city": "Singapore"},
        },
    ),
]
