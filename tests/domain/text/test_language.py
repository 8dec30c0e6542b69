"""The language of a page by what its reader's browser asks for."""

from __future__ import annotations

import pytest

from app.domain.text.language import best_language

KNOWN = ("en", "de", "fr", "ja")


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("ko, ja;q=0.4", "ja"),
        ("ko", "en"),
        ("*", "en"),
        ("DE_de, de", "de"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("de;q=nan, fr;q=x, ja", "ja"),
        ("de;q=7, ja;q=0.2", "ja"),
        ("x" * 100_000 + ",de", "en"),
        (", ".join(["xx"] * 50 + ["de"]), "en"),
    ],
)
def test_the_known_language_that_is_wanted_most(accept: str | None, language: str) -> None:
    assert best_language(accept, KNOWN) == language
