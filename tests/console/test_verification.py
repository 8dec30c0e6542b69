"""The snippets that pages offer do what they say, in every language that this machine has."""

from __future__ import annotations

import hashlib
import hmac
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from app.console.verification import SNIPPETS

SECRET, BODY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"id": "evt_1", "name": "Zoë"}'


class Language(NamedTuple):
    """How a snippet is run: its program, and a file that prints what it says to the arguments."""

    program: str
    file: str
    source: Callable[[str], str]
    arguments: tuple[str, ...] = ()


def go(code: str) -> str:
    main = "package main\n" + code.removeprefix("package webhook").replace(
        "import (", 'import (\n\t"fmt"\n\t"os"'
    )
    call = 'if Verify(os.Args[1], os.Args[2], []byte(os.Args[3])) { fmt.Println("true") }'
    return main + f'\nfunc main() {{ {call} else {{ fmt.Println("false") }} }}\n'


LANGUAGES = {
    "Python": Language(
        "python3",
        "verify.py",
        lambda code: (
            code + "\nimport sys\n_, secret, header, body = sys.argv\n"
            "print(str(verify(secret, header, body.encode())).lower())\n"
        ),
    ),
    "Node.js": Language(
        "node",
        "verify.js",
        lambda code: (
            code + "\nconst [secret, header, body] = process.argv.slice(2);\n"
            "console.log(verify(secret, header, Buffer.from(body)));\n"
        ),
    ),
    "PHP": Language(
        "php",
        "verify.php",
        lambda code: code + "\necho verify($argv[1], $argv[2], $argv[3]) ? 'true' : 'false';\n",
    ),
    "Ruby": Language("ruby", "verify.rb", lambda code: code + "\nputs verify(*ARGV)\n"),
    "Go": Language("go", "verify.go", go, ("run",)),
}


def signed(body: str, secret: str = SECRET, ago_seconds: int = 0) -> str:
    at = int(time.time()) - ago_seconds
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def test_there_is_a_way_to_run_every_snippet() -> None:
    assert set(SNIPPETS) == set(LANGUAGES)


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_snippet_takes_what_we_signed_and_nothing_else(name: str, tmp_path: Path) -> None:
    language = LANGUAGES[name]
    if shutil.which(language.program) is None:
        pytest.skip(f"no {language.program} here: its snippet was not run")
    file = tmp_path / language.file
    file.write_text(language.source(SNIPPETS[name]))

    def says(header: str) -> str:
        command = [language.program, *language.arguments, str(file), SECRET, header, BODY]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout.strip()

    assert says(signed(BODY)) == "true"
    for header in (
        signed(BODY + " "),
        signed(BODY, "whsec_another"),
        signed(BODY, ago_seconds=900),
        signed(BODY)[:-1],
        "nonsense",
    ):
        assert says(header) != "true", header
