"""The guide for the day after a breach: each of its commands runs, over the log that it makes."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import streamward
from streamward.audit.transparency import Trust, check_proof, own_key
from tests.conftest import require_gateway

SOURCE = Path(streamward.__file__).parent.parent
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "breach.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCK.findall(GUIDE.read_text()) for line in block.splitlines()]


def run(folder: Path, command: str) -> str:
    """What a command prints; `> FILE` at its end is done as a shell would."""
    line, _, target = command.partition(" > ")
    words = shlex.split(line)
    assert words[0] == "streamward"
    finished = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, (command, finished.stdout, finished.stderr)
    if target:
        (folder / target).write_text(finished.stdout)
    return finished.stdout


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    require_gateway()
    folder = tmp_path_factory.mktemp("breach")
    return folder, {command: run(folder, command) for command in COMMANDS}


def test_each_command_prints_what_the_guide_says(printed: tuple[Path, dict[str, str]]) -> None:
    folder, outputs = printed
    told = dict(enumerate(outputs.values()))

    assert len(told) == len(COMMANDS) == 12
    assert "too many failed attempts" in told[1]
    assert "alert" in told[1]
    assert all("failure" in line for line in told[2].splitlines())
    assert "127.0.0.66" in told[3]
    assert '"kind": "lifecycle"' in told[4]
    for answer in (told[5], told[6]):
        assert "Write  payments.transactions" in answer
        assert "exact: every offset is known" in answer
    assert "10–20" in told[7]
    assert json.loads((folder / "exposure.json").read_text())["complete"] is True
    assert (folder / "exposure.md").read_text().startswith("# What was exposed")
    assert (folder / "entries.parquet").read_bytes()[:4] == b"PAR1"


def test_each_entry_below_the_answer_is_proved(printed: tuple[Path, dict[str, str]]) -> None:
    folder, _ = printed
    trust = Trust(keys=(own_key(folder / "demo-log"),))
    answer = json.loads((folder / "exposure.json").read_text())
    named = {
        index
        for line in answer["lines"]
        for index in (*line["entries"]["opened"], *line["entries"]["indexes"])
    }

    assert {path.stem for path in (folder / "proofs").iterdir()} == named
    for path in (folder / "proofs").iterdir():
        assert check_proof(path.read_bytes(), trust)["index"] == int(path.stem)
