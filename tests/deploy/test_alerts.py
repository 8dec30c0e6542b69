"""Alerts and board ask for metrics that exist; each alert is tried, explained, and has a remedy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Metric

from app.metrics.families import REGISTRY
from app.monitoring import facts

CHECKOUT = Path(__file__).resolve().parents[2]
PROMETHEUS = CHECKOUT / "deploy" / "prometheus"
_NAME = re.compile(r"\brex_[a-z_]+\b")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


ALERTS = [str(rule["alert"]) for rule in rules()]


def series_of(metric: Metric) -> set[str]:
    """The names that a family's samples have."""
    suffixes = {
        "counter": ("_total",),
        "gauge": ("",),
        "histogram": ("_bucket", "_count", "_sum"),
    }
    return {metric.name + suffix for suffix in suffixes[metric.type]}


def known() -> set[str]:
    counted = [name for metric in REGISTRY.collect() for name in series_of(metric)]
    looked_up = [each.name for each in vars(facts).values() if isinstance(each, facts.Family)]
    return {*counted, *looked_up}


def questions() -> Iterator[str]:
    """Every expression of the alerts and the board."""
    yield from (rule["expr"] for rule in rules())
    board = json.loads((CHECKOUT / "deploy" / "grafana" / "rex.json").read_text())
    yield from (target["expr"] for panel in board["panels"] for target in panel["targets"])


def test_alerts_and_board_ask_for_metrics_that_exist() -> None:
    asked = {name for expression in questions() for name in _NAME.findall(expression)}
    assert len(asked) > 20
    assert asked <= known()


def test_every_metric_is_explained() -> None:
    explained = set(_NAME.findall((CHECKOUT / "docs" / "metrics.md").read_text()))
    metrics = {re.sub("_(bucket|count|sum)$", "", name) for name in known()}
    assert metrics <= explained
    assert explained <= known() | metrics


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_tried_and_explained(alert: str) -> None:
    cases = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
    tried = [each for case in cases for each in case["alert_rule_test"]]
    expected = [each["exp_alerts"] for each in tried if each["alertname"] == alert]
    assert len(expected) == 2
    assert any(expected), "it fires"
    assert not all(expected), "it stays quiet"
    page = (CHECKOUT / "docs" / "alerts.md").read_text()
    section = page.partition(f"\n## {alert}\n")[2].partition("\n## ")[0]
    assert "**Do.**" in section


@pytest.mark.parametrize(
    "arguments", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")]
)
def test_promtool_accepts_the_rules(arguments: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    done = subprocess.run([promtool, *arguments], cwd=PROMETHEUS, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
