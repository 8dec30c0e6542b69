"""The served OpenAPI document against what is served: thousands of cases that nobody thought of.

`SCHEMA_EXAMPLES=300 ./scripts/test tests/flow/test_document.py -s` is the long form.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.system.whole import WholeSystem

#: Generated cases per operation; a run of the suite has a few, the long form as many as you like.
EXAMPLES = os.environ.get("SCHEMA_EXAMPLES", "6")
SEED = os.environ.get("SCHEMA_SEED", "7")

#: What JSON Schema cannot say is refused all the same: NUL characters, forged cursors, addresses
#: that are none. That is the only thing which this check finds.
_EXCLUDED_CHECKS = "positive_data_acceptance"
#: It would revoke the key that the other cases are made with.
_EXCLUDED_OPERATION = "revoke_key"


@pytest.mark.all_only
def test_whatever_is_sent_is_answered_as_the_document_says(
    system: WholeSystem, tmp_path: Path
) -> None:
    # A body over 64 KiB is refused as too large before anybody reads what is wrong with it.
    config = tmp_path / "schemathesis.toml"
    config.write_text(
        "[checks.negative_data_rejection]\n"
        'expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]\n'
        # The document says what to send; no lead is lost for sending something else.
        "[[operations]]\n"
        'include-operation-id = "capture"\n'
        "checks.negative_data_rejection.enabled = false\n"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
            f"{system.base_url}/openapi.yaml",
            *("--header", f"X-Api-Key: {system.api_key}"),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-examples", EXAMPLES),
            *("--seed", SEED),
            *("--exclude-checks", _EXCLUDED_CHECKS),
            *("--exclude-operation-id", _EXCLUDED_OPERATION),
            *("--warnings", "off"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    told = "\n".join(line[:500] for line in (done.stdout + done.stderr).splitlines())
    print(told)
    assert done.returncode == 0, told[-6000:]
