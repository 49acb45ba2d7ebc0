"""The guide on mistakes: each change is made, each command run, and it prints what is told."""

import datetime
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from streamward import clock
from streamward.cli import app
from tests.conftest import require_gateway

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guides" / "policy-mistakes.md"
BLOCK = re.compile(r"^```(diff|sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOW = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.UTC)


class Lesson(NamedTuple):
    diff: str
    command: str
    told: str


def lessons() -> list[Lesson]:
    blocks = BLOCK.findall(GUIDE.read_text())
    assert [kind for kind, _ in blocks] == ["diff", "sh", "text"] * 5
    texts = [text for _, text in blocks]
    return [Lesson(*texts[at : at + 3]) for at in range(0, len(texts), 3)]


@pytest.fixture(autouse=True)
def _december() -> Iterator[None]:
    with clock.as_of(int(NOW.timestamp() * 1000)):
        yield


@pytest.mark.parametrize("lesson", lessons(), ids=range(1, 6))
def test_the_mistake_is_told_as_the_guide_says(lesson: Lesson, tmp_path: Path) -> None:
    require_gateway()
    head, *lines = lesson.diff.splitlines()
    example, _, file = head.removeprefix("--- ").removeprefix("examples/").partition("/")
    folder = Path(shutil.copytree(ROOT / "examples" / example, tmp_path / example))
    old = "".join(f"{line[1:]}\n" for line in lines if line.startswith("-"))
    new = "".join(f"{line[1:]}\n" for line in lines if line.startswith("+"))
    text = (folder / file).read_text()
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new))

    words = lesson.command.split()[1:]
    printed = CliRunner().invoke(
        app, [w.replace(f"examples/{example}", str(folder)) for w in words]
    )

    assert printed.exception is None or isinstance(printed.exception, SystemExit)
    for line in lesson.told.splitlines():
        assert line in printed.output, printed.output
