"""Scripts and SQL, as scanners try them."""

from __future__ import annotations

#: In lower case. Found one by one, which takes a fifth of the time of a regular expression.
_CODE = (
    *("<script", "javascript:", "onerror=", "onload=", "<?php", "${jndi:", "{{7*", "../../"),
    *("/etc/passwd", "union select", "union all select", " or 1=1", "' or '", "drop table"),
    *("waitfor delay", "sleep(", "xp_cmdshell", "nslookup "),
)


def has_code(lower: str) -> bool:
    """Whether a text in lower case has any."""
    return any(each in lower for each in _CODE)
