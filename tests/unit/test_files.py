"""A file is the old one or the new one, for its owner alone, whatever was lying beside it."""

import os
from pathlib import Path

import pytest

from streamward import files
from streamward.files import create_file, replace_file


def test_what_was_there_is_replaced_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state"
    replace_file(path, b"one")
    path.chmod(0o644)
    replace_file(path, b"two")

    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(path.parent) == ["state"]


def test_nothing_is_written_through_what_lies_in_the_way(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"not ours")
    (tmp_path / ".state.new").symlink_to(other)

    replace_file(tmp_path / "state", b"one")

    assert (tmp_path / "state").read_bytes() == b"one"
    assert other.read_bytes() == b"not ours"


def test_a_disk_that_is_full_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state"
    replace_file(path, b"one")

    def full(descriptor: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        replace_file(path, b"two")

    assert path.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["state"]


def test_the_first_who_makes_a_file_wins(tmp_path: Path) -> None:
    path = tmp_path / "key"
    create_file(path, b"one")
    create_file(path, b"two")

    assert path.read_bytes() == b"one"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["key"]
