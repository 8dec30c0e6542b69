"""The first touch that a submission shows: campaign parameters and click ids, wherever they are.

Form tools put them into objects of their own: Typeform into `hidden`, Calendly into `tracking`,
Segment into `context.campaign`, Tally and Fillout into lists of answers; Google sends `gcl_id`;
some send only the URL of the page, with its query. They are found at any depth and told by their
usual names.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

from app.domain.labels.labels import word_set
from app.domain.text.untrusted_text import clean_text

#: Parameters that networks add to a link that was paid for.
PAID_CLICK_IDS = word_set(
    "gclid gbraid wbraid gad_source dclid msclkid ttclid twclid li_fat_id rdt_cid epik sccid"
)
#: The one that is in links of both kinds.
SOCIAL_CLICK_ID = "fbclid"
_CLICK_IDS = PAID_CLICK_IDS | {SOCIAL_CLICK_ID}

_UTM_WORDS = ("source", "medium", "campaign", "term", "content", "id")
#: The parameters by their usual names.
PARAMETERS = (*(f"utm_{word}" for word in _UTM_WORDS), *sorted(_CLICK_IDS))
_USUAL_NAMES = frozenset(PARAMETERS)
_UTM = re.compile(
    rf"(?:\A|[\W_]|[a-z](?=U))utm[\W_]?({'|'.join(_UTM_WORDS)})(?![a-z])", re.IGNORECASE
)
_OTHER_SPELLINGS = {
    "gcl_id": "gclid",
    "google_click_id": "gclid",
    "facebook_click_id": "fbclid",
    "scclid": "sccid",
    "rdt_clickid": "rdt_cid",
}
# Each by itself: the search for a word is much faster than that for any of them.
_CLICK_ID = {
    name: re.compile(rf"(?:\A|[\W_]){name}(?:\Z|[\W_])")
    for name in (*sorted(_CLICK_IDS), *_OTHER_SPELLINGS)
}
#: Objects whose `source`, `medium`, … are the parameters.
_CAMPAIGN_OBJECTS = word_set(
    "utm utms utm_params utm_parameters utmparameters campaign attribution first_touch"
)
_LABEL_KEYS = frozenset(["name", "key", "label", "id", "title", "field", "ref"])
_VALUE_KEYS = frozenset(["value", "answer", "values", "text"])

# In labels: without one of these there is nothing to be found.
_OF_PARAMETERS = (
    *("utm", "clid", "clkid", "click_id", "gbraid", "wbraid", "gcl_", "gad_", "li_fat", "rdt_"),
    *("epik", "sccid"),
)
_OF_WRAPPERS = ("campaign", "attribution", "first_touch")
_OF_PAGES = ("page", "landing", "url", "uri", "href", "location")
_OF_USE = (*_OF_PARAMETERS, *_OF_WRAPPERS, *_OF_PAGES)
_ANY_OF_USE = re.compile("|".join(_OF_USE))
_FEW_CHARS = 200

#: Objects and lists that are looked at, those nearest to the top, and URLs of pages.
_NODES_MAX = 80
_PAGES_MAX = 8
#: Labels of such objects.
_LABELS_MAX = 100
_LABEL_CHARS_MAX = 80
_VALUE_CHARS_MAX = 500
_URL_CHARS_MAX = 4_000
_PARAMETERS_MAX = 100


def is_told_plainly(metadata: Mapping[str, object]) -> bool:
    """Whether flat metadata has all its parameters under their usual names, as most has."""
    # Plain loops: every lead comes by, and generators take twice the time.
    for value in metadata.values():
        if isinstance(value, str) and "?" in value:
            return False
    other = " ".join(metadata.keys() - _USUAL_NAMES).lower()
    for word in _OF_PARAMETERS:  # noqa: SIM110
        if word in other:
            return False
    return True


def find_touch(view: Mapping[str, object]) -> dict[str, str]:
    """Parameters by their usual names (`utm_source`, `gclid`), the nearest to the top first."""
    touch: dict[str, str] = {}
    in_pages: dict[str, str] = {}
    pages_left = _PAGES_MAX
    for label, value in _labelled(view):
        parameter = parameter_of(label)
        if parameter and (text := _text_of(value)):
            touch.setdefault(parameter, text)
        elif pages_left and isinstance(value, str) and "?" in value and _is_page(label):
            pages_left -= 1
            in_pages = {**parameters_of_url(value), **in_pages}
    return {**in_pages, **touch}


def parameter_of(label: str) -> str | None:
    """The usual name of the parameter that a label means: `utm_source` of `hidden_UTM-Source`."""
    return _parameter_of(label) if len(label) <= _LABEL_CHARS_MAX else None


@lru_cache(maxsize=1024)
def _parameter_of(label: str) -> str | None:
    lowered = label.lower()
    if "utm" in lowered:
        match = _UTM.search(label)
        return f"utm_{match[1].lower()}" if match else None
    if "id" not in lowered and lowered != "gad_source" and lowered != "epik":
        return None
    for name, alone in _CLICK_ID.items():
        if name in lowered and alone.search(lowered):
            return _OTHER_SPELLINGS.get(name, name)
    return None


def parameters_of_url(url: str) -> dict[str, str]:
    """The parameters in a URL's query."""
    try:
        query = urlsplit(url[:_URL_CHARS_MAX]).query
        pairs = parse_qsl(query, max_num_fields=_PARAMETERS_MAX)
    except ValueError:
        return {}
    found = ((parameter_of(name), _kept(value)) for name, value in pairs)
    return {name: value for name, value in found if name and value}


