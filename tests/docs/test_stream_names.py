"""Programs in guides write to the streams that the guide declares.

A stream that the bundle neither signs nor seals passes as it is: with another name, the program
would show how to write what nobody signed.
"""

import re
from pathlib import Path

import pytest

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
BLOCK = re.compile(r"^```(yaml|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
DECLARED = re.compile(r"^kind: Stream\nname: (\S+)", re.MULTILINE)
USED = re.compile(
    r"\.(?:produce|send|send_and_wait)\(\s*\"([^\"]+)\"|\.subscribe\(\[\"([^\"]+)\"\]"
)


def names(text: str) -> tuple[set[str], set[str]]:
    """The streams that a guide declares, and those that its programs use."""
    declared: set[str] = set()
    used: set[str] = set()
    for language, block in BLOCK.findall(text):
        if language == "yaml":
            declared.update(DECLARED.findall(block))
        else:
            used.update(name or other for name, other in USED.findall(block))
    return declared, used


PROGRAMS = [path for path in sorted(GUIDES.glob("*.md")) if names(path.read_text("utf-8"))[1]]


def test_guides_with_programs_are_found() -> None:
    assert {"signing.md", "end-to-end.md"} <= {path.name for path in PROGRAMS}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_programs_use_the_streams_that_are_declared(path: Path) -> None:
    declared, used = names(path.read_text("utf-8"))
    assert used - declared == set()
