"""What stands before the webs: it sends each client to one that said it is ready."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from urllib.parse import urlsplit

from scripts.system.readiness import fault
from scripts.system.waiting import repeated

#: From one question to the next, for each web; an answer may take two seconds.
_LOOK_SECONDS = 1.0


class Balancer:
    """Asks every web for its readiness, between `start` and `stop`."""

    def __init__(self, base_urls: Sequence[str]) -> None:
        self._base_urls = base_urls
        self._is_ready = dict.fromkeys(base_urls, True)
        self._looking = ExitStack()

    def start(self) -> None:
        """Begins to ask."""
        for url in self._base_urls:
            self._looking.enter_context(repeated(partial(self._look, url), _LOOK_SECONDS))

    def stop(self) -> None:
        """Returns when nothing is asked any more."""
        self._looking.close()

    def choose(self) -> Sequence[tuple[str, int]]:
        """Hosts and ports of the webs that were ready when last asked, in any order.

        Of all if none was.
        """
        ready = [url for url in self._base_urls if self._is_ready[url]] or self._base_urls
        chosen = map(urlsplit, random.sample(ready, len(ready)))
        return [(url.hostname or "", url.port or 80) for url in chosen]

    def unready(self) -> dict[str, str]:
        """What is wrong with each web that is not ready, asked now."""
        with ThreadPoolExecutor(len(self._base_urls)) as pool:
            said = zip(self._base_urls, pool.map(fault, self._base_urls), strict=True)
            return {url: problem for url, problem in said if problem}

    def _look(self, url: str) -> None:
        self._is_ready[url] = fault(url) is None
