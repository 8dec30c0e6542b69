"""How an org's pages for visitors look: its name, colour, logo and words."""

from __future__ import annotations

import msgspec

DEFAULT_COLOR = "#2347c5"
#: Above this luminance black text has more contrast than white (WCAG 2.2, at equal ratios).
_LUMINANCE_MIDDLE = 0.179


class PageSettings(msgspec.Struct, frozen=True):
    """What an org sets; None: nothing, or our own words in the visitor's language."""

    name: str | None = None
    #: `#rrggbb`, of buttons.
    color: str | None = None
    logo_url: str | None = None
    #: Where the visitor goes back to, if the form's page is not known.
    home_url: str | None = None
    thanks_title: str | None = None
    thanks_text: str | None = None


def text_color_on(color: str) -> str:
    """Black or white, whichever is better to read on a colour (`#rrggbb`)."""
    return "#000000" if _luminance(color) > _LUMINANCE_MIDDLE else "#ffffff"


def _luminance(color: str) -> float:
    red, green, blue = (_linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
