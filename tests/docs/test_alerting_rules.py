"""The alerting rules that users may load name figures that there are."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from streamward.audit.compiled import core

RULES = Path(__file__).resolve().parents[2] / "examples" / "prometheus" / "streamward.rules.yaml"


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load(RULES.read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def figures() -> dict[str, set[str]]:
    """Every series that a scrape may hold, with its labels."""
    found = {"up": {"job"}}
    for one in json.loads(core().metric_reference()):
        suffixes = ("_bucket", "_count", "_sum") if one["type"] == "histogram" else ("",)
        found |= {one["name"] + suffix: {*one["labels"], "le"} for suffix in suffixes}
    return found


def test_every_rule_is_one_that_prometheus_takes() -> None:
    assert len({rule["alert"] for rule in rules()}) == len(rules()) > 0
    for rule in rules():
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"]


def test_rules_name_figures_and_labels_that_there_are() -> None:
    known = figures()
    for rule in rules():
        series = re.findall(r"(?:streamward_\w+|up(?=\{))", rule["expr"])
        assert series != [], rule["alert"]
        assert set(series) <= known.keys(), rule["alert"]
        labels = re.findall(r"(\w+)=\"", rule["expr"])
        labels += re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
        assert all(set(labels) <= known[name] for name in series), rule["alert"]
