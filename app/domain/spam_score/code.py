"""Scripts and SQL, as scanners try them."""

from __future__ import annotations

#: In lower case. Found one by one, which takes a tenth of the time of a regular expression; those
#: with signs only in texts that have one of these.
_WITH_SIGNS = (
    *("<script", "javascript:", "onerror=", "onload=", "<?php", "${jndi:", "{{7*", "../../"),
    *("/etc/passwd", " or 1=1", "' or '", "sleep(", "xp_cmdshell"),
)


def has_code(lower: str) -> bool:
    """Whether a text in lower case has any."""
    # Spelled out, since a call for each of them takes twice the time.
    has_signs = ("<" in lower or ":" in lower or "=" in lower or "{" in lower) or (
        "/" in lower or "'" in lower or "(" in lower or "_" in lower
    )
    if has_signs and any(map(lower.__contains__, _WITH_SIGNS)):
        return True
    return (
        ("union " in lower and ("union select" in lower or "union all select" in lower))
        or "drop table" in lower
        or "waitfor delay" in lower
        or "nslookup " in lower
    )
