"""Whether a web process accepts captures.

`python -m scripts.system.readiness` asks the one at PORT; the image's health check.
"""

from __future__ import annotations

import http.client
import os
import sys
import urllib.error
import urllib.request

# Our own loopback is never behind a proxy.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fault(base_url: str) -> str | None:
    """What `GET /readyz` complains about; None when it is ready."""
    try:
        with _OPENER.open(f"{base_url}/readyz", timeout=2):
            return None
    except urllib.error.HTTPError as refusal:
        with refusal:
            return f"status {refusal.code}: {refusal.read(2000).decode(errors='replace').strip()}"
    except (OSError, http.client.HTTPException) as problem:
        return str(problem)


if __name__ == "__main__":
    sys.exit(fault(f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"))
