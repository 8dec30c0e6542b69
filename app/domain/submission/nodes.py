"""All that a submission contains and that may be the visitor's, nearest to the top first."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from app.domain.labels.labels import LABEL_CHARS_MAX, word_set
from app.domain.submission.record import Path
from app.domain.submission.unfolding import Built

#: Words in a name that mean somebody else than the visitor.
_OTHERS = word_set(
    """admin agent agents assignee bcc bot cc company friend host hosts manager metadata operator
    organisation organization organizer owner recipient recipients referrer rep reply staff support
    team to"""
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
#: Objects and lists that are looked at, those nearest to the top, and addresses in them.
_NODES_MAX, _ADDRESSES_MAX = 320, 100


class Node(NamedTuple):
    """An object, list or text of a submission, where it is, and what is around it."""

    path: Path
    value: object
    around: object


def walk(view: Mapping[str, object]) -> Iterator[Node]:
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
                    or (not is_list and means_somebody_else(name))
                ):
                    continue
                addresses_left -= 1
            else:
                is_container = kind is dict or kind is list or kind is Built
                if not is_container or not inner or not nodes_left:
                    continue
                if not is_list and means_somebody_else(name):
                    continue
                nodes_left -= 1
            queue.append(Node((*path, name), inner, value))


@lru_cache(maxsize=1024)
def means_somebody_else(name: str) -> bool:
    """Whether what is under this name is about another person or thing."""
    words = _WORDS.findall(name[:LABEL_CHARS_MAX])
    return not _OTHERS.isdisjoint(word.lower() for word in words)
