"""A table for spreadsheets."""

import csv
import io
from collections.abc import Iterable
from typing import BinaryIO, ClassVar, Final

from streamward.audit.exporters.columns import COLUMNS, Value, row
from streamward.model.event import Entry

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class CsvTable:
    """RFC 4180, with a head."""

    id: ClassVar[str] = "csv"

    def write(self, entries: Iterable[Entry], output: BinaryIO) -> int:
        """One entry a row; gives how many."""
        text = io.TextIOWrapper(output, encoding="utf-8", newline="", write_through=True)
        count = 0
        try:
            table = csv.writer(text)
            table.writerow(COLUMNS)
            for entry in entries:
                table.writerow([_cell(value) for value in row(entry).values()])
                count += 1
        finally:
            text.detach()
        return count


def _cell(value: Value) -> Value:
    """SECURITY: a name that begins as a formula would be run by the spreadsheet that opens it."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
