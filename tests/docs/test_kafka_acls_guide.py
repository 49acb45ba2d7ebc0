"""The guide from Kafka's ACLs runs as it is written, and shows what is really printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "kafka-acls.md").read_text(encoding="utf-8")
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def block(language: str, beginning: str) -> str:
    """The one block of the guide that begins so."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    (found,) = [text for text in blocks if text.startswith(beginning)]
    return found


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block of commands prints, run one after the other as a reader would."""
    pytest.importorskip("streamward._core")
    folder = tmp_path_factory.mktemp("guide")
    command = folder / "bin" / "streamward"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m streamward "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"}
    (folder / "acls.txt").write_text(block("text", "Current ACLs"))
    outputs = []
    for script in SHELL.findall(GUIDE):
        finished = subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=folder,
            env=environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert finished.returncode == 0, f"{script}\n{finished.stdout}"
        outputs.append(finished.stdout)
        if (folder / "my-bundle").is_dir():
            (folder / "my-bundle" / "operators.yaml").write_text(block("yaml", "kind: Tenant"))
    return outputs


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_the_import_tells_what_the_guide_shows(printed: list[str]) -> None:
    assert lines(printed[1]) == lines(block("text", "outcome"))


def test_the_bundle_has_no_errors_and_only_the_warnings_that_the_guide_names(
    printed: list[str],
) -> None:
    known = ("has no credentials", "carries no data class", r"`audit\*`")
    warnings = [line for line in lines(printed[2]) if ": warning: " in line]

    assert ": error: " not in printed[2]
    assert [line for line in warnings if not any(what in line for what in known)] == []
    assert len(warnings) == 4


def test_decisions_are_those_that_the_guide_names(printed: list[str]) -> None:
    effects = [
        line.split()[0] for line in lines(printed[3]) if line.startswith(("allow ", "deny "))
    ]

    assert effects == ["allow", "allow", "deny", "allow"]
