"""What documents must not forget."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.domain.webhook.event import EVENT_TYPES
from config.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
_PATH = re.compile(r"`((?:app|config|docs|scripts|tests|workers)/[\w/.-]+)`")
_PAGES = [
    "README.md",
    "scripts/README.md",
    *(f"docs/{each.name}" for each in ROOT.glob("docs/*.md")),
]


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_receivers_are_told_of_every_type_of_event(event_type: str) -> None:
    assert f"`{event_type}`" in (ROOT / "docs" / "receiving.md").read_text()


@pytest.mark.parametrize("name", [field.name.upper() for field in fields(Settings)])
def test_the_readme_lists_every_setting(name: str) -> None:
    assert f"`{name}`" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", _PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    named = _PATH.findall((ROOT / page).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []
