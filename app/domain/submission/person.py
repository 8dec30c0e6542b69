"""The person that a submission is about, whatever its shape.

The rule: **the object nearest to the top that holds an address speaks for the visitor.** The top
level itself comes first; then, level by level, whatever it contains. What it does not say, the
objects right inside it may, then the one around it and those beside it. What is under a name that
means somebody else (an owner, an agent, a recipient) is passed over, and so is `metadata`. When no
label anywhere means an address but exactly one value is one, that value it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from app.domain.contact_fields import LEAD_FIELDS
from app.domain.labels.label_reader import LabelReader
from app.domain.labels.labels import COMPANY, FULL_NAME, word_set
from app.domain.submission.nodes import Node, means_somebody_else, walk
from app.domain.submission.record import Found, Path, RecordReader
from app.domain.submission.titles import read_titles
from app.domain.text.address import is_plain

#: Fields that the top level may have under their exact names even if the address is deeper.
#: Not `title`: at the top of an envelope it names a page or a form.
_FIELDS_OF_TOP = tuple(name for name in LEAD_FIELDS if name not in ("email", "title"))
#: Fields that objects around the one with the address may give. Not a full name, a title: there,
#: a bare `name` or `title` is as likely that of a thing.
_FIELDS_AROUND = ("first_name", "last_name", "phone", "linkedin_url", COMPANY)
_NAMES = frozenset({"first_name", "last_name", FULL_NAME})
#: Objects beside the one with the address that describe the person, so that their `name` is its.
_OF_A_PERSON = word_set(
    """answers attributes contact custom_fields customer data fields lead merge_fields merges
    profile properties responses traits user visitor"""
)

#: Objects and lists inside and around the one with the address that may complete it.
_INNER_MAX = 40


def find_person(view: Mapping[str, object]) -> dict[str, Found]:
    """Fields of the visitor (FULL_NAME and COMPANY, too), each with the path to its value.

    `view` is what `unfold` made of a submission.
    """
    nodes = list(walk(view))
    labels = LabelReader()
    reader = RecordReader(labels, read_titles((node.value for node in nodes), labels))
    top = reader.read(view)
    if "email" in top:
        return _complete(top, reader, Node((), view, None))
    around_addresses = {
        node.path[:steps]
        for node in nodes
        if isinstance(node.value, str)
        for steps in range(len(node.path))
    }
    for node in nodes:
        if isinstance(node.value, dict | list) and node.path in around_addresses:
            record = reader.read(node.value, node.path)
            if "email" in record and "@" in record["email"].text:
                return _with_top(_complete(record, reader, node), top)
    lone = _lone_address(nodes)
    return {**top, "email": lone} if lone else top


def _complete(record: dict[str, Found], reader: RecordReader, node: Node) -> dict[str, Found]:
    """The record with what the objects inside and around it add."""
    _add_inner(record, reader, node.path, node.value)
    if node.around is not None:
        path = node.path[:-1]
        _add(record, reader.read(node.around, path), _FIELDS_AROUND)
        _add_inner(record, reader, path, node.around)
    return record


def _add_inner(record: dict[str, Found], reader: RecordReader, path: Path, node: object) -> None:
    named = node.items() if isinstance(node, dict) else ()
    objects = ((name, inner) for name, inner in named if isinstance(inner, dict | list))
    for name, inner in islice(objects, _INNER_MAX):
        if not means_somebody_else(name):
            fields = (*_FIELDS_AROUND, FULL_NAME) if name in _OF_A_PERSON else _FIELDS_AROUND
            _add(record, reader.read(inner, (*path, name)), fields)


def _add(record: dict[str, Found], other: Mapping[str, Found], fields: Iterable[str]) -> None:
    """Take over these fields where they are missing; names only if they are the same person's."""
    same = FULL_NAME not in record and all(
        record[name].text == other[name].text for name in _NAMES & record.keys() & other.keys()
    )
    named = not _NAMES.isdisjoint(record)
    for field in fields:
        if field in other and (field not in _NAMES or same):
            if field == FULL_NAME and named:
                continue
            record.setdefault(field, other[field])


def _with_top(person: dict[str, Found], top: Mapping[str, Found]) -> dict[str, Found]:
    for field in _FIELDS_OF_TOP:
        if field in top and top[field].path == (field,):
            person.setdefault(field, top[field])
    return person


def _lone_address(nodes: list[Node]) -> Found | None:
    found: Found | None = None
    for node in nodes:
        text = node.value
        if isinstance(text, str) and _is_address(text):
            if found is not None and found.text != text:
                return None
            found = found or Found(text, node.path)
    return found


def _is_address(text: str) -> bool:
    """Whether a text is an address, also beside a name: `Ada Byron <ada@example.com>`."""
    if text.endswith(">"):
        text = text[:-1].rpartition("<")[2]
    return is_plain(text.lower())
