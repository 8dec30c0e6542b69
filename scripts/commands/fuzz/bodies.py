"""Odd bodies, made by Hypothesis."""

from __future__ import annotations

import json
import re

from hypothesis import strategies as st

from scripts.commands.fuzz.pieces import CHARSETS, ENDS, NAMES, PIECES, STARTS, TEXTS
from scripts.commands.fuzz.post import BODY_BYTES_MAX, JSON, MULTIPART, PLAIN, URLENCODED, Post

# Of a letter beyond ASCII that is not half of a pair.
_ESCAPE = re.compile(r"\\u(?!d[89a-f]|00[0-7])([0-9a-f]{4})")

words = st.lists(st.sampled_from(TEXTS) | st.text(max_size=3), min_size=1, max_size=3).map("".join)
names = st.sampled_from(NAMES) | words


def repeated(piece: str, count: int) -> list[str]:
    """A piece many times, as far as a body has room for it."""
    return [piece] * min(count, BODY_BYTES_MAX // max(1, len(piece.encode(errors="replace"))))


counts = st.sampled_from([1, 9, 100, 1_000, 5_000, 30_000])
long_texts = st.tuples(words, counts).map(lambda made: "".join(repeated(*made)))


@st.composite
def numbered(draw: st.DrawFn) -> str:
    """An object with many names that are alike and not the same, as no cache has seen them."""
    start, end = draw(words), draw(words)
    value = draw(st.sampled_from(["", "x", "a@b.co", 0, [], {"label": "Name", "value": "x"}]))
    return json.dumps({f"{start}{i}{end}": value for i in range(min(draw(counts), 4_000))})


def objects_of(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Objects of values that are JSON already."""
    members = st.tuples(names, values).map(lambda pair: f"{json.dumps(pair[0])}:{pair[1]}")
    return st.lists(members, min_size=1, max_size=4).map(lambda found: "{" + ",".join(found) + "}")


values = st.recursive(
    long_texts.map(json.dumps)
    | st.sampled_from(['"ann@example.com"', '""', "null", "0", "1.5", "NaN", "true", str(2**70)])
    | numbered(),
    lambda inner: (
        objects_of(inner)
        | st.tuples(inner, counts).map(lambda made: "[" + ",".join(repeated(*made)) + "]")
    ),
    max_leaves=5,
)


@st.composite
def json_posts(draw: st.DrawFn) -> Post:
    """JSON, also with its letters unescaped, inside an array or in a text."""
    text = draw(objects_of(values) | numbered())
    text = text.replace("{", '{"email":"ann@example.com",', 1)
    if draw(st.booleans()):
        text = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
    around = draw(st.sampled_from(["%s", "[%s]", '{"data":%s}', '{"x":1,"y":[%s]}']))
    text = (
        around % text if draw(st.booleans()) else json.dumps({"raw": text[: BODY_BYTES_MAX // 2]})
    )
    content_type = draw(st.sampled_from([JSON, PLAIN, URLENCODED]))
    return Post(content_type, text.encode(errors="surrogatepass"))


@st.composite
def form_posts(draw: st.DrawFn) -> Post:
    pairs = draw(st.lists(st.tuples(names, long_texts), min_size=1, max_size=5))
    charset = draw(st.sampled_from(CHARSETS))
    if draw(st.booleans()):
        body = "&".join(f"{name}={value}" for name, value in pairs).encode(errors="replace")
        return Post(
            draw(st.sampled_from([URLENCODED, f"{URLENCODED};charset={charset}", PLAIN])), body
        )
    head = f'; charset="{charset}"' if draw(st.booleans()) else ""
    parts = (
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n'
        f"Content-Type: text/plain{head}\r\n\r\n{value}\r\n"
        for name, value in pairs
    )
    return Post(MULTIPART, ("".join(parts) + "--B--").encode(errors="replace"))


@st.composite
def filled_posts(draw: st.DrawFn) -> Post:
    """A body of the largest size, of pieces repeated between a start and an end."""
    start = draw(st.sampled_from(STARTS))
    end = draw(st.sampled_from(ENDS))
    piece = b"".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3)))
    size = draw(st.sampled_from([BODY_BYTES_MAX, BODY_BYTES_MAX // 3]))
    body = start + piece * ((size - len(start) - len(end)) // len(piece)) + end
    return Post(draw(st.sampled_from([JSON, PLAIN, URLENCODED, MULTIPART, ""])), body)


posts = st.one_of(json_posts(), form_posts(), filled_posts()).map(
    lambda post: post._replace(body=post.body[:BODY_BYTES_MAX])
)
