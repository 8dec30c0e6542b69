"""`./scripts/fuzz --seconds N`: odd bodies for `POST /capture`, in this process.

Fails when an answer is a 5xx, when a body costs more CPU than its share, or when what would be
written to the queue could not be stored. Hypothesis makes the bodies and works towards slow ones;
the dearest is saved, with the command that posts it.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from hypothesis import HealthCheck, Phase, Verbosity, given, settings, target
from hypothesis import strategies as st

from app.domain.org import Org, OrgSettings
from app.ingress.capture import CaptureEndpoint
from app.queue.admission import AdmissionRequest, AdmissionResult, AdmissionStatus
from config.settings import Settings
from scripts.commands.arguments import script_parser

BODY_BYTES_MAX = 64 * 1024
#: CPU that one body of up to 64 KiB may cost.
CPU_MS_MAX = 5.0
#: A slow body is measured again this many times: the least of them counts, as others use the
#: machine, too.
REPETITIONS = 15
EXAMPLES_A_ROUND = 500
#: CPU after which a body is given up.
SECONDS_MAX = 2.0

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"
JSON, PLAIN = "application/json", "text/plain;charset=UTF-8"
# Of a letter beyond ASCII that is not half of a pair.
_ESCAPE = re.compile(r"\\u(?!d[89a-f]|00[0-7])([0-9a-f]{4})")
_NUL_OR_SURROGATE = re.compile("[\0\ud800-\udfff]")


class Post(NamedTuple):
    """One request."""

    content_type: str
    body: bytes


class Cost(NamedTuple):
    """What a request cost, and how it was answered."""

    milliseconds: float
    status: int


# ---------------------------------------------------------------- what is sent

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

# ---------------------------------------------------------------- who takes it


class _Writer:
    """Accepts everything and remembers the last capture."""

    def __init__(self) -> None:
        self.captures: list[bytes] = []

    async def accept(self, request: AdmissionRequest) -> AdmissionResult:
        self.captures.append(request.capture)
        return AdmissionResult(AdmissionStatus.ACCEPTED, 1, 0, b"")

    async def charge(self, *_: object) -> None:
        return None


class _Visitors:
    """Knows one org, no keys, and everybody by the same address; counts nothing."""

    org = Org("org_01", "acme", datetime(2026, 1, 1, tzinfo=UTC), b"s" * 32, OrgSettings())

    async def identified(self, host: str, key: str | None, identify: Callable[[], Any]) -> Any:
        return identify()

    def org_at(self, *_: object) -> Org:
        return self.org

    def client_address(self, *_: object) -> str:
        return "192.0.2.1"

    def count(self, *_: object) -> None:
        pass


class Endless(KeyboardInterrupt):
    """A body takes so long that nobody waits for its end; no case for Hypothesis to shrink."""


class TimeUp(KeyboardInterrupt):
    """The search has had its time."""


class Intake:
    """The endpoint without the servers behind it."""

    def __init__(self) -> None:
        self._writer, visitors = _Writer(), _Visitors()
        application = Settings(
            database_url="postgresql://localhost/none",
            redis_url="redis://localhost",
            secret_key=b"k" * 32,
            base_domain="rex.test",
        )
        parts: Any = (self._writer, visitors, None, visitors, application)
        self._endpoint = CaptureEndpoint(*parts)
        self._loop = asyncio.new_event_loop()
        signal.signal(signal.SIGPROF, _give_up)
        gc.set_threshold(10_000, 20, 50)  # as the server does

    def post(self, post: Post) -> Cost:
        """Post a body; raises `AssertionError` when what comes of it cannot be stored."""
        del self._writer.captures[:]
        _forget_everything()
        gc.freeze()  # as the server does, so that no body pays for what others left
        signal.setitimer(signal.ITIMER_PROF, SECONDS_MAX)
        # The clock of the process stands still between two ticks of the kernel while a timer counts
        # its CPU: differences would be 0 or 4 ms. The clock of the thread does not.
        started = time.thread_time()
        status = self._loop.run_until_complete(self._status_of(post))
        signal.setitimer(signal.ITIMER_PROF, 0)
        cost = Cost((time.thread_time() - started) * 1000, status)
        for capture in self._writer.captures:
            kept = json.dumps(json.loads(capture), ensure_ascii=False)
            unescaped = re.sub(r"\\\\", "", kept).replace("\\u0000", "\0")
            assert not _NUL_OR_SURROGATE.search(unescaped), "a capture cannot be stored"
        return cost

    def close(self) -> None:
        """Give back what it holds."""
        self._loop.close()

    async def _status_of(self, post: Post) -> int:
        sent: list[Any] = []
        messages = [{"type": "http.request", "body": post.body, "more_body": False}]
        headers = [
            (b"host", b"acme.rex.test"),
            (b"content-type", post.content_type.encode("latin-1")),
        ]
        scope = {"type": "http", "method": "POST", "headers": headers, "client": ("192.0.2.1", 1)}

        async def receive() -> Any:
            return messages.pop()

        async def send(message: Any) -> None:
            sent.append(message)

        await self._endpoint(scope, receive, send)
        return cast(int, sent[0]["status"])


def _give_up(*_: object) -> None:
    raise Endless(f"a body costs more than {SECONDS_MAX:g} s of CPU")


_CACHED = type(functools.lru_cache(lambda: None))


@functools.cache
def _caches() -> list[Any]:
    return [
        found
        for found in gc.get_objects()
        if isinstance(found, _CACHED) and found.__module__.startswith("app.domain.labels")
    ]


def _forget_everything() -> None:
    """Empty the caches of labels: an attacker's are never there."""
    for cache in _caches():
        cache.cache_clear()


