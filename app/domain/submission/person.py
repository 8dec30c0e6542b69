"""The person that a submission is about, whatever its shape.

The rule: **the object nearest to the top that holds an address speaks for the visitor.** The top
level itself comes first; then, level by level, whatever it contains. What it does not say, the
objects right inside it may, then the one around it and those beside it. What is under a name that
means somebody else (an owner, an agent, a recipient) is passed over, and so is `metadata`. When no
label anywhere means an address but exactly one value is one, that value it is.

Names that spell out a path (`contact[email]`, `contact.email`, `contact:email`) and texts that
hold a JSON object count as those objects.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from app.domain.contact_fields import LEAD_FIELDS
from app.domain.labels.label_reader import LabelReader
from app.domain.labels.labels import COMPANY, FULL_NAME, LABEL_CHARS_MAX, field_of_label, word_set
from app.domain.submission.cleaning import Cleaner
from app.domain.submission.json_object import object_in_text
from app.domain.submission.problems import Problems
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

#: Words in a name that mean somebody else than the visitor.
_OTHERS = word_set(
    """admin agent agents assignee bcc bot cc company friend host hosts manager metadata operator
    organisation organization organizer owner recipient recipients referrer rep reply staff support
    team to"""
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_PATH = re.compile(r"[\[\]:.]+")
#: Objects and lists that are looked at, those nearest to the top, and addresses in them.
_NODES_MAX, _ADDRESSES_MAX = 320, 100
#: Objects and lists inside and around the one with the address that may complete it.
_INNER_MAX = 40
#: Texts that are looked into for an object.
_TEXTS_MAX = 30
#: What is read of all of them together: values, and bytes of text beyond ASCII.
_VALUES_IN_TEXTS_MAX, _BYTES_IN_TEXTS_MAX = 250, 8 * 1024
#: Steps that a name may spell out; what looks like more is prose.
_STEPS_MAX = 5
_NAME_CHARS_MAX = 200


class Node(NamedTuple):
    """An object, list or text of a submission, where it is, and what is around it."""

    path: Path
    value: object
    around: object


def find_person(view: Mapping[str, object]) -> dict[str, Found]:
    """Fields of the visitor (FULL_NAME and COMPANY, too), each with the path to its value.

    `view` is what `unfold` made of a submission.
    """
    nodes = list(_walk(view))
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


@lru_cache(maxsize=1024)
def path_of_name(name: str) -> Path:
    """The path that a field's name spells out; most names are a path of one step."""
    if len(name) > _NAME_CHARS_MAX or not _PATH.search(name):
        return (name,)
    steps = tuple(step for step in _PATH.split(name) if step)
    is_number = all(map(str.isdigit, steps))  # as Gravity Forms numbers its inputs: `1.3`
    return steps if 1 < len(steps) <= _STEPS_MAX and not is_number else (name,)


def unfold(sent: Mapping[str, object]) -> dict[str, object]:
    """The fields as the objects that their names and texts stand for."""
    cleaner = Cleaner(Problems(), _VALUES_IN_TEXTS_MAX, _BYTES_IN_TEXTS_MAX)
    view: dict[str, object] = {}
    texts_left = _TEXTS_MAX
    for name, value in sent.items():
        if isinstance(value, str) and value.startswith("{") and texts_left:
            texts_left -= 1
            if field_of_label(name) is None:
                value = object_in_text(value, cleaner) or value
        path = path_of_name(name)
        if len(path) == 1:
            known = view.setdefault(name, value)
            if isinstance(known, _Built) and isinstance(value, dict):
                view[name] = _Built({**value, **known})
        else:
            _put(view, path, value)
    return view


class _Built(dict[str, object]):
    """An object built from names like `a[b]`: unlike one that was sent, it may be extended."""


def _put(view: dict[str, object], path: Path, value: object) -> None:
    for step in path[:-1]:
        inner = view.setdefault(step, _Built())
        if not isinstance(inner, _Built):
            return
        view = inner
    view.setdefault(path[-1], value)


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
        if not _means_somebody_else(name):
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


def _walk(view: Mapping[str, object]) -> Iterator[Node]:
    """All that a submission contains and that may be the visitor's, level by level.

    Of texts those that may be addresses.
    """
    queue = deque([Node((), view, None)])
    nodes_left, addresses_left = _NODES_MAX, _ADDRESSES_MAX
    while queue:
        node = queue.popleft()
        if node.path:
            yield node
        path, value, _ = node
        named: Iterable[tuple[str, object]] = ()
        is_list = isinstance(value, list)
        if isinstance(value, dict):
            named = value.items()
        elif isinstance(value, list):
            named = ((str(index), inner) for index, inner in enumerate(value))
        for name, inner in named:
            kind = type(inner)
            if kind is str:
                is_address = "@" in inner  # type: ignore[operator]
                if (
                    not is_address
                    or not addresses_left
                    or (not is_list and _means_somebody_else(name))
                ):
                    continue
                addresses_left -= 1
            else:
                is_container = kind is dict or kind is list or kind is _Built
                if not is_container or not inner or not nodes_left:
                    continue
                if not is_list and _means_somebody_else(name):
                    continue
                nodes_left -= 1
            queue.append(Node((*path, name), inner, value))


@lru_cache(maxsize=1024)
def _means_somebody_else(name: str) -> bool:
    words = _WORDS.findall(name[:LABEL_CHARS_MAX])
    return not _OTHERS.isdisjoint(word.lower() for word in words)
