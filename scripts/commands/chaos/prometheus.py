"""A real Prometheus with our alerts, for a while: it sees what an operator's would see."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import urllib.parse
from pathlib import Path
from typing import Any, Self

import urllib3

from scripts.checkout import CHECKOUT
from scripts.system.ports import free_port
from scripts.system.waiting import wait_until

RULES = CHECKOUT / "deploy" / "prometheus" / "alerts.yml"
#: What every `for:` of the rules is shortened to, since nobody waits for an hour here.
FOR = "2s"
_START_SECONDS = 30.0

_CONFIG = """
global: {scrape_interval: 1s, evaluation_interval: 1s, scrape_timeout: 1s}
rule_files: [alerts.yml]
scrape_configs:
  - job_name: rex
    honor_labels: true
    static_configs:
"""


class NoPrometheus(Exception):
    """The program is not installed."""


class Prometheus:
    """Scrapes these ports, by role, within a with block. Everything it keeps is removed after."""

    def __init__(self, ports: dict[str, int]) -> None:
        program = shutil.which("prometheus")
        if program is None:
            raise NoPrometheus("prometheus is not installed (Debian: apt install prometheus)")
        self._folder = tempfile.TemporaryDirectory(prefix="rex-prometheus-")
        folder = Path(self._folder.name)
        targets = [
            f'      - {{targets: ["127.0.0.1:{port}"], labels: {{role: {role}}}}}\n'
            for role, port in ports.items()
        ]
        (folder / "prometheus.yml").write_text(_CONFIG + "".join(targets))
        rules = re.sub(r"^( +for:) .*$", rf"\1 {FOR}", RULES.read_text(), flags=re.MULTILINE)
        (folder / "alerts.yml").write_text(rules)
        self._address = f"127.0.0.1:{free_port()}"
        self._command = [
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={self._address}",
        ]
        self._http = urllib3.PoolManager(retries=False, timeout=5)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if not wait_until(self._is_ready, _START_SECONDS, 0.1):
            raise TimeoutError("Prometheus did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def firing(self) -> dict[str, str]:
        """The alerts that fire, each with the metric, labels and value that made it."""
        found: dict[str, str] = {}
        for rule in self._rules():
            for alert in rule["alerts"]:
                if alert["state"] == "firing":
                    found[rule["name"]] = _metric_of(rule["query"], alert)
        return found

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query."""
        path = f"/api/v1/query?query={urllib.parse.quote(expression)}"
        found: list[dict[str, Any]] = self._get(path)["data"]["result"]
        return found

    def _rules(self) -> list[dict[str, Any]]:
        groups = self._get("/api/v1/rules?type=alert")["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def _is_ready(self) -> bool:
        try:
            answer = self._http.request("GET", f"http://{self._address}/-/ready")
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    def _get(self, path: str) -> dict[str, Any]:
        answer = self._http.request("GET", f"http://{self._address}{path}")
        value: dict[str, Any] = json.loads(answer.data)
        return value


def _metric_of(query: str, alert: dict[str, Any]) -> str:
    """The metric that an alert asks for, the labels of what fired, and the value."""
    if query.startswith("absent("):
        return query
    names = re.findall(r"\brex_\w+|\bup\b", query)
    labels = {
        k: v for k, v in alert["labels"].items() if k in ("role", "server", "queue", "reason")
    }
    shown = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{names[0]}{{{shown}}} {float(alert['value']):.3g}"
