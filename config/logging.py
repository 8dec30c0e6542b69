"""One JSON object per line on standard error, or words if that is a terminal.

One wide line per unit of work. Its `event` is `noun.verb` (`capture.recorded`,
`delivery.attempted`), its other fields are ids and figures. Payloads, addresses and secrets are
never logged.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
}


class JsonLine(logging.Formatter):
    """A record as one JSON object; what `extra` holds becomes fields of it."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields_of(self, record), default=str, ensure_ascii=False)


class HumanLine(logging.Formatter):
    """A record for people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return as_words(_fields_of(self, record))


def as_words(fields: Mapping[str, object]) -> str:
    """A logged object for people: time, level unless it is info, event, ids, other fields.

    A traceback follows on lines of its own. What visitors wrote cannot paint over a terminal.
    """
    rest = {name: value for name, value in fields.items() if name not in _SHOWN_APART}
    named = [f"{name}={value}" for name, value in sorted(rest.items(), key=_ids_first)]
    level = str(fields.get("level", "info"))
    words = [str(fields["time"])[11:19], *([] if level == "info" else [level.upper()])]
    line = " ".join([*words, str(fields["event"]), *named])
    line = "".join(each if each.isprintable() else "\ufffd" for each in line)
    return f"{line}\n{fields['traceback']}" if "traceback" in fields else line


_SHOWN_APART = frozenset(["time", "level", "logger", "event", "traceback"])


def configure_logging(level: str) -> None:
    """Send every record at or above `level` to standard error, and only there."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(HumanLine() if sys.stderr.isatty() else JsonLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # It warns of every malformed body; the answer to the caller says the same.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def _fields_of(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = {
        "time": _rfc3339(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    fields.update((k, v) for k, v in vars(record).items() if k not in _STANDARD)
    if record.exc_info:
        fields["traceback"] = formatter.formatException(record.exc_info)
    return fields


def _ids_first(item: tuple[str, object]) -> bool:
    return not item[0].endswith("_id")


def _rfc3339(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"
