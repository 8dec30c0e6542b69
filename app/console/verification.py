"""How a receiver verifies our signature, in five languages, to be copied."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "snippets"
_NAMES = {"python": "Python", "node": "Node.js", "php": "PHP", "ruby": "Ruby", "go": "Go"}

#: Code by the name of its language.
SNIPPETS = {label: (_FOLDER / f"{name}.txt").read_text() for name, label in _NAMES.items()}
