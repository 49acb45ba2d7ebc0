"""A columnar file for analytics."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, ClassVar

import duckdb
import msgspec

from streamward.audit.exporters.columns import COLUMNS, NUMBERS, TIMES, row
from streamward.errors import Unavailable
from streamward.model.event import Entry


class Parquet:
    """Parquet with zstd, written by DuckDB from a temporary file of rows."""

    id: ClassVar[str] = "parquet"

    def write(self, entries: Iterable[Entry], output: BinaryIO) -> int:
        """One entry a row; gives how many. Raises Unavailable where it can't be written."""
        count = 0
        with tempfile.TemporaryDirectory(prefix="streamward-export-") as folder:
            rows, table = Path(folder) / "rows.jsonl", Path(folder) / "table.parquet"
            with rows.open("wb") as file:
                for entry in entries:
                    file.write(msgspec.json.encode(row(entry)) + b"\n")
                    count += 1
            try:
                _convert(rows, table)
            except duckdb.Error as error:
                raise Unavailable("the Parquet file can't be written") from error
            with table.open("rb") as file:
                shutil.copyfileobj(file, output)
        return count


def _convert(rows: Path, table: Path) -> None:
    whole = {*NUMBERS, *TIMES, "count", "records", "bytes"}
    types = {name: "BIGINT" if name in whole else "VARCHAR" for name in COLUMNS}
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    with duckdb.connect() as connection:
        connection.execute("set autoinstall_known_extensions = false")
        connection.execute(
            f"copy (select * from read_json('{rows}', format = 'newline_delimited', "  # noqa: S608
            f"columns = {{{columns}}}, maximum_object_size = 1048576) order by entry) "
            f"to '{table}' (format parquet, compression zstd)"
        )
