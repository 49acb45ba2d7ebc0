"""What is asked wrongly is told, with what to do instead, and never ends in a traceback."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streamward.cli import app
from streamward.errors import InvalidArgument, NotFound, StreamwardError
from streamward.policy import parse_context, parse_resource, undeclared
from tests.support.small_bundles import small_bundle

pytest.importorskip("streamward._core")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bundle")
    small_bundle(made, check=False)
    return made


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["policy", *map(str, words)])


@pytest.mark.parametrize("name", ["missing/file", "folder"])
def test_a_file_that_can_not_be_written_is_told(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    for words in (("matrix", folder, "--write"), ("test", folder, "--junit")):
        said = run(*words, tmp_path / name)
        assert isinstance(said.exception, InvalidArgument)
        assert str(said.exception) == f"`{tmp_path / name}` can't be written"


def test_a_matrix_that_is_not_there_was_not_reviewed(folder: Path, tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\x00")

    for file, told in (
        (tmp_path / "none.txt", "there is no file"),
        (binary, "can't be read as text"),
        (tmp_path, "can't be read as text"),
    ):
        said = run("matrix", folder, "--check", file)
        assert isinstance(said.exception, StreamwardError)
        assert told in str(said.exception)
        assert str(file) in str(said.exception)


@pytest.mark.parametrize(
    ("name", "near"),
    [("new", "news"), ("News", "news"), ("news", None), ("pay.card", None), ("other", None)],
)
def test_a_stream_that_nobody_declares_may_be_meant_otherwise(
    folder: Path, name: str, near: str | None
) -> None:
    bundle = small_bundle(folder, check=False)
    said = undeclared(bundle, parse_resource(bundle, name))
    assert said == (
        None if near is None else f"no document declares a stream `{name}`: did you mean `{near}`?"
    )
    assert undeclared(bundle, parse_resource(bundle, "group:new")) is None


def test_the_answer_about_an_undeclared_stream_stays_as_it_is(folder: Path) -> None:
    said = run("who-can", folder, "--do", "read", "--on", "new", "--json")
    assert said.exit_code == 0
    assert said.stderr == "note: no document declares a stream `new`: did you mean `news`?\n"
    assert said.stdout.startswith("{")


@pytest.mark.parametrize(
    ("old", "told"),
    [
        ("HEAD", "`HEAD` is no folder and no applied version of the bundle in"),
        ("7", "`7` is no folder and no applied version of the bundle in"),
        ("no-such-branch:x", "git has no revision `no-such-branch` here"),
        ("HEAD:no/such/folder", "there is no folder `no/such/folder` in revision `HEAD`"),
        ("no/such/folder", "there is no folder `no/such/folder`"),
    ],
)
def test_an_old_side_that_is_nothing_is_named(folder: Path, old: str, told: str) -> None:
    said = run("diff", old, folder, "--bundle", folder, "--state-dir", folder / "state")
    assert isinstance(said.exception, NotFound)
    assert str(said.exception).startswith(told)


def test_a_source_that_is_no_address_is_named() -> None:
    with pytest.raises(InvalidArgument, match=r"`source` is an IP address, .* not `999\.1\.1\.1`"):
        parse_context(["source=999.1.1.1"])
    assert parse_context(["source=2001:db8::1"]) == {"source": "2001:db8::1"}
