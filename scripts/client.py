"""A small HTTP client for the product's own API, for scripts that run beside it."""

from __future__ import annotations

import json
import os
from typing import Any

import urllib3

from scripts.checkout import data_folder
from scripts.system.running import find_running


class Rex:
    """Talks to a running system."""

    def __init__(self, base_url: str, api_key: str | None) -> None:
        self.base_url = base_url
        self._api_key = api_key
        self._pool = urllib3.PoolManager(maxsize=64, retries=False, timeout=30)

    def request(
        self, method: str, path: str, body: object = None, *, keyed: bool = True
    ) -> tuple[int, dict[str, Any]]:
        """Status and decoded answer of a request; JSON both ways."""
        headers = {"Content-Type": "application/json"}
        if keyed and self._api_key:
            headers["X-Api-Key"] = self._api_key
        content = None if body is None else json.dumps(body).encode()
        answer = self._pool.request(method, self.base_url + path, body=content, headers=headers)
        return answer.status, json.loads(answer.data) if answer.data else {}

    def capture(self, **lead: object) -> tuple[int, dict[str, Any]]:
        """Post a lead as a form's page would: without a key."""
        return self.request("POST", "/capture", lead, keyed=False)


def find_rex() -> Rex:
    """The running system: what ./scripts/dev says of itself, or PORT and REX_API_KEY."""
    running = find_running(data_folder(os.environ))
    if running is not None:
        return Rex(running.base_url, os.environ.get("REX_API_KEY") or running.api_key)
    port = os.environ.get("PORT") or "8000"
    return Rex(f"http://127.0.0.1:{port}", os.environ.get("REX_API_KEY"))
