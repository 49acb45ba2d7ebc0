"""`streamward policy import`: access rules that another product has, as documents of a bundle."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamward.app import read_bundle
from streamward.errors import InvalidArgument
from streamward.model.text import printable
from streamward.policy.kafka_acls import (
    Conversion,
    Declared,
    Finding,
    Listing,
    Outcome,
    convert,
    is_ours,
    read_listing,
    report,
    write_files,
    yaml_text,
)
from streamward.policy.kafka_acls.cluster import describe_acls
from streamward.policy.kafka_acls.listing import LISTING_BYTES_MAX
from streamward.policy.kafka_acls.properties import read_connection

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Turn another product's access rules into grants.",
)

SHOWN_MAX = 200
_STYLES = {
    Outcome.LEFT_OUT: "bold red",
    Outcome.STRICTER: "bold red",
    Outcome.WITHOUT_EFFECT: "dim",
    Outcome.NOTE: "yellow",
}


@app.callback()
def _group() -> None:
    """Turn another product's access rules into grants."""


@app.command("kafka-acls")
def kafka_acls_command(
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="FILE", help="What `kafka-acls --list` printed; `-`: stdin."
        ),
    ] = None,
    bootstrap: Annotated[
        str | None,
        typer.Option("--bootstrap", metavar="HOST:PORT", help="A broker of a running cluster."),
    ] = None,
    command_config: Annotated[
        Path | None,
        typer.Option(
            "--command-config", metavar="FILE", help="How to connect: a file for Kafka's own tools."
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="DIR",
            help="The folder to write to, mostly a bundle.  [default: to standard output]",
        ),
    ] = None,
    principals_from: Annotated[
        Path | None,
        typer.Option(
            "--principals-from",
            metavar="DIR",
            help="A bundle whose principals are referred to.  [default: that of `--to`]",
        ),
    ] = None,
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="NAME", help="The tenant of new principals.")
    ] = "kafka",
    super_user: Annotated[
        list[str] | None,
        typer.Option(
            "--super-user",
            metavar="User:NAME",
            help="One of the brokers' `super.users`; may be repeated.",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Write nothing where a decision would not be Kafka's."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON document about the import; needs `--to`.")
    ] = False,
) -> None:
    """Turn a cluster's ACLs into principals, streams and grants that decide as Kafka does.

    Prefixes, wildcards, denials and hosts are kept. What can't be kept exactly is listed and never
    allows more than Kafka: a right is left out, or a denial gets stricter. Exits with 0 when the
    documents are written, also where something is listed; with `--strict` it writes nothing and
    exits with 1 where a decision would not be Kafka's.

    Examples:
        kafka-acls --bootstrap-server localhost:9092 --list | streamward policy import kafka-acls
        --from - --super-user User:admin --to my-bundle

        streamward policy import kafka-acls --bootstrap localhost:9092 --command-config
        admin.properties --to my-bundle --strict
    """
    if as_json and to is None:
        raise InvalidArgument("`--json` needs `--to DIR`: documents and JSON can't be mixed")
    listing = _read(source, bootstrap, command_config)
    conversion = convert(
        listing.acls,
        super_users=[_user(text) for text in _split(super_user or ())],
        declared=_declared(to, principals_from),
        tenant=tenant,
    )
    console = Console(stderr=True, soft_wrap=False, highlight=False)
    refused = strict and bool(conversion.losses)
    paths: tuple[Path, ...] = ()
    if to is not None and not refused:
        paths = write_files(to, conversion)
    elif not refused:
        sys.stdout.write(yaml_text(conversion.documents()))
    if as_json:
        Console(soft_wrap=True, highlight=False).print_json(data=report(conversion, paths))
    else:
        _tell(console, conversion, listing, paths)
    if refused:
        raise InvalidArgument(
            f"{len(conversion.losses)} ACLs can't be kept exactly, and nothing was written"
        )


def _read(source: str | None, bootstrap: str | None, command_config: Path | None) -> Listing:
    if (source is None) == (bootstrap is None):
        raise InvalidArgument("give either `--from FILE` or `--bootstrap HOST:PORT`")
    if bootstrap is not None:
        return Listing(describe_acls(bootstrap, read_connection(command_config)))
    if source == "-":
        data = sys.stdin.buffer.read(LISTING_BYTES_MAX + 1)
    else:
        try:
            with Path(source or "").open("rb") as stream:
                data = stream.read(LISTING_BYTES_MAX + 1)
        except OSError as error:
            raise InvalidArgument(f"`{source}` can't be read") from error
    if len(data) > LISTING_BYTES_MAX:
        raise InvalidArgument(f"the listing has more than {LISTING_BYTES_MAX} bytes")
    try:
        return read_listing(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidArgument("the listing is not UTF-8 text") from error


def _split(texts: list[str] | tuple[str, ...]) -> list[str]:
    """As in the brokers' own setting, several may stand in one, separated by `;`."""
    return [part.strip() for text in texts for part in text.split(";") if part.strip()]


def _user(text: str) -> str:
    kind, _, name = text.partition(":")
    if kind != "User" or not name:
        raise InvalidArgument(f"write a super user as `User:NAME`, not `{text}`")
    return name


def _declared(to: Path | None, principals_from: Path | None) -> Declared:
    """What the bundle has, without what an import before wrote into the folder."""
    folder = principals_from or to
    if folder is None or not folder.is_dir():
        if principals_from is not None:
            raise InvalidArgument(f"there is no folder `{principals_from}`")
        return Declared()
    loaded = read_bundle(folder, materials=False)
    ours = to is not None and to.resolve() == folder.resolve()
    return Declared.of(
        document for document in loaded.bundle.documents if not (ours and is_ours(document.file))
    )


def _tell(
    console: Console, conversion: Conversion, listing: Listing, paths: tuple[Path, ...]
) -> None:
    if conversion.findings:
        console.print(_table(conversion.findings[:SHOWN_MAX]))
    if len(conversion.findings) > SHOWN_MAX:
        console.print(f"… and {len(conversion.findings) - SHOWN_MAX} more; `--json` has all")
    if listing.only:
        users = ", ".join(printable(user) for user in listing.only)
        console.print(
            Text("warning: ", style="bold yellow")
            + Text(f"the listing is only about {users}; ACLs of `User:*` may be missing")
        )
    for path in paths:
        console.print(Text(f"wrote {printable(str(path))}"), soft_wrap=True)
    counts = dict.fromkeys(Outcome, 0)
    for finding in conversion.findings:
        counts[finding.outcome] += 1
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    made = f"{len(conversion.grants)} grants for {len(conversion.names.by_user)} principals"
    console.print(Text(f"{conversion.acls} ACLs, {made}" + (f"; {told}" if told else "")))


def _table(findings: tuple[Finding, ...]) -> Table:
    table = Table("outcome", "ACL", "why", box=None, pad_edge=False, header_style="bold")
    for finding in findings:
        table.add_row(
            Text(finding.outcome.value, style=_STYLES[finding.outcome]),
            Text(printable(finding.about)),
            Text(finding.why),
        )
    return table
