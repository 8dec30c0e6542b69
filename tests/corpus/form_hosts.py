"""Hosted forms and surveys, by the shapes in their documentation; people and texts are made up.

Typeform "Webhooks: example payload", Tally "Webhooks", Fillout "Send form submissions to a
webhook", Jotform "How to set up webhooks", Wufoo "Webhook payload", Formstack "WebHooks",
Cognito Forms "JSON data", Paperform "Webhooks", HeyForm "Webhook", SurveyMonkey, Google Forms, and
the hosts of plain HTML forms (Netlify, Formspree, Basin, Getform, Formcarry, Web3Forms, …).
"""

import json

from tests.corpus.tool import COMPANY, EMAIL, FIRST, LAST, PHONE, TITLE, UTM, form, parts, tool

FLAT = {"name": "Ada Byron", "email": EMAIL, "phone": PHONE, "company": COMPANY, "message": "Hello"}
ANSWERS = [
    ("First name", FIRST),
    ("Last name", LAST),
    ("Phone number", PHONE),
    ("Company", COMPANY),
]

FORM_HOSTS = [
    tool(
        "Typeform",
        {
            "event_id": "01",
            "event_type": "form_response",
            "form_response": {
                "form_id": "lT4Z3j",
                "hidden": UTM,
                "definition": {
                    "id": "lT4Z3j",
                    "title": "Talk to us",
                    "fields": [
                        *(
                            {
                                "id": f"q{i}",
                                "ref": f"r{i}",
                                "type": "short_text",
                                "title": f"Your {label}?",
                            }
                            for i, (label, _) in enumerate(ANSWERS)
                        ),
                        {
                            "id": "qe",
                            "ref": "re",
                            "type": "email",
                            "title": "Where do we write to?",
                        },
                    ],
                },
                "answers": [
                    *(
                        {
                            "type": "text",
                            "text": text,
                            "field": {"id": f"q{i}", "type": "short_text"},
                        }
                        for i, (_, text) in enumerate(ANSWERS)
                    ),
                    {"type": "email", "email": EMAIL, "field": {"id": "qe", "type": "email"}},
                ],
            },
        },
        "names",
        "phone",
        "company",
        "utm",
    ),
    tool(
        "Typeform: contact info block",
        {
            "form_response": {
                "answers": [
                    {
                        "type": "text",
                        "text": "Ada",
                        "field": {"ref": "x", "type": "short_text", "title": "First name"},
                    },
                    {
                        "type": "text",
                        "text": "Byron",
                        "field": {"ref": "y", "type": "short_text", "title": "Last name"},
                    },
                    {
                        "type": "phone_number",
                        "phone_number": PHONE,
                        "field": {"type": "phone_number"},
                    },
                    {"type": "email", "email": EMAIL, "field": {"type": "email"}},
                    {
                        "type": "choice",
                        "choice": {"label": "Analyst"},
                        "field": {"title": "Job title"},
                    },
                ]
            }
        },
        "names",
        "phone",
        "title",
    ),
    tool(
        "Tally",
        {
            "eventId": "e",
            "eventType": "FORM_RESPONSE",
            "data": {
                "formName": "Demo",
                "fields": [
                    {
                        "key": "question_a",
                        "label": "Full name",
                        "type": "INPUT_TEXT",
                        "value": "Ada Byron",
                    },
                    {
                        "key": "question_b",
                        "label": "Work email",
                        "type": "INPUT_EMAIL",
                        "value": EMAIL,
                    },
                    {
                        "key": "question_c",
                        "label": "Phone",
                        "type": "INPUT_PHONE_NUMBER",
                        "value": PHONE,
                    },
                    {
                        "key": "question_d",
                        "label": "Company name",
                        "type": "INPUT_TEXT",
                        "value": COMPANY,
                    },
                    {
                        "key": "question_e",
                        "label": "utm_source",
                        "type": "HIDDEN_FIELDS",
                        "value": "google",
                    },
                    {
                        "key": "question_f",
                        "label": "utm_medium",
                        "type": "HIDDEN_FIELDS",
                        "value": "cpc",
                    },
                ],
            },
        },
        "names",
        "phone",
        "company",
        "utm",
    ),
    tool(
        "Fillout",
        {
            "formId": "f",
            "formName": "Demo",
            "submission": {
                "submissionId": "s",
                "questions": [
                    {"id": "1", "name": "First name", "type": "ShortAnswer", "value": FIRST},
                    {"id": "2", "name": "Last name", "type": "ShortAnswer", "value": LAST},
                    {"id": "3", "name": "Email", "type": "EmailInput", "value": EMAIL},
                    {"id": "4", "name": "Phone", "type": "PhoneNumber", "value": PHONE},
                ],
                "urlParameters": [
                    {"id": "utm_source", "name": "utm_source", "value": "google"},
                    {"id": "utm_medium", "name": "utm_medium", "value": "cpc"},
                ],
            },
        },
        "names",
        "phone",
        "utm",
    ),
    parts(
        "Jotform: webhook",
        {
            "formID": "230",
            "webhookURL": "https://acme.example",
            "pretty": "Name:Ada Byron",
            "rawRequest": json.dumps(
                {
                    "slug": "submit/230",
                    "q3_name": {"first": FIRST, "last": LAST},
                    "q4_email": EMAIL,
                    "q5_phoneNumber": {"full": PHONE},
                    "q6_company": COMPANY,
                }
            ),
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "Jotform: API",
        {
            "formID": "230",
            "answers": {
                "3": {
                    "name": "name",
                    "text": "Name",
                    "type": "control_fullname",
                    "answer": {"first": FIRST, "last": LAST},
                    "prettyFormat": "Ada Byron",
                },
                "4": {"name": "email", "text": "E-mail", "type": "control_email", "answer": EMAIL},
                "5": {
                    "name": "phoneNumber",
                    "text": "Phone",
                    "type": "control_phone",
                    "answer": {"area": "020", "phone": "79460000"},
                },
            },
        },
        "names",
        phone="020 79460000",
    ),
    form(
        "Wufoo",
        {
            "Field1": FIRST,
            "Field2": LAST,
            "Field3": EMAIL,
            "Field4": PHONE,
            "Field5": COMPANY,
            "FieldStructure": json.dumps(
                {
                    "Fields": [
                        {
                            "Title": "Name",
                            "Type": "shortname",
                            "ID": "Field1",
                            "SubFields": [
                                {"ID": "Field1", "Label": "First"},
                                {"ID": "Field2", "Label": "Last"},
                            ],
                        },
                        {"Title": "Email", "Type": "email", "ID": "Field3"},
                        {"Title": "Phone Number", "Type": "phone", "ID": "Field4"},
                        {"Title": "Company", "Type": "text", "ID": "Field5"},
                    ]
                }
            ),
            "HandshakeKey": "k",
            "EntryId": "7",
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Formstack: values as text",
        {
            "FormID": "1",
            "UniqueID": "2",
            "Name": "first = Ada\nlast = Byron",
            "Email": EMAIL,
            "Phone": PHONE,
            "Company": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "Formstack: JSON",
        {
            "FormID": "1",
            "UniqueID": "2",
            "Name": {"value": {"first": FIRST, "last": LAST}, "type": "name"},
            "Email": {"value": EMAIL, "type": "email"},
            "Phone": {"value": PHONE, "type": "phone"},
        },
        "names",
        "phone",
    ),
    tool(
        "Cognito Forms",
        {
            "Form": {"Id": "1", "Name": "Contact"},
            "Name": {"First": FIRST, "Last": LAST, "FirstAndLast": "Ada Byron"},
            "Email": EMAIL,
            "Phone": PHONE,
            "Entry": {"Number": 7},
        },
        "names",
        "phone",
    ),
    tool(
        "Paperform",
        {
            "form_id": "p",
            "submission_id": "s",
            "data": [
                {"title": "Name", "type": "text", "key": "a1", "value": "Ada Byron"},
                {"title": "Email", "type": "email", "key": "a2", "value": EMAIL},
                {"title": "Phone", "type": "phone", "key": "a3", "value": PHONE},
                {"title": "Company", "type": "text", "key": "a4", "value": COMPANY},
            ],
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "HeyForm",
        {
            "formId": "h",
            "answers": [
                {
                    "id": "1",
                    "title": "Your name",
                    "kind": "full_name",
                    "value": {"firstName": FIRST, "lastName": LAST},
                },
                {"id": "2", "title": "Email", "kind": "email", "value": EMAIL},
                {"id": "3", "title": "Phone", "kind": "phone_number", "value": PHONE},
            ],
        },
        "names",
        "phone",
    ),
    tool(
        "SurveyMonkey",
        {
            "object_type": "response",
            "resources": {"response_id": "1"},
            "contact": {"first_name": FIRST, "last_name": LAST, "email": EMAIL},
        },
        "names",
    ),
    tool(
        "Google Forms by Apps Script",
        {
            "Timestamp": "1/2/2026",
            "Email Address": [EMAIL],
            "Your name": ["Ada Byron"],
            "Phone number": [PHONE],
            "Company": [COMPANY],
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "Zoho Forms",
        {
            "Name": {"First": FIRST, "Last": LAST},
            "Email": EMAIL,
            "PhoneNumber": PHONE,
            "ADDED_TIME": "x",
        },
        "names",
        "phone",
    ),
    tool(
        "Microsoft Forms by Power Automate",
        {
            "responder": "x",
            "First name": FIRST,
            "Surname": LAST,
            "Email address": EMAIL,
            "Mobile": PHONE,
        },
        "names",
        "phone",
    ),
    tool(
        "Netlify Forms",
        {
            "number": 7,
            "title": None,
            "email": EMAIL,
            "name": "Ada Byron",
            "form_name": "contact",
            "first_name": FIRST,
            "last_name": LAST,
            "company": COMPANY,
            "data": {"email": EMAIL, "phone": PHONE, "ip": "192.0.2.1"},
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "Formspree",
        {"form": "f/1", "submission": {**FLAT, "_date": "2026"}},
        "names",
        "phone",
        "company",
    ),
    tool(
        "Basin",
        {"webhook_trigger": "new", "form_id": "1", "data": FLAT},
        "names",
        "phone",
        "company",
    ),
    tool("Getform", {**FLAT, "submissionDate": "2026"}, "names", "phone", "company"),
    parts("Formcarry", FLAT, "names", "phone", "company"),
    form("Web3Forms", {"access_key": "k", "subject": "New", **FLAT}, "names", "phone", "company"),
    tool("FormSubmit", {"form_data": FLAT}, "names", "phone", "company"),
    tool(
        "FormBackend",
        {"submission": {"values": FLAT, "form": {"name": "Contact"}}},
        "names",
        "phone",
        "company",
    ),
    tool(
        "Formium",
        {"submit": {"id": "1", "data": FLAT}, "form": {"name": "Beta"}},
        "names",
        "phone",
        "company",
    ),
    tool(
        "Formless",
        {
            "event": "form.submission",
            "data": {
                "answers": [
                    {
                        "questionId": "1",
                        "questionLabel": "What is your name?",
                        "value": "Ada Byron",
                    },
                    {"questionId": "2", "questionLabel": "What is your email?", "value": EMAIL},
                    {"questionId": "3", "questionLabel": "Phone", "value": PHONE},
                ]
            },
        },
        "names",
        "phone",
    ),
    tool(
        "123FormBuilder",
        {
            "formId": 1,
            "entry": [
                {"label": "First name", "content": "-", "value": FIRST},
                {"label": "Last name", "value": LAST},
                {"label": "Email", "value": EMAIL},
                {"label": "Job title", "value": TITLE},
            ],
        },
        "names",
        "title",
    ),
    tool(
        "Feathery",
        {
            "form_name": "Intake",
            "user_id": "1",
            "fields": [
                {"id": "FirstName", "value": FIRST},
                {"id": "LastName", "value": LAST},
                {"id": "Email", "value": EMAIL},
                {"id": "PhoneNumber", "value": PHONE},
            ],
        },
        "names",
        "phone",
    ),
]
