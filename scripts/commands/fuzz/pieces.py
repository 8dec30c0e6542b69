"""What bodies are made of: texts and names, and bytes that mean something to a parser."""

from __future__ import annotations

TEXTS = [
    *("a", " ", "ann@example.com", "a@", "@b.co", "é"),
    *("e\u0301", "\u0301", "\u0316\u0301", "\u0f73"),
    *("\u0958", "\ufab3", "\U0001d162", "가"),
    *("\u1100\u1161", "\u200b", "\u3000", "\ufeff", "😀", "ǖ"),
    *("\0", "\x01", "\x1b", "\x7f", "\u0085", "ﷺ"),
    *("İ", "ß", "<", ">", '"', "\\", "/", "%", "%41"),
    *("%zz", "+", "&", "=", ";", ".", ":", "[", "]"),
    *("{", "}", ",", "?", "#", "-", "_", "1", "\r\n"),
    *("utm_source=", "https://a.co/?gclid=1&"),
    *("first = ", "name ", "your ", "van der ", "mailto:"),
]  # fmt: skip
NAMES = [
    *("email", "name", "first_name", "metadata"),
    *("metadata[a]", "contact[email]", "a.b.c", "phone"),
    *("utm_source", "landing_page", "fields", "label"),
    *("value", "type", "id", "title", "company"),
    *("_gotcha", "_charset_", "_fill_ms", "_redirect"),
    *("source", "linkedin_url", "hidden", "nom"),
]  # fmt: skip
PIECES = [
    *(b"{},", b"[],", b"0,", b"null,", b"1e9,", b'"",'),
    *(b"[", b'{"a":', b"9", b"1.5,", b'"\\u0041",'),
    *(b'"a@b.co",', b'{"email":"a@b.co"},'),
    *(b'{"name":"email","value":"x"},', b'{"id":1,"title":"x"},'),
    *(b'"\\ud800",', b'"\\u0000",', b"NaN,", b'{"label":"utm_source","value":"x"},', b"true,"),
    *(b"a=&", b"=&", b"&", b"%41", b"a%41", b"%"),
    *(b"%4", b"a=b&", b"email=a+b@c.co&", b"t=1&", b"\n"),
    *(b"--B\r\n", b"\r\n--B", b"a: b\r\n", b"\r\n"),
    *(b"\\", b'"', b"\xff", b"\xc3", b"\x00", b"\x1b$B"),
    b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n',
    b'--B\r\nContent-Disposition: form-data; name="a"; filename="x"\r\n\r\nx\r\n',
    b"--B\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n",
]  # fmt: skip
STARTS = [
    *(
        b"",
        b"[",
        b'{"a":[',
        b'{"email":"',
        b'{"email":"a@b.co","x":[',
        b'{"',
        b"--B\r\n",
        b"email=",
    ),
    *(b"email=a%40b.co&x=", b'{"metadata":{"a":"'),
]
ENDS = [b"", b"0]}", b"]", b'"}', b'"}}', b"--B--", b'":1}', b"@b.co", b"&x"]
CHARSETS = ["utf-8", "shift_jis", "iso-2022-jp", "gb18030", "utf-16", "koi8-r", "big5", "klingon"]
