"""The broker's Lua scripts: loading them, calling them, and servers that do not know them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import redis

_FOLDER = Path(__file__).with_name("lua")

#: First line for scripts that must run while the server is out of memory: whatever drains a full
#: queue. Servers before Redis 7 do not know it and get the script without.
_ALLOW_OUT_OF_MEMORY = "#!lua flags=allow-oom\n"


class Script:
    """One script of the lua/ folder, callable on any client."""

    def __init__(self, name: str, *, drains: bool = True) -> None:
        """Read `name`. `drains`: whether it must also work on a server that is out of memory."""
        self._body = "\n".join((_FOLDER / f"{part}.lua").read_text() for part in ("prelude", name))
        self._use(_ALLOW_OUT_OF_MEMORY + self._body if drains else self._body)

    def __call__(self, client: redis.Redis, namespace: str, *args: str | bytes | int) -> Any:
        """Run the script; its arguments are described in the first comment of its file."""
        try:
            return client.evalsha(self.sha, 1, namespace, *args)
        except redis.exceptions.NoScriptError:
            return self._teach(client, namespace, *args)

    def _teach(self, client: redis.Redis, namespace: str, *args: str | bytes | int) -> Any:
        try:
            return client.eval(self._text, 1, namespace, *args)
        except redis.ResponseError as error:
            if "compiling" not in str(error) or self._text == self._body:
                raise
            self._use(self._body)
            return client.eval(self._text, 1, namespace, *args)

    def _use(self, text: str) -> None:
        self._text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


ENQUEUE = Script("enqueue", drains=False)
FETCH = Script("fetch")
SETTLE = Script("settle")
GIVE_BACK = Script("give_back")
RECONCILE = Script("reconcile")
HEARTBEAT = Script("heartbeat")
TIDY = Script("tidy")
