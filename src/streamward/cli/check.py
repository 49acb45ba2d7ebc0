"""`streamward check`: every mistake in a bundle, with its place and what to do."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from streamward.app import bundle_at, check_live, read_bundle, unapproved_changes
from streamward.bundle.report import document, failed, summary
from streamward.cli import check_live as live_report
from streamward.clock import as_of, now_milliseconds
from streamward.model.document import Mistake
from streamward.model.moment import parse_moment
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
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="DATE", help="As of this day: what will have expired, or be overdue."
        ),
    ] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="Also connect to the brokers: they must refuse all but the gateway."
        ),
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="OLD",
            help="Also refuse what nobody approved of the changes since a folder, `REVISION:FOLDER`"
            " of git, or an applied version.",
        ),
    ] = None,
) -> None:
    """Report every mistake in a bundle at once, each with file, line and a suggestion.

    With `--live`, and where the bundle has no error, every listener of every broker is tried: as
    nobody, with credentials that nobody gave out, and as the cluster's `probe`.

    With `--against`, more access to a class of data for which the bundle asks an approval, or a
    clearer sight of it, is a mistake as long as no document of kind Approval covers it.

    Exits with 1 when there are errors; with `--strict` also when there are warnings only.

    Examples:
        streamward check examples/payments

        streamward check . --strict --without-materials    # in continuous integration

        streamward check . --against main:. --without-materials    # in a pull request

        streamward check . --live --json

        streamward check . --on 2027-01-01
    """
    now = now_milliseconds()
    with as_of(now if on is None else parse_moment(on, now)):
        loaded = read_bundle(directory, materials=not without_materials)
        if against is not None and not loaded.errors:
            before = bundle_at(against, directory)
            more = tuple(unapproved_changes(loaded.bundle, before))
            loaded = replace(loaded, mistakes=(*loaded.mistakes, *more))
    console = Console(soft_wrap=True, highlight=False)
    wrong = failed(loaded, strict=strict)
    checked = check_live(loaded.valid()) if live and not wrong else ()
    if as_json:
        report = document(loaded, strict=strict)
        console.print_json(
            data=report | {"live": live_report.document(checked)} if live else report
        )
    else:
        show_mistakes(console, loaded.mistakes)
        console.print(Text(summary(loaded)))
        live_report.show(console, checked)
    if wrong or live_report.failed(checked, strict=strict):
        raise typer.Exit(1)


def show_mistakes(console: Console, mistakes: Iterable[Mistake]) -> None:
    """Each with its place, and what to do about it."""
    for mistake in mistakes:
        style = "bold red" if mistake.is_error else "yellow"
        line = Text(printable(f"{mistake.place}: "), style="bold")
        line += Text(f"{mistake.severity}: ", style=style) + Text(printable(mistake.what))
        console.print(line)
        if mistake.suggestion:
            console.print(Text(f"    {printable(mistake.suggestion)}", style="dim"))
        if mistake.remedy:
            console.print(Text("once somebody of these agrees, what is missing is:", style="bold"))
            for pasted in mistake.remedy.splitlines():
                console.print(Text(printable(pasted)))