def _labelled(view: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The labels that may be of use, with their values, level by level."""
    queue: deque[object] = deque([view])
    nodes_left, labels_left = _NODES_MAX, _LABELS_MAX
    while queue and nodes_left:
        node = queue.popleft()
        nodes_left -= 1
        if isinstance(node, dict):
            # One look at all labels of an object together, since most have none of use.
            if labels_left > 0 and _may_be_of_use(node):
                labels_left -= len(node)
                yield from islice(_of_use(node), _LABELS_MAX)
            if not _VALUE_KEYS.isdisjoint(node):
                yield from _as_item(node)
            queue.extend(filter(_is_container, node.values()))
        elif isinstance(node, list):
            queue.extend(filter(_is_container, node))


def _may_be_of_use(labels: Iterable[str]) -> bool:
    # Of few labels a regular expression is faster, of many the search for each word.
    text = " ".join(labels).lower()
    if len(text) <= _FEW_CHARS:
        return _ANY_OF_USE.search(text) is not None
    return any(word in text for word in _OF_USE)


def _is_container(value: object) -> bool:
    return isinstance(value, dict | list)


def _of_use(node: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for label, value in node.items():
        if isinstance(value, dict) and label.lower() in _CAMPAIGN_OBJECTS:
            yield from _campaign(value)
        yield label, value


def _as_item(node: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The label and value of an object that is an answer of its own."""
    value = next((node[key] for key in _VALUE_KEYS if node.get(key) is not None), None)
    labels = [label for key in _LABEL_KEYS & node.keys() if isinstance(label := node[key], str)]
    if value is not None and _may_be_of_use(labels):
        yield from ((label, value) for label in labels)


def _campaign(node: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    if "source" not in node and "medium" not in node:
        return
    for word in _UTM_WORDS:
        if word in node:
            yield f"utm_{word}", node[word]
    if "name" in node:
        yield "utm_campaign", node["name"]


def _text_of(value: object) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = next((value[key] for key in _VALUE_KEYS if key in value), None)
    return _kept(value) if isinstance(value, str) else ""


def _kept(value: str) -> str:
    return clean_text(value[:_VALUE_CHARS_MAX])


def _is_page(label: str) -> bool:
    lowered = label[:_LABEL_CHARS_MAX].lower()
    return "refer" not in lowered and any(word in lowered for word in _OF_PAGES)
