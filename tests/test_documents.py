"""What documents must not forget."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from app.domain.event import EVENT_TYPES
from config.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_receivers_are_told_of_every_type_of_event(event_type: str) -> None:
    assert f"`{event_type}`" in (ROOT / "docs" / "receiving.md").read_text()


@pytest.mark.parametrize("name", [field.name.upper() for field in fields(Settings)])
def test_the_readme_lists_every_setting(name: str) -> None:
    assert f"`{name}`" in (ROOT / "README.md").read_text()
