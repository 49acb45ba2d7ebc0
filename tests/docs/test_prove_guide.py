"""The guide to proofs runs as it is written, and shows what is really printed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "prove-the-policy.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def test_the_guide_shows_what_is_printed(tmp_path: Path) -> None:
    pytest.importorskip("streamward._core")
    command = tmp_path / "bin" / "streamward"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m streamward "$@"\n')
    command.chmod(0o755)
    shutil.copytree(ROOT / "examples" / "payments", tmp_path / "examples" / "payments")
    shutil.copytree(ROOT / "examples" / "payments", tmp_path / "before")
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"}
    (grant,) = [text for text in blocks("yaml") if text.startswith("kind: Grant")]

    printed = []
    for script in blocks("sh"):
        finished = subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=tmp_path,
            env=environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert finished.returncode == 0, finished.stdout
        printed.append(finished.stdout)
        (tmp_path / "examples" / "payments" / "refunds.yaml").write_text(grant)

    assert "fails" not in printed[0]
    for shown, output in zip(blocks("text"), printed[1:], strict=True):
        *told, code = shown.splitlines(keepends=True)
        assert "".join(told) in output
        assert output.endswith(code)
