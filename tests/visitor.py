"""Somebody at the console, without a browser: keeps cookies, reads pages, sends their forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urlencode

from tests.asgi import Client, Reply

_TOKEN = re.compile(r'name="form_token" value="([^"]*)"')
_FORM = {"content_type": "application/x-www-form-urlencoded"}


class Visitor:
    """Follows redirects of forms; `cookies` by their names."""

    def __init__(self, client: Client, **headers: str) -> None:
        self._client = client
        self._headers = {"x_api_key": None, "accept": "text/html", **headers}
        self.cookies: dict[str, str] = {}
        #: The token of the forms on the page seen last.
        self.token = ""

    def get(self, path: str, **headers: str) -> Reply:
        """A page."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> Reply:
        """Send a form with the token of the page seen last."""
        return self.send(path, urlencode({"form_token": self.token, **(fields or {})}), **headers)

    def send(self, path: str, encoded: str, **headers: str) -> Reply:
        """Send a form that is encoded, as it is."""
        return self._ask("POST", path, encoded.encode(), {**_FORM, **headers})

    def follow(self, reply: Reply) -> Reply:
        """The page that a redirect leads to."""
        assert reply.status == 303, (reply.status, reply.body.decode()[-800:])
        return self.get(reply.headers["location"].partition("#")[0])

    def sign_in(self, link_path: str) -> Reply:
        """Use a link; the first page."""
        self.get(link_path)
        return self.follow(self.post(link_path))

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        given = {**self._headers, **headers, "cookie": cookie or None}
        reply = self._client(method, path, body, **given)
        for each in reply.cookies:
            name, _, value = each.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if "Max-Age=0" in each:
                del self.cookies[name]
        if token := _TOKEN.search(reply.body.decode("utf-8", "replace")):
            self.token = unescape(token[1])
        return reply


def text_of(reply: Reply) -> str:
    """What a page says, without its tags."""
    inside = re.sub(r"<(script|style|head)\b.*?</\1>", " ", reply.body.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", inside)).split())
