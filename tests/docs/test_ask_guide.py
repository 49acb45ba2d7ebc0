"""The guide to asking the policy runs as it is written, and shows what is really printed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "ask-the-policy.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_guide_runs_and_shows_what_is_printed(tmp_path: Path) -> None:
    pytest.importorskip("streamward._core")
    shutil.copytree(ROOT / "examples" / "payments", tmp_path / "examples" / "payments")
    command = tmp_path / "bin" / "streamward"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m streamward "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"}
    printed: list[str] = []
    blocks = BLOCK.findall(GUIDE)
    assert {language for language, _ in blocks} == {"sh", "text"}

    for language, text in blocks:
        if language == "sh":
            finished = subprocess.run(
                ["sh", "-e", "-c", text],
                cwd=tmp_path,
                env=environment,
                check=False,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert finished.returncode == 0, f"{text}\n{finished.stdout}"
            printed = [line.rstrip() for line in finished.stdout.splitlines()]
        else:
            missing = [line for line in text.splitlines() if line.rstrip() not in printed]
            assert missing == [], "\n".join(printed)
