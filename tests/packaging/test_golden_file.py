"""A golden file is compared, never silently written."""

from pathlib import Path

import pytest

from tests.golden_file import ENVIRONMENT_VARIABLE, assert_golden


@pytest.fixture(autouse=True)
def comparing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)


def test_the_same_text_passes_and_another_fails(tmp_path: Path) -> None:
    (tmp_path / "matrix.txt").write_text("allow\n", encoding="utf-8")

    assert_golden("matrix.txt", "allow\n", tmp_path)
    with pytest.raises(AssertionError, match="make golden"):
        assert_golden("matrix.txt", "deny\n", tmp_path)


def test_a_missing_file_fails_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no golden file"):
        assert_golden("matrix.txt", "allow\n", tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_make_golden_rewrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "rewrite")

    assert_golden("matrix.txt", "deny\n", tmp_path)

    assert (tmp_path / "matrix.txt").read_text(encoding="utf-8") == "deny\n"
