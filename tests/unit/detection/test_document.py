"""Mistakes in detections and containment rules, found in a bundle as a user writes it."""

import shutil
from pathlib import Path

import pytest

from streamward.app import read_bundle

ROOT = Path(__file__).resolve().parents[3]
RULE = """kind: Containment
id: stop
on: probing
verb: revoke
target: principal
expires_after: 30m
owner: on call
reason: why
never: [security-oncall]
"""
PROBING = "kind: Detection\nid: probing\ndetector: denial_burst\n"


def mistakes(folder: Path, file: str, text: str) -> list[str]:
    """What is wrong in the example with one of its files replaced."""
    bundle = folder / "bundle"
    shutil.copytree(ROOT / "examples" / "payments", bundle)
    (bundle / file).write_text(text)
    found = read_bundle(bundle, materials=False).mistakes
    return [f"{one} ({one.suggestion})" for one in found if one.place.file == file]


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("detector: denial_burst", "detector: denial_bursts"), 3, "did you mean `denial_burst`"),
        (
            ("", "settings: {stream: 4}\n"),
            4,
            "has no setting `stream` (it has `streams`, `window`)",
        ),
        (("", "settings: {streams: 1}\n"), 4, "greater than or equal to 2"),
        (("", "settings:\n  window: soon\n"), 5, "`soon` is not a duration"),
        (("", "quiet: 5\n"), 4, "write it as"),
        (("", "severity: terrible\n"), 4, "severity"),
        (("", "more: 1\n"), 4, "more"),
    ],
)
def test_a_mistake_in_a_detection_is_reported_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, words: str
) -> None:
    text = PROBING.replace(*change) if change[0] else PROBING + change[1]

    found = mistakes(tmp_path, "detections.yaml", text)

    assert any(f"detections.yaml:{line}:" in one and words in one for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("on: probing", "on: probin", 3, "there is no detection `probin`"),
        ("on: probing", "on: [probing, nothing]", 3, "there is no detection `nothing`"),
        ("verb: revoke", "verb: quarantine", 1, "needs `target: stream`"),
        ("target: principal", "target: credential", 1, "no alert is about a credential"),
        ("[security-oncall]", "[nobody]", 9, "nobody"),
        ("never: [security-oncall]", "", 4, "may revoke every principal"),
        ("expires_after: 30m", "expires_after: never", 6, "write it as"),
        (
            "verb: revoke\ntarget: principal",
            "verb: quarantine\ntarget: stream",
            5,
            "alerts of `probing` are about a principal",
        ),
    ],
)
def test_a_mistake_in_a_containment_rule_is_reported_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    found = mistakes(tmp_path, "containment.yaml", RULE.replace(old, new))

    assert any(f"containment.yaml:{line}:" in one and words in one for one in found), found


def test_the_example_has_no_mistakes_and_neither_has_the_rule(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "containment.yaml", RULE) == []


def test_a_sigma_rule_that_takes_the_id_of_a_detection_is_a_mistake(tmp_path: Path) -> None:
    rule = (ROOT / "examples/payments/detections/door-denied.yml").read_text()

    (found,) = mistakes(tmp_path, "detections/probing.yml", rule)

    assert "there is a detection `probing` already" in found
