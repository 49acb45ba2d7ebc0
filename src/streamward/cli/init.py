"""`streamward init`: a first bundle."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streamward.bundle.create import create


def init_command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that is empty or isn't there yet.")
    ],
) -> None:
    """Write a commented starter bundle that passes the check.

    Example:
        streamward init my-bundle
    """
    console = Console(soft_wrap=True, highlight=False)
    for path in create(directory):
        console.print(str(path), markup=False)
    console.print(
        f"\nNext: `streamward dev certificates {directory}` for development, "
        f"then `streamward check {directory}`.",
        markup=False,
    )
