"""A request as a curl command, to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping


def curl(method: str, url: str, headers: Mapping[str, str], body: str) -> str:
    """The command, one option a line."""
    lines = [f"curl -i -X {method} {shlex.quote(url)}"]
    lines += [f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    if body:
        lines.append(f"  --data-raw {shlex.quote(body)}")
    return " \\\n".join(lines)
