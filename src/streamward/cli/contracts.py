"""`streamward contracts`: what streams carry, what a change breaks, whether a sample passes."""

import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamward.app import read_bundle, valid_bundle
from streamward.bundle.report import document as report_document
from streamward.cli.files import written
from streamward.contracts.service import changes, contract_documents, try_sample
from streamward.errors import InvalidArgument, NotFound
from streamward.model.text import printable

app = typer.Typer(no_args_is_help=True, help="Data contracts: what streams carry.")

SAMPLE_BYTES_MAX = 16 * 1024 * 1024

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document.")]


@app.callback()
def _group() -> None:
    """Data contracts: what streams carry."""


def _console() -> Console:
    return Console(soft_wrap=True, highlight=False)


@app.command("show")
def show_command(
    directory: Directory = Path("."),
    stream: Annotated[
        str | None, typer.Option("--stream", metavar="STREAM", help="Only this stream.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show contracts: owner, schema, classes and masks of fields, controls, retention.

    Examples:
        streamward contracts show examples/payments

        streamward contracts show . --stream payments.transactions --json
    """
    shown = contract_documents(valid_bundle(directory, materials=False), stream)
    console = _console()
    if as_json:
        console.print_json(data=shown)
        return
    for contract in shown:
        _show(console, contract)
    if not shown:
        console.print("no stream has a contract")


def _show(console: Console, contract: dict[str, Any]) -> None:
    console.print(Text(printable(contract["stream"]), style="bold"))
    schema = contract["schema"]
    facts = {
        "owner": contract["owner"],
        "version": f"{contract['version']} ({contract['status']})",
        "schema": "none" if schema is None else f"{schema['format']}, {schema['file']}",
        "refused": ", ".join(contract["content"]),
        "requires": ", ".join(contract["requires"]),
        "retention": contract["retention"],
        "unmasked": ", ".join(contract["unmasked"]),
        "masked": ", ".join((contract["masked"] or {}).get("access_classes", ())),
    }
    for key, value in facts.items():
        if value:
            console.print(Text(f"    {key:<10}{printable(str(value))}"))
    table = Table(box=None, padding=(0, 2, 0, 4))
    for heading in ("field", "class", "mask"):
        table.add_column(heading, style="bold" if heading == "field" else "")
    for field in contract["fields"]:
        masks = [field["mask"] or ""]
        masks += [f"{mask} for {name}" for name, mask in sorted(field["masks"].items())]
        row = (field["name"], field["class"] or "", ", ".join(filter(None, masks)))
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)


@app.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The bundle as it was.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The bundle as it is to be.")],
    as_json: AsJson = False,
) -> None:
    """Say what changes between the contracts of two bundles, and whom it breaks.

    By the rules of each format: programs with the new schema read old records, and programs with
    the old schema read new ones. Masks, classes and controls that go are told too. Exits with 1
    where something breaks.

    Example:
        streamward contracts diff main/bundle branch/bundle
    """
    before, after = (valid_bundle(each, materials=False) for each in (old, new))
    found = list(changes(before, after))
    console = _console()
    if as_json:
        rows = [
            {
                "stream": each.stream,
                "what": each.change.what,
                "breaks": each.change.breaks.value,
            }
            for each in found
        ]
        console.print_json(data=rows)
    else:
        for each in found:
            word, style = ("breaks", "bold red") if each.change.is_breaking else ("fine", "green")
            line = Text(f"{printable(each.stream)}: ", style="bold") + Text(f"{word}: ", style)
            line += Text(printable(each.change.what))
            if each.change.is_breaking:
                line += Text(f" ({each.change.breaks.value})", style="dim")
            console.print(line)
        if not found:
            console.print("the contracts are the same")
    if any(each.change.is_breaking for each in found):
        raise typer.Exit(1)


@app.command("lint")
def lint_command(
    directory: Directory = Path("."),
    sample: Annotated[
        Path | None,
        typer.Option("--sample", metavar="FILE", help="A value, as records hold it; `-`: stdin."),
    ] = None,
    stream: Annotated[
        str | None, typer.Option("--stream", metavar="STREAM", help="The sample's stream.")
    ] = None,
    masked: Annotated[
        Path | None,
        typer.Option("--masked", metavar="FILE", help="Write the sample here as others see it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Report every mistake in contracts and their schemas; hold a sample to one of them.

    The sample is validated and masked by the code that the gateway runs. Its hashes are made with
    a key of their own, so that they tell nothing of those that readers see. Exits with 1 where
    there is a mistake, or the sample is refused.

    Examples:
        streamward contracts lint examples/payments

        streamward contracts lint . --stream payments.transactions --sample value.avro
    """
    loaded = read_bundle(directory, materials=False)
    console = _console()
    ours = [each for each in loaded.mistakes if _is_of_contracts(each.where)]
    if sample is None:
        if as_json:
            rows = report_document(loaded)["mistakes"]
            console.print_json(data=[row for row in rows if _is_of_contracts(row["where"])])
        else:
            for mistake in ours:
                console.print(Text(printable(str(mistake))))
                if mistake.suggestion:
                    console.print(Text(f"    {printable(mistake.suggestion)}", style="dim"))
            console.print("no mistakes" if not ours else f"{len(ours)} found")
        if any(mistake.is_error for mistake in ours):
            raise typer.Exit(1)
        return
    if stream is None:
        raise InvalidArgument("say with `--stream` which stream the sample is of")
    tried = try_sample(loaded.valid(), stream, _read(sample), secrets.token_bytes(32))
    if masked is not None and tried.masked is not None:
        written(masked, tried.masked)
    if as_json:
        console.print_json(data={"valid": tried.problem is None, "problem": tried.problem})
    else:
        console.print(Text(f"refused: {tried.problem}" if tried.problem else "valid"))
    if tried.problem is not None:
        raise typer.Exit(1)


def _is_of_contracts(where: str) -> bool:
    return where.startswith(("DataContract", "SchemaRegistry"))


def _read(sample: Path) -> bytes:
    try:
        if str(sample) == "-":
            value = sys.stdin.buffer.read(SAMPLE_BYTES_MAX + 1)
        else:
            with sample.open("rb") as stream:
                value = stream.read(SAMPLE_BYTES_MAX + 1)
    except OSError as error:
        raise NotFound(f"the sample `{sample}` can't be read: {error.strerror}") from error
    if len(value) > SAMPLE_BYTES_MAX:
        raise InvalidArgument(f"the sample `{sample}` has more than {SAMPLE_BYTES_MAX} bytes")
    return value
