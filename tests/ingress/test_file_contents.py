"""Files that come with a form: their contents are dropped on the way, however large they are."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.http.body import FILTERED_BYTES_MAX
from app.ingress.file_contents import FileContents
from app.ingress.multipart import Part, read_parts
from tests.ingress.conftest import Site

MULTIPART_TYPE = "multipart/form-data; boundary=B"
LEAD = b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\nann@example.com\r\n'
PIECES = [b"", b"x", b"\r\n", b"--", b"\r\n--", b"-B", b"\r\n--A", b"\n\n", b"filename", b"\x00"]

contents = st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join)
names = st.sampled_from(
    [b'name="a"', b'name="b"; filename="x"', b"name=c", b'FILENAME*=y; name="d"']
)


@st.composite
def parts(draw: st.DrawFn) -> bytes:
    """A part; without a value, the line end after it may be missing."""
    value = draw(contents)
    end = b"\r\n" if value or draw(st.booleans()) else b""
    return b"--B\r\nContent-Disposition: form-data; %s\r\n\r\n%s" % (draw(names), value + end)


forms = st.tuples(
    st.sampled_from([b"", b"before\r\n"]), st.lists(parts(), max_size=5).map(b"".join)
).map(lambda made: b"".join(made) + b"--B--\r\n")


def filtered(body: bytes, size: int) -> bytes:
    contents = FileContents(b"B")
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(map(contents.take, chunks)) + contents.rest()


def without_contents(part: Part) -> Part:
    return part if part.filename is None else part._replace(value=b"")


@settings(deadline=None)
@given(forms, st.integers(1, 200))
def test_a_form_is_the_same_without_the_contents_of_its_files(body: bytes, size: int) -> None:
    expected = [without_contents(part) for part in read_parts(body, b"B", 100).read]

    assert read_parts(filtered(body, size), b"B", 100).read == expected


def with_file(size: int, kind: bytes = b'filename="cv.pdf"') -> bytes:
    head = b'--B\r\nContent-Disposition: form-data; name="cv"; %s\r\n\r\n' % kind
    return head + b"x" * size + b"\r\n" + LEAD + b"--B--"


def test_a_lead_with_a_large_file_is_taken(site: Site) -> None:
    reply = site(with_file(5_000_000), content_type=MULTIPART_TYPE)

    assert reply.status == 202
    (capture,) = site.queued()
    assert capture["metadata"]["dropped_files"] == [
        {"field": "cv", "filename": "cv.pdf", "size_bytes": 5_000_000}
    ]


def test_the_texts_of_a_form_and_all_that_arrives_are_bounded(site: Site) -> None:
    for body in (with_file(FILTERED_BYTES_MAX), with_file(70_000, b"x=y")):
        assert site(body, content_type=MULTIPART_TYPE).status == 413
        assert site(body, content_type=MULTIPART_TYPE, content_length=str(len(body))).status == 413
    assert site(with_file(70_000), content_type="text/plain").status == 413
