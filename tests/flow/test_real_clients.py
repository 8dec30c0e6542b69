"""Captures by the clients that people use, which offer HTTP/2 or send more than they must."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.client import Rex
from tests.waiting import eventually

CLIENTS = Path(__file__).resolve().parent.parent / "clients"
#: For one client, which may have to compile itself, and for its lead to be recorded.
SECONDS_MAX = 60.0


def client_of(program: str, package: str) -> str:
    """The path of a program; skips the test where there is none."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"no {program} here (Debian: apt-get install {package}): it was not tried")
    return found


def answer_of(*command: str) -> str:
    """What a client prints."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def assert_captured(rex: Rex, printed: str, email: str) -> None:
    """That a client printed 202 and the answer, and that its lead becomes a contact."""
    status, _, body = printed.partition(" ")
    assert (status, json.loads(body)["data"]["email"]) == ("202", email), printed

    def is_recorded() -> bool:
        _, page = rex.request("GET", f"/contacts?email={email}")
        return [contact["email"] for contact in page["data"]] == [email]

    eventually(is_recorded, SECONDS_MAX)


def lead_of(email: str) -> str:
    return json.dumps({"email": email, "name": "Ann"})


def test_curl_that_offers_http_2_captures(rex: Rex) -> None:
    curl = client_of("curl", "curl")
    if "HTTP2" not in answer_of(curl, "--version"):
        pytest.skip("this curl cannot offer HTTP/2: it was not tried")
    sent = (curl, "-sv", "--http2", f"{rex.base_url}/capture", "-w", "%{stderr}< %{http_code}\n")
    head = ("-H", "Content-Type: application/json", "-d", lead_of("curl@example.com"))
    done = subprocess.run((*sent, *head), capture_output=True, text=True, timeout=SECONDS_MAX)

    assert "> Upgrade: h2c" in done.stderr
    assert_captured(rex, f"{done.stderr.split('< ')[-1].strip()} {done.stdout}", "curl@example.com")


def test_the_jdk_s_http_client_by_its_defaults_captures(rex: Rex) -> None:
    client_of("javac", "default-jdk-headless")  # which `java` starts a source file with
    java = client_of("java", "default-jdk-headless")
    source, email = str(CLIENTS / "Capture.java"), "jdk@example.com"
    printed = answer_of(java, source, f"{rex.base_url}/capture", lead_of(email))
    assert_captured(rex, printed, email)


def test_fetch_of_node_captures(rex: Rex) -> None:
    node = client_of("node", "nodejs")
    source, email = str(CLIENTS / "capture.mjs"), "node@example.com"
    printed = answer_of(node, source, f"{rex.base_url}/capture", lead_of(email))
    assert_captured(rex, printed, email)
