"""A small bundle without mistakes, to be spoiled."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "bundle"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN, tmp_path / "bundle"))


@pytest.fixture
def spoil(folder: Path) -> Callable[[str, str, str], str]:
    """Replace one text in one file; with nothing to replace, add to the end. Gives the new text."""

    def change(file: str, old: str, new: str) -> str:
        path = folder / file
        text = path.read_text() if path.exists() else ""
        assert text.count(old) >= 1, f"`{old}` is not in {file}"
        text = text.replace(old, new, 1) if old else text + new
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return text

    return change
