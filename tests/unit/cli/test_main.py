import sys
from collections.abc import Callable

import pytest

from streamward import __version__, cli
from streamward.audit.report import plain
from streamward.errors import BundleInvalid, StreamwardError, Unavailable


def run(*words: str) -> int:
    """The exit code of a command line."""
    before, sys.argv = sys.argv, ["streamward", *words]
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        sys.argv = before
    return 0


def failing(error: StreamwardError) -> Callable[..., None]:
    def command(*_: object, **__: object) -> None:
        raise error

    return command


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"streamward {__version__}\n"


def test_an_error_is_told_once_with_its_causes_and_the_way_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = Unavailable("the log can't be written")
    error.__cause__ = OSError("disk full")
    error.__cause__.__cause__ = OSError("disk full")
    monkeypatch.setattr(cli, "app", failing(error))

    assert run() == 1

    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["error: the log can't be written", "  because: disk full"]
    assert lines[2:] == ["help: See the cause above; nothing was changed."]


def test_a_cause_that_says_no_more_than_the_error_is_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    core_error = type("CoreError", (Exception,), {})
    told = Unavailable("the request can't be read: `hour` goes from 0 to 23")
    told.__cause__ = core_error("policy.request", "`hour` goes from 0 to 23")
    told.__cause__.__cause__ = core_error("code", "something else")
    monkeypatch.setattr(cli, "app", failing(told))

    assert run() == 1

    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == [
        "error: the request can't be read: `hour` goes from 0 to 23",
        "  because: something else",
    ]


def test_what_the_machine_refuses_is_told_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["streamward", "init", "/dev/null/bundle"])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert told.startswith("error: not a directory: `/dev/null/bundle`")
    assert "Traceback" not in told


def test_every_mistake_of_a_bundle_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = BundleInvalid("the bundle has mistakes")
    error.mistakes = ("a.yaml:1:1: error: one", "b.yaml:2:2: error: two")
    monkeypatch.setattr(cli, "app", failing(error))

    assert run() == 1
    assert capsys.readouterr().err.count("error: ") == 3


def test_a_word_that_is_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("no-such-command") == 2


@pytest.mark.parametrize(
    "words", [[], ["gateway"], ["audit"], ["contain"], ["detect"], ["identity"], ["policy"]]
)
def test_every_group_explains_itself(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words, "--help") == 0
    assert "Usage: streamward" in capsys.readouterr().out


def test_a_name_from_a_peer_can_not_steer_the_terminal() -> None:
    assert plain("a\x1b[2Jb\nc\u202ed") == "a�[2Jb�c�d"
    assert plain("zürich.payments") == "zürich.payments"
