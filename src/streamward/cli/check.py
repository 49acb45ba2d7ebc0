"""`streamward check`: every mistake in a bundle, with its place and what to do."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from streamward.app import read_bundle
from streamward.bundle.report import document, failed, summary
from streamward.model.text import printable


def check_command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")
    ] = Path("."),
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON document.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors too.")] = False,
    without_materials: Annotated[
        bool,
        typer.Option("--without-materials", help="Don't look at keys, certificates, verifiers."),
    ] = False,
) -> None:
    """Report every mistake in a bundle at once, each with file, line and a suggestion.

    Exits with 1 when there are errors; with `--strict` also when there are warnings only.

    Examples:
        streamward check examples/payments

        streamward check . --strict --without-materials    # in continuous integration
    """
    loaded = read_bundle(directory, materials=not without_materials)
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.print_json(data=document(loaded, strict=strict))
    else:
        for mistake in loaded.mistakes:
            style = "bold red" if mistake.is_error else "yellow"
            line = Text(printable(f"{mistake.place}: "), style="bold")
            line += Text(f"{mistake.severity}: ", style=style) + Text(printable(mistake.what))
            console.print(line)
            if mistake.suggestion:
                console.print(Text(f"    {printable(mistake.suggestion)}", style="dim"))
        console.print(Text(summary(loaded)))
    if failed(loaded, strict=strict):
        raise typer.Exit(1)
