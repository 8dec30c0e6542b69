"""Somebody with a browser that runs no scripts: reads a page, fills in its forms, sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urldefrag, urlencode, urljoin

from lxml import html

from tests.asgi import Reply
from tests.visitor import Visitor, text_of

#: What is not shown without scripts.
_OUT_OF_REACH = "ancestor-or-self::*[@hidden or self::dialog or self::template]"


class Browsing:
    """Keeps to what pages show: their forms as they are, but for what is typed."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        #: The page that the last form led to.
        self.here = ""

    def submit(self, page: str, action: str, typed: Mapping[str, str]) -> str:
        """Send the page's form for an action, a regular expression; what the next page says."""
        for form in self._forms(page):
            fits = re.fullmatch(action, form.action or urldefrag(page).url.partition("?")[0])
            if fits and typed.keys() <= set(form.fields.keys()):
                return text_of(self._send(page, form, typed))
        raise AssertionError(f"{page} has no form for {action} with {sorted(typed)}")

    def searches(self, page: str) -> dict[str, int]:
        """The page's forms that only look, sent as they are: paths and the statuses of answers."""
        paths = [
            f"{urldefrag(str(form.action)).url}?{urlencode(form.form_values())}"
            for form in self._forms(page)
            if form.method == "GET"
        ]
        return {path: self._visitor.get(path).status for path in paths}

    def _forms(self, page: str) -> Iterator[html.FormElement]:
        reply = self._visitor.get(urldefrag(page).url)
        assert reply.status == 200, (page, reply.status)
        for form in html.document_fromstring(reply.body).forms:
            if not form.xpath(_OUT_OF_REACH):
                yield form

    def _send(self, page: str, form: html.FormElement, typed: Mapping[str, str]) -> Reply:
        button = form.xpath(".//button[not(@type) or @type='submit']")
        assert form.method == "POST", (page, form.action)
        assert button, (page, form.action)
        for name, value in typed.items():
            form.fields[name] = value
        self.here = urljoin(page, form.action or "")
        reply = self._visitor.send(self.here, urlencode(form.form_values()))
        if reply.status == 303:
            self.here = reply.headers["location"]
            return self._visitor.follow(reply)
        return reply
