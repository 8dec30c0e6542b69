"""Text on an org's colour stays readable."""

from __future__ import annotations

import pytest

from app.domain.org.page_settings import DEFAULT_COLOR, text_color_on


@pytest.mark.parametrize(
    ("color", "text"),
    [
        ("#000000", "#ffffff"),
        ("#ffffff", "#000000"),
        ("#ffd400", "#000000"),
        ("#A00000", "#ffffff"),
        (DEFAULT_COLOR, "#ffffff"),
    ],
)
def test_the_text_is_the_one_with_more_contrast(color: str, text: str) -> None:
    assert text_color_on(color) == text
