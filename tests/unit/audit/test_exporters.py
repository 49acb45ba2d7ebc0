"""Every exporter writes the same entries, all of them, in order."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from streamward.audit.exporters import EXPORTERS
from streamward.audit.exporters.csv_table import CsvTable
from streamward.model.event import Entry
from tests.support.leaves import Access
from tests.support.log import denied

ACCESS = Access(7)
LEAVES = [
    ACCESS.opened(1_000),
    ACCESS.moved(2_000, 2_900, (0, 0, 9, 10, 2**53 + 1), (1, "unknown", "unknown", 3, 30)),
    denied(3_000, "=cmd('calc')", 'a,b\n"c"'),
    b"{}",
]
ENTRIES = [Entry(index, leaf) for index, leaf in enumerate(LEAVES, 5)]


def from_jsonl(content: bytes, _: Path) -> list[bytes]:
    return content.splitlines()


def from_csv(content: bytes, _: Path) -> list[bytes]:
    return [row["event"].encode() for row in csv.DictReader(io.StringIO(content.decode()))]


def from_parquet(content: bytes, folder: Path) -> list[bytes]:
    return [row["event"].encode() for row in parquet_rows(content, folder)]


def parquet_rows(content: bytes, folder: Path) -> list[dict[str, Any]]:
    (folder / "table.parquet").write_bytes(content)
    with duckdb.connect() as connection:
        found = connection.execute(f"select * from '{folder}/table.parquet'")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


READERS: dict[str, Callable[[bytes, Path], list[bytes]]] = {
    "ocsf-jsonl": from_jsonl,
    "csv": from_csv,
    "parquet": from_parquet,
}


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda each: each.id)
def test_each_entry_leaves_once_in_order_and_as_it_is(exporter: Any, tmp_path: Path) -> None:
    output = io.BytesIO()
    count = exporter().write(iter(ENTRIES), output)

    assert count == len(LEAVES)
    assert READERS[exporter.id](output.getvalue(), tmp_path) == LEAVES


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda each: each.id)
def test_nothing_to_export_is_an_empty_export(exporter: Any, tmp_path: Path) -> None:
    output = io.BytesIO()

    assert exporter().write(iter(()), output) == 0
    assert READERS[exporter.id](output.getvalue(), tmp_path) == []


def test_columns_of_a_roll_up_have_sums_and_its_ranges(tmp_path: Path) -> None:
    output = io.BytesIO()
    next(each for each in EXPORTERS if each.id == "parquet")().write(ENTRIES, output)  # type: ignore[call-arg]
    rows = parquet_rows(output.getvalue(), tmp_path)

    assert [row["entry"] for row in rows] == [5, 6, 7, 8]
    assert (rows[1]["records"], rows[1]["bytes"]) == (13, 2**53 + 31)
    assert (rows[1]["start_time"], rows[1]["end_time"]) == (2_000, 2_900)
    assert json.loads(rows[1]["ranges"])[1]["first"] == "unknown"
    assert json.loads(rows[0]["rules"]) == ["grant:readers#1"]
    assert rows[2]["resource"] == 'a,b\n"c"'


def test_no_cell_of_a_table_is_a_formula() -> None:
    output = io.BytesIO()
    CsvTable().write(ENTRIES, output)

    rows = list(csv.DictReader(io.StringIO(output.getvalue().decode())))
    assert rows[2]["principal"] == "'=cmd('calc')"
