"""Tables for people: what doesn't fit is folded, and never cut."""

import sys
from typing import Final

from rich.console import Console
from rich.table import Table

NO_TERMINAL_COLUMNS: Final = 1_000
"""How wide a line may be where nobody's screen says: in a pipe a row is a line."""


def table_console() -> Console:
    """Where tables go."""
    width = None if sys.stdout.isatty() else NO_TERMINAL_COLUMNS
    return Console(highlight=False, width=width)


def grid(*columns: str) -> Table:
    """A table without lines."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
