"""What a table says is never cut off."""

import pytest

from streamward.cli.tables import grid, table_console


def test_where_nobody_has_a_screen_a_row_is_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table = grid("ring", "state", "provider")
    table.add_row("r" * 60, "condemned", "p" * 60)

    table_console().print(table)

    assert capsys.readouterr().out.splitlines()[1].split() == ["r" * 60, "condemned", "p" * 60]


def test_on_a_narrow_screen_what_does_not_fit_is_folded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    table = grid("ring", "state")
    table.add_row("r" * 60, "condemned")

    table_console().print(table)

    assert capsys.readouterr().out.count("r") == 60 + len("r")
