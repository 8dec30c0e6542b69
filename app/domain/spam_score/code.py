"""Scripts and SQL, as scanners try them."""

from __future__ import annotations

#: In lower case. Found one by one, which takes a tenth of the time of a regular expression; those
#: with signs only in texts that have one of these.
_WITH_SIGNS = (
    *("<script", "javascript:", "onerror=", "onload=", "<?php", "${jndi:", "{{7*", "../../"),
    *("/etc/passwd", " or 1=1", "' or '", "sleep(", "xp_cmdshell"),
)
_SIGNS = "<:={/'(_"
_WITHOUT = ("union select", "union all select", "drop table", "waitfor delay", "nslookup ")


def has_code(lower: str) -> bool:
    """Whether a text in lower case has any."""
    found = lower.__contains__
    return (any(map(found, _SIGNS)) and any(map(found, _WITH_SIGNS))) or any(map(found, _WITHOUT))
