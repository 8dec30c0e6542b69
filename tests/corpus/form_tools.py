"""What form builders post to a webhook, in shape; people and texts are made up."""

from tests.corpus.payload import URLENCODED, Payload, json_payload

ADA = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Byron"}

FORM_TOOLS = [
    json_payload(
        "survey tool: typed answers that point at their questions",
        {
            "event_type": "form_response",
            "form_response": {
                "form_id": "lT4Z3j",
                "hidden": {"utm_source": "news"},
                "definition": {"fields": [{"id": "a1", "choices": [{"label": "Red"}]}]},
                "answers": [
                    {"type": "text", "text": "Ada", "field": {"ref": "first_name"}},
                    {"type": "text", "text": "Byron", "field": {"ref": "last_name"}},
                    {"type": "email", "email": "ada@example.com", "field": {"type": "email"}},
                    {"type": "phone_number", "phone_number": "+44 20 79460000", "field": {}},
                    {"type": "choices", "choices": {"labels": ["Red"]}, "field": {"ref": "q9"}},
                ],
            },
        },
        {**ADA, "phone": "+44 20 79460000"},
        {"event_type": "form_response", "utm_source": "news"},
    ),
    json_payload(
        "form builder: list of keyed answers with labels",
        {
            "eventType": "FORM_RESPONSE",
            "createdAt": "2026-03-01T10:00:00Z",
            "data": {
                "formName": "Contact us",
                "fields": [
                    {
                        "key": "question_1",
                        "label": "First name",
                        "type": "INPUT_TEXT",
                        "value": "Ada",
                    },
                    {
                        "key": "question_2",
                        "label": "Surname",
                        "type": "INPUT_TEXT",
                        "value": "Byron",
                    },
                    {
                        "key": "question_3",
                        "label": "Where to?",
                        "type": "INPUT_EMAIL",
                        "value": "Ada@Example.com",
                    },
                ],
            },
        },
        ADA,
        {"createdAt": "2026-03-01T10:00:00Z"},
    ),
    json_payload(
        "site builder: the form's own name beside its data",
        {
            "name": "Newsletter form",
            "site": "5f1",
            "data": {"Name": "Ada Byron", "Email": "ada@example.com", "Message": "Hello"},
            "d": "2026-03-01T10:00:00Z",
        },
        ADA,
        {"name": "Newsletter form", "site": "5f1"},
    ),
    json_payload(
        "site builder: the same in a payload with a trigger",
        {
            "triggerType": "form_submission",
            "payload": {
                "name": "Contact Us",
                "id": "6",
                "data": {"First Name": "Ada", "Last Name": "Byron", "email": "ada@example.com"},
            },
        },
        ADA,
        {"triggerType": "form_submission"},
    ),
    json_payload(
        "page builder: fields by id, each with title and value",
        {
            "form": {"id": "c3", "name": "Demo"},
            "fields": {
                "name": {"id": "name", "title": "Name", "value": "Ada Byron"},
                "email": {"id": "email", "title": "Email", "value": "ada@example.com"},
            },
            "meta": {"page_url": {"title": "Page URL", "value": "https://acme.example/demo"}},
        },
        ADA,
        {"form": {"id": "c3", "name": "Demo"}},
    ),
    Payload(
        "page builder: the same as a form with nested brackets",
        URLENCODED,
        b"form%5Bid%5D=c3&form%5Bname%5D=Demo&fields%5Bname%5D%5Btitle%5D=Name"
        b"&fields%5Bname%5D%5Bvalue%5D=Ada+Byron&fields%5Bemail%5D%5Btitle%5D=Email"
        b"&fields%5Bemail%5D%5Bvalue%5D=ada%40example.com",
        ADA,
        {"form[name]": "Demo", "fields[email][title]": "Email"},
    ),
    Payload(
        "page builder: simple brackets",
        URLENCODED,
        b"form_id=9&form_fields%5Bname%5D=Ada+Byron&form_fields%5Bemail%5D=ada%40example.com"
        b"&form_fields%5Bfield_5c1%5D=A+question",
        ADA,
        {"form_id": "9", "form_fields[field_5c1]": "A question"},
    ),
    json_payload(
        "form plugin: numbered inputs without labels",
        {"form_id": "3", "input_1.3": "Ada", "input_1.6": "Byron", "input_2": "ada@example.com"},
        {"email": "ada@example.com"},
        {"input_1.3": "Ada", "input_1.6": "Byron"},
    ),
    Payload(
        "form plugin: names that begin with your-",
        URLENCODED,
        b"_wpcf7=12&your-name=Ada+Byron&your-email=ada%40example.com&your-subject=Hi"
        b"&your-message=Line+one%0D%0ALine+two",
        ADA,
        {"your-subject": "Hi", "your-message": "Line one\r\nLine two", "_wpcf7": "12"},
    ),
    Payload(
        "form plugin: numbered fields in brackets",
        URLENCODED,
        b"wpforms%5Bid%5D=7&wpforms%5Bfields%5D%5B0%5D=Ada&wpforms%5Bfields%5D%5B1%5D=ada%40example.com",
        {"email": "ada@example.com"},
        {"wpforms[fields][0]": "Ada"},
    ),
    Payload(
        "form host: numbered questions, the name in parts",
        URLENCODED,
        b"formID=2301&q3_name%5Bfirst%5D=Ada&q3_name%5Blast%5D=Byron&q4_email4=ada%40example.com"
        b"&q5_phone%5Bfull%5D=555-1234",
        {**ADA, "phone": "555-1234"},
        {"formID": "2301"},
    ),
    Payload(
        "landing pages: JSON with lists inside a form field",
        URLENCODED,
        b"page_name=Spring&data.json=%7B%22name%22%3A%5B%22Ada+Byron%22%5D%2C"
        b"%22email%22%3A%5B%22ada%40example.com%22%5D%7D",
        ADA,
        {"page_name": "Spring"},
    ),
    json_payload(
        "CRM: properties with versions",
        {
            "vid": 51,
            "properties": {
                "firstname": {"value": "Ada", "versions": []},
                "lastname": {"value": "Byron"},
                "jobtitle": {"value": "Analyst"},
                "email": {"value": "ada@example.com", "timestamp": 1709286000000},
            },
        },
        {**ADA, "title": "Analyst"},
        {"vid": 51},
    ),
    json_payload(
        "CRM forms API: list of name and value, with its context",
        {
            "fields": [
                {"objectTypeId": "0-1", "name": "email", "value": "ada@example.com"},
                {"objectTypeId": "0-1", "name": "firstname", "value": "Ada"},
                {"objectTypeId": "0-1", "name": "lastname", "value": "Byron"},
            ],
            "context": {"pageUri": "www.acme.example/page", "pageName": "Page"},
        },
        ADA,
    ),
    json_payload(
        "lead ads: field data with lists of values, deep in an envelope",
        {
            "object": "page",
            "entry": [
                {
                    "id": "1",
                    "changes": [
                        {
                            "field": "leadgen",
                            "value": {
                                "ad_id": "44",
                                "field_data": [
                                    {"name": "full_name", "values": ["Ada Byron"]},
                                    {"name": "email", "values": ["ada@example.com"]},
                                    {"name": "phone_number", "values": ["+442079460000"]},
                                ],
                            },
                        }
                    ],
                }
            ],
        },
        {**ADA, "phone": "+442079460000"},
        {"object": "page"},
    ),
    json_payload(
        "search ads: column data",
        {
            "lead_id": "T1",
            "user_column_data": [
                {"column_id": "FULL_NAME", "column_name": "Full name", "string_value": "Ada Byron"},
                {"column_id": "EMAIL", "column_name": "E-mail", "string_value": "ada@example.com"},
            ],
            "gcl_id": "abc",
            "is_test": True,
        },
        {**ADA, "source": "paid"},
        {"lead_id": "T1", "is_test": True, "gclid": "abc"},
    ),
    json_payload(
        "database row: typed properties",
        {
            "properties": {
                "E-mail": {"type": "email", "email": "ada@example.com"},
                "Phone": {"type": "phone_number", "phone_number": "5551234"},
            }
        },
        {"email": "ada@example.com", "phone": "5551234"},
    ),
]
