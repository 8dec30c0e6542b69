"""What stands before the webs: it sends each client to one that said it is ready."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from scripts.system.readiness import fault

#: From one question to the next, for each web; an answer may take two seconds.
_LOOK_SECONDS = 1.0


class Balancer:
    """Asks every web for its readiness, between `start` and `stop`."""

    def __init__(self, base_urls: Sequence[str]) -> None:
        self._base_urls = base_urls
        self._is_ready = dict.fromkeys(base_urls, True)
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(url,)) for url in base_urls]

    def start(self) -> None:
        """Begins to ask."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when nothing is asked any more."""
        self._stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

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

    def _watch(self, url: str) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            self._is_ready[url] = fault(url) is None