# ---------------------------------------------------------------- the search


class Fuzzer:
    """Posts what Hypothesis makes until the time is over."""

    def __init__(self, seconds: float, intake: Intake) -> None:
        self._seconds = seconds
        self._intake = intake
        self._posting = self._is_over = False
        self.statuses: Counter[int] = Counter()
        self.worst, self.worst_ms = Post("", b""), 0.0

    def run(self) -> None:
        """Raises `AssertionError` at the first fault."""
        search = given(posts)(self._try)
        search = settings(
            max_examples=EXAMPLES_A_ROUND,
            deadline=None,
            database=None,
            verbosity=Verbosity.quiet,
            phases=[Phase.generate, Phase.target],
            suppress_health_check=list(HealthCheck),
        )(search)
        signal.signal(signal.SIGALRM, self._end)
        signal.setitimer(signal.ITIMER_REAL, self._seconds)
        try:
            with suppress(TimeUp):
                while True:
                    search()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _end(self, *_: object) -> None:
        # By a signal, since the search may be busy with itself for minutes; not amid a post.
        self._is_over = True
        if not self._posting:
            raise TimeUp

    def _try(self, post: Post) -> None:
        if self._is_over:
            raise TimeUp
        self._posting = True
        try:
            self._measure(post)
        finally:
            self._posting = False

    def _measure(self, post: Post) -> None:
        try:
            cost = self._intake.post(post)
        except BaseException:
            self.worst, self.worst_ms = post, SECONDS_MAX * 1000
            raise
        self.statuses[cost.status] += 1
        milliseconds = cost.milliseconds
        if milliseconds > self.worst_ms:
            again = (self._intake.post(post).milliseconds for _ in range(REPETITIONS))
            milliseconds = min(milliseconds, *again)
        if milliseconds > self.worst_ms:
            self.worst, self.worst_ms = post, milliseconds
        target(milliseconds, label="cpu_ms")
        if cost.status >= 500:
            self.worst, self.worst_ms = post, milliseconds
            raise AssertionError(f"answered with {cost.status}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Search; 1 when something was found."""
    parser = script_parser("fuzz", __doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long to try (default: 60)")
    saved = Path(".data/fuzz/worst")
    parser.add_argument("--save", type=Path, default=saved, help="where the dearest body goes")
    wanted = parser.parse_args(arguments)
    fault = ""
    with closing(Intake()) as intake:
        fuzzer = Fuzzer(wanted.seconds, intake)
        try:
            fuzzer.run()
        except (AssertionError, Endless) as error:
            fault = str(error)
    if fuzzer.worst_ms > CPU_MS_MAX:
        fault = fault or f"a body costs {fuzzer.worst_ms:.1f} ms of CPU: at most {CPU_MS_MAX:g}"
    _report(fuzzer, wanted.save)
    print(f"FAILED: {fault}" if fault else "ok")
    return 1 if fault else 0


def _report(fuzzer: Fuzzer, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(fuzzer.worst.body)
    statuses = ", ".join(f"{n} × {status}" for status, n in sorted(fuzzer.statuses.items()))
    print(f"{fuzzer.statuses.total():,} posts: {statuses}")
    print(f"worst: {fuzzer.worst_ms:.2f} ms of CPU for {len(fuzzer.worst.body):,} bytes, {file}")
    print(
        f"  curl --data-binary @{file} -H 'Content-Type: {fuzzer.worst.content_type}' $URL/capture"
    )


if __name__ == "__main__":
    sys.exit(main())
