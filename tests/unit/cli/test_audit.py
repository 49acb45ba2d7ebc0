"""`streamward audit` over a log on disk, as a user types it."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streamward.audit.journal import JournalWriter
from streamward.cli import app
from streamward.errors import InvalidArgument, NotFound, Unavailable
from tests.conftest import require_gateway
from tests.support.leaves import Access
from tests.support.log import denied


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_gateway()
    folder = tmp_path_factory.mktemp("audit")
    reading, writing = Access(1), Access(2, "alice", action="Write")
    writer = JournalWriter(folder)
    for leaf in (
        reading.opened(1_000),
        writing.opened(1_000),
        reading.moved(2_000, 2_500, (0, 0, 9, 10, 100)),
        writing.moved(2_000, 2_500, (0, 10, 19, 10, 100)),
        denied(3_000, "mallory", "orders"),
        reading.moved(4_000, 4_500, (0, 10, 14, 5, 50)),
    ):
        writer.record(leaf)
    writer.close()
    return folder


def run(log: Path, *words: str) -> Result:
    result = CliRunner().invoke(app, ["audit", *words, "--audit-dir", str(log)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_exposure_as_json_has_each_range_and_its_entries(log: Path) -> None:
    words = ("exposure", "--principal", "mallory", "--entries", "--json")
    answer = json.loads(run(log, *words).stdout)

    (line,) = answer["lines"]
    assert line["partitions"][0]["ranges"] == [["0", "14"]]
    assert (line["partitions"][0]["records"], line["partitions"][0]["bytes"]) == ("15", "150")
    assert line["entries"] == {"opened": ["0"], "first": "2", "last": "5", "indexes": ["2", "5"]}
    assert answer["complete"] is True
    assert answer["log"]["entries"] == "6"


def test_exposure_of_a_time_and_of_offsets(log: Path) -> None:
    until = run(log, "exposure", "--principal", "mallory", "--to", "1970-01-01T00:00:03Z")
    who = run(log, "exposure", "--stream", "cards", "--partition", "0", "--offsets", "12-13")

    assert "[0] 0–9" in until.stdout
    assert "10 records, 100 B" in until.stdout
    assert "12–13" in who.stdout
    assert "by       mallory from 10.0.0.9 with mallory-key" in who.stdout
    assert "by       alice from 10.0.0.9" in who.stdout
    assert "exact: every offset is known" in until.stdout


def test_a_report_is_written(log: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.md"
    run(log, "exposure", "--credential", "mallory-key", "--report", str(page))

    assert page.read_text().startswith("# What was exposed")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name a `--principal`"),
        (("--stream", "cards", "--offsets", "9-1"), "ends before it begins"),
        (("--stream", "cards", "--offsets", "all"), "is no range of offsets"),
        (("--principal", "mallory", "--from", "yesterday"), "is no time"),
    ],
)
def test_a_question_without_a_meaning_is_refused(
    log: Path, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InvalidArgument, match=message):
        run(log, "exposure", *words)


def test_search_finds_pages_and_says_how_to_go_on(log: Path) -> None:
    first = run(log, "search", "--principal", "mallory", "--limit", "2")
    second = run(log, "search", "--principal", "mallory", "--limit", "2", "--before", "4")
    as_json = run(log, "search", "--decision", "allow", "--kind", "access_opened", "--json")

    assert "older ones: --before 4" in first.stdout
    assert [line.split()[0] for line in second.stdout.splitlines()[:2]] == ["2", "0"]
    leaves = [json.loads(line)["streaming"] for line in as_json.stdout.splitlines()]
    assert [leaf["principal"] for leaf in leaves] == ["alice", "mallory"]
    with pytest.raises(InvalidArgument, match="is not a kind"):
        run(log, "search", "--kind", "nothing")


def test_show_prints_an_entry_and_raw_its_bytes(log: Path) -> None:
    shown, raw = run(log, "show", "4"), run(log, "show", "4", "--raw")

    assert "mallory" in shown.stdout.splitlines()[0]
    assert raw.stdout == denied(3_000, "mallory", "orders").decode() + "\n"
    with pytest.raises(NotFound, match="no entry `99`"):
        run(log, "show", "99")


def test_follow_goes_on_where_it_was(log: Path, tmp_path: Path) -> None:
    words = ("follow", "--cursor", str(tmp_path / "cursor"), "--until-end", "--numbered")
    first, second = run(log, *words), run(log, *words)

    lines = [json.loads(line) for line in first.stdout.splitlines()]
    assert [line["entry"] for line in lines] == ["0", "1", "2", "3", "4", "5"]
    assert lines[4]["event"]["streaming"]["kind"] == "denied"
    assert second.stdout == ""


def test_export_takes_a_time_and_kinds_and_leaves_no_partial_file(
    log: Path, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    since = ("--since", "1970-01-01T00:00:02Z")
    told = run(log, "export", "--format", "csv", "--output", str(table), *since)
    some = run(log, "export", "--kind", "denied", *since)

    assert "4 entries" in told.stdout
    assert len(table.read_text().splitlines()) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    assert json.loads(some.stdout)["streaming"]["principal"] == "mallory"
    with pytest.raises(InvalidArgument, match="is no format"):
        run(log, "export", "--format", "xml")
    with pytest.raises(Unavailable, match="can't be written"):
        run(log, "export", "--output", str(tmp_path / "none" / "file"))


def test_a_name_that_no_entry_has_is_told_of(log: Path) -> None:
    known = run(log, "exposure", "--principal", "mallory").stdout
    assert "no entry names" not in known

    unknown = run(log, "exposure", "--principal", "mallroy").stdout

    assert "nothing was read or written" in unknown
    assert "no entry names the principal `mallroy`" in unknown


def altered_index(log: Path, *statements: str) -> None:
    """As whoever can write to the directory could."""
    connection = sqlite3.connect(log / "index" / "index.sqlite")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_fresh_answer_is_the_log_s_whatever_the_index_says(log: Path, tmp_path: Path) -> None:
    log = shutil.copytree(log, tmp_path / "copy")
    asked = ("exposure", "--principal", "mallory", "--json")
    before = json.loads(run(log, *asked).stdout)
    altered_index(log, "delete from ranges", "delete from runs")

    fresh = json.loads(run(log, *asked, "--fresh").stdout)

    assert before["lines"]
    assert fresh == before
    with pytest.raises(InvalidArgument):
        run(log, *asked, "--fresh", "--index", str(log / "other"))


def test_an_index_that_ends_where_the_log_does_not_reach_says_so(log: Path, tmp_path: Path) -> None:
    log = shutil.copytree(log, tmp_path / "copy")
    run(log, "exposure", "--principal", "mallory")
    altered_index(log, "update about set value = '0:9999999:99' where name = 'cursor'")

    with pytest.raises(Unavailable, match="the log was cut or rolled back"):
        run(log, "exposure", "--principal", "mallory")
