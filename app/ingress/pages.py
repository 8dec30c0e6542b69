"""The pages that a plain HTML form's visitor sees: thanks, or what to correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto }}
body {{ padding: 0 1rem }}
label {{ display: block; margin-top: 1rem }}
input {{ font: inherit; width: 100%; box-sizing: border-box; padding: .4rem }}
button {{ font: inherit; margin-top: 1.5rem; padding: .4rem 1.2rem }}
.wrong {{ color: #a40000 }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
#: Names of fields as a visitor reads them.
_LABELS = {"email": "E-mail address", "first_name": "First name", "last_name": "Last name"}


def thanks_page() -> str:
    """What a visitor sees when there is nowhere else to go."""
    return _PAGE.format(title="Thank you", body="<p>We have received your details.</p>")


def trouble_page(message: str) -> str:
    """What a visitor sees when the fault is not in the form."""
    body = f"<p>{escape(message)}</p><p>Please go back and try again.</p>"
    return _PAGE.format(title="That did not work", body=body)


def correction_page(problems: Mapping[str, str], typed: Sequence[tuple[str, str]]) -> str:
    """The form once more: what was typed, and beside each wrong field what would be right.

    `problems` by the fields' names in the form; `typed`: names and texts, a name perhaps repeated.
    """
    first = dict(reversed(typed))
    asked = "".join(_input(name, first.get(name, ""), problems[name]) for name in problems)
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(text)}">'
        for name, text in typed
        if name not in problems
    )
    body = f'<form method="post">{asked}{kept}<button>Send</button></form>'
    return _PAGE.format(title="Please check what you typed", body=body)


def _input(name: str, value: str, problem: str) -> str:
    label = _LABELS.get(name, name)
    return (
        f"<label>{escape(label)}"
        f'<input name="{escape(name)}" value="{escape(value)}" aria-invalid="true"></label>'
        f'<p class="wrong">{escape(label)} {escape(problem)}</p>'
    )
