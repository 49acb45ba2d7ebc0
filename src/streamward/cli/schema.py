"""`streamward schema`: what a bundle may say, for editors."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streamward.app import document_kinds
from streamward.bundle.schema import export

app = typer.Typer(no_args_is_help=True, help="JSON Schema of the documents of a bundle.")


@app.callback()
def _group() -> None:
    """JSON Schema of the documents of a bundle."""


@app.command("export")
def export_command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the schemas are written.")
    ],
) -> None:
    """Write one JSON Schema per kind, and `bundle.schema.json` for any of them.

    An editor that knows YAML schemas then completes fields and marks mistakes while you type.

    Example:
        streamward schema export .schemas
    """
    console = Console(soft_wrap=True, highlight=False)
    for path in export(document_kinds(), directory):
        console.print(str(path), markup=False)
