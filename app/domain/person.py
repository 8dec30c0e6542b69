"""The person that a submission is about, whatever its shape.

The rule: **the object nearest to the top that holds an address speaks for the visitor.** The top
level itself comes first; then, level by level, whatever it contains. If it has no name, the
objects directly inside it may. Anything under a name that means somebody else (an
owner, an agent, a recipient) is skipped, and so is `metadata`. When no label anywhere means an
address but exactly one value is one, that value is it.

Names that spell out a path (`contact[email]`, `contact.email`, `contact:email`) and texts that
hold a JSON object count as those objects.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping

from app.domain.address import is_plain
from app.domain.contact_fields import LEAD_FIELDS
from app.domain.json_object import object_in_text
from app.domain.labels import FULL_NAME, field_of_label
from app.domain.record import Found, Path, read_record

#: Fields that the top level may have under their exact names even if the address is deeper.
#: Not `title`: at the top of an envelope it names a page or a form.
_FIELDS_OF_TOP = tuple(name for name in LEAD_FIELDS if name not in ("email", "title"))

_NAMES = frozenset({"first_name", "last_name", FULL_NAME})

#: Words in a name that mean someone other than the visitor.
_OTHERS = frozenset(
    "admin agent agents assignee bcc bot cc company friend host manager metadata operator"  # noqa: SIM905
    " organisation organization organizer owner recipient recipients referrer rep reply staff"
    " support team to".split()
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_PATH = re.compile(r"[\[\]:.]+")
#: Most steps in a name; anything longer is prose.
_STEPS_MAX = 5
_NAME_CHARS_MAX = 200


def find_person(sent: Mapping[str, object]) -> dict[str, Found]:
    """The visitor's fields (and FULL_NAME), each with the path it was sent under."""
    view = _unfold(sent)
    top = read_record(view)
    if "email" in top:
        return _with_names_inside(top, view, ())
    person = _nearest_with_address(view)
    if person is None:
        lone = _lone_address(view)
        return {**top, "email": lone} if lone else top
    for field in _FIELDS_OF_TOP:
        if field in top and top[field].path == (field,):
            person.setdefault(field, top[field])
    return person


def path_of_name(name: str) -> Path:
    """The path that a field's name spells out; most names are a path of one step."""
    if len(name) > _NAME_CHARS_MAX:
        return (name,)
    steps = tuple(step for step in _PATH.split(name) if step)
    return steps if 1 < len(steps) <= _STEPS_MAX else (name,)


def _unfold(sent: Mapping[str, object]) -> dict[str, object]:
    """The fields as the objects that their names and texts describe."""
    view: dict[str, object] = {}
    for name, value in sent.items():
        if isinstance(value, str) and field_of_label(name) is None:
            value = object_in_text(value) or value
        path = path_of_name(name)
        if len(path) == 1:
            view.setdefault(name, value)
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


def _nearest_with_address(view: Mapping[str, object]) -> dict[str, Found] | None:
    for path, node in _walk(view):
        if isinstance(node, dict | list):
            record = read_record(node, path)
            if "email" in record and "@" in record["email"].text:
                return _with_names_inside(record, node, path)
    return None


def _with_names_inside(record: dict[str, Found], node: object, path: Path) -> dict[str, Found]:
    if not isinstance(node, dict) or not _NAMES.isdisjoint(record):
        return record
    for name, inner in node.items():
        if isinstance(inner, dict) and not _means_somebody_else(name):
            within = read_record(inner, (*path, name))
            # Not a full name: deeper down, a bare `name` is as likely that of a thing.
            for field in ("first_name", "last_name"):
                if field in within:
                    record.setdefault(field, within[field])
    return record


def _lone_address(view: Mapping[str, object]) -> Found | None:
    found: Found | None = None
    for path, node in _walk(view):
        if isinstance(node, str) and "@" in node and is_plain(node.lower()):
            if found is not None and found.text != node:
                return None
            found = found or Found(node, path)
    return found


def _walk(view: Mapping[str, object]) -> Iterator[tuple[Path, object]]:
    """Everything in a submission that may be the visitor's, level by level."""
    queue: deque[tuple[Path, object]] = deque([((), view)])
    while queue:
        path, node = queue.popleft()
        if path:
            yield path, node
        if isinstance(node, dict):
            queue.extend(
                ((*path, name), inner)
                for name, inner in node.items()
                if not _means_somebody_else(name)
            )
        elif isinstance(node, list):
            queue.extend(((*path, str(index)), inner) for index, inner in enumerate(node))


def _means_somebody_else(name: str) -> bool:
    words = _WORDS.findall(name[:_NAME_CHARS_MAX])
    return not _OTHERS.isdisjoint(word.lower() for word in words)
