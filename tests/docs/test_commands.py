"""What the pages say about commands is what the commands are, and the guide in the README runs."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from streamward.cli import app

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "docs" / "reference" / "cli.md"
PAGES = sorted(
    [ROOT / "README.md", *(page for page in (ROOT / "docs").rglob("*.md") if page != GENERATED)]
)
SHELL_BLOCK = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(streamward [^`]+)`")


def shell_lines(text: str) -> list[str]:
    blocks = "\n".join(SHELL_BLOCK.findall(text)).replace("\\\n", " ")
    return [line.strip().removeprefix("$ ") for line in blocks.splitlines() if line.strip()]


def mentioned(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    lines = [*shell_lines(text), *INLINE.findall(text)]
    return [line for line in lines if line.startswith("streamward ")]


def problem(line: str) -> str | None:
    """Why this line can't be typed: a command or an option that does not exist."""
    command: Any = typer.main.get_command(app)
    words = shlex.split(line.split("|")[0].split(" #")[0], comments=False)[1:]
    while words and (children := getattr(command, "commands", None)):
        if words[0].startswith("-"):
            break
        if words[0] not in children:
            return f"no command `{words[0]}`"
        command = children[words.pop(0)]
    options = {"--help"}
    for parameter in command.params:
        options |= {*parameter.opts, *parameter.secondary_opts}
    unknown = [
        word for word in words if word.startswith("--") and word.split("=")[0] not in options
    ]
    return f"no option `{unknown[0]}`" if unknown else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_mentions_exists_with_its_options(page: Path) -> None:
    wrong = {line: why for line in mentioned(page) if (why := problem(line))}

    assert wrong == {}


def test_a_command_or_an_option_that_does_not_exist_is_noticed() -> None:
    assert problem("streamward no-such-thing") == "no command `no-such-thing`"
    assert problem("streamward check DIR --no-such-option") == "no option `--no-such-option`"


def test_the_generated_reference_is_fresh() -> None:
    finished = subprocess.run(
        [sys.executable, "tools/generate_docs.py", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "src"},
        check=False,
        capture_output=True,
        text=True,
    )

    assert finished.returncode == 0, finished.stderr


def test_the_guide_in_the_readme_runs_up_to_a_checked_bundle(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    guide = text[text.index("## In front of your own Kafka") : text.index("## How it compares")]
    lines = shell_lines(guide)
    before_the_gateway = lines[: lines.index("streamward gateway run my-bundle")]
    assert len(before_the_gateway) == 3

    for line in before_the_gateway:
        finished = subprocess.run(
            [str(Path(sys.executable).parent / "streamward"), *shlex.split(line)[1:]],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
        )
        assert finished.returncode == 0, f"{line}: {finished.stdout}{finished.stderr}"

    named = re.findall(r"=(my-bundle/tls/ca\.pem)$", guide, re.MULTILINE)
    assert named != []
    assert [path for path in named if not (tmp_path / path).is_file()] == []
