"""What browsers send of plain HTML forms, in every encoding; people and texts are made up."""

from tests.corpus.payload import URLENCODED, Payload, multipart_payload

JOSE = {"email": "jose@example.com", "first_name": "José", "last_name": "Núñez"}

HTML_FORMS = [
    Payload(
        "form: our own names",
        URLENCODED,
        b"email=jose%40example.com&first_name=Jos%C3%A9&last_name=N%C3%BA%C3%B1ez&message=Hola%21",
        JOSE,
        {"message": "Hola!"},
    ),
    Payload(
        "form of an old page: latin-1, undeclared",
        URLENCODED,
        b"email=jose%40example.com&fname=Jos%E9&lname=N%FA%F1ez",
        JOSE,
    ),
    Payload(
        "form of an old page: latin-1, declared",
        URLENCODED + "; charset=ISO-8859-1",
        b"email=jose%40example.com&fname=Jos%E9&lname=N%FA%F1ez",
        JOSE,
    ),
    Payload(
        "form: metadata in brackets, with dots and bare",
        URLENCODED + ";charset=utf-8",
        b"email=jose%40example.com&metadata%5Butm_source%5D=x&metadata.utm_medium=paid_social"
        b"&fbclid=IwAR&landing_page=%2Fprices",
        {"email": "jose@example.com", "source": "paid"},
        {
            "utm_source": "x",
            "utm_medium": "paid_social",
            "fbclid": "IwAR",
            "landing_page": "/prices",
        },
    ),
    Payload(
        "form: ticked boxes of one name",
        URLENCODED,
        b"Email=jose%40example.com&topic=a&topic=b&size%5B%5D=s&size%5B%5D=m&terms=on",
        {"email": "jose@example.com"},
        {"topic": ["a", "b"], "size[]": ["s", "m"], "terms": "on"},
    ),
    Payload(
        "form: the address twice, to be sure",
        URLENCODED,
        b"email=jose%40example.com&email=jose%40example.com&confirm_email=jose%40example.com",
        {"email": "jose@example.com"},
    ),
    Payload(
        "form: control fields, the honeypot left empty",
        URLENCODED,
        b"email=jose%40example.com&_gotcha=&_fill_ms=5200&_redirect=https%3A%2F%2Facme.example%2Fok",
        {"email": "jose@example.com"},
    ),
    Payload(
        "script that forgot its Content-Type",
        "",
        b"email=jose%40example.com&name=Jos%C3%A9+N%C3%BA%C3%B1ez",
        JOSE,
    ),
    Payload(
        "script that forgot its Content-Type: JSON",
        "",
        ' {"email": "jose@example.com", "name": "José Núñez"}'.encode(),
        JOSE,
    ),
    multipart_payload(
        "multipart: names as labels, with decomposed letters",
        [("Your name", "José Núñez"), ("Your e-mail", " JOSE@example.com "), ("tel", "")],
        JOSE,
    ),
    multipart_payload(
        "multipart: a contact in brackets, several lines",
        [
            ("contact[first_name]", "José"),
            ("contact[last_name]", "Núñez"),
            ("contact[email]", "jose@example.com"),
            ("contact[note]", "one\r\ntwo"),
        ],
        JOSE,
        {"contact[note]": "one\r\ntwo"},
    ),
    Payload(
        "multipart: a file input left empty",
        "multipart/form-data; boundary=B",
        b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\njose@example.com\r\n'
        b'--B\r\nContent-Disposition: form-data; name="cv"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--B--\r\n",
        {"email": "jose@example.com"},
    ),
]
