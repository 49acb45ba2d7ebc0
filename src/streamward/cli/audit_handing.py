"""`streamward audit follow|export`: entries for other programs."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from streamward.app import find_audit_dir
from streamward.audit import Batch, Follower, Subscription
from streamward.audit.exporters import EXPORTERS
from streamward.audit.journal import journal_readers
from streamward.audit.places import log_origin
from streamward.cli.audit_questions import Since, Until, moment
from streamward.cli.audit_show import known_kinds
from streamward.cli.options import AuditDir, StateDir
from streamward.errors import InvalidArgument, Unavailable
from streamward.model.event import Entry

Opened = Annotated[
    bool, typer.Option("--open", help="With what entries only commit to, where it is not erased.")
]
FORMATS = {each.id: each for each in EXPORTERS}


def follow(
    cursor: Annotated[
        Path, typer.Option(metavar="FILE", help="Where the place in the log is kept.")
    ],
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="End where the log ends now.")
    ] = False,
    numbered: Annotated[
        bool, typer.Option("--numbered", help='Lines of `{"entry": INDEX, "event": …}`.')
    ] = False,
    opened: Opened = False,
) -> None:
    """Print every entry as a line of JSON, in order, each at least once.

    The place in the log is kept in a file after the lines were written. Whoever is killed sees
    the last lines again, and never misses one; `--numbered` tells which are the same.

    Example:
        streamward audit follow --cursor /var/lib/shipper/cursor | shipper
    """
    where = find_audit_dir(audit_dir, state_dir, None)
    with Subscription(journal_readers(where), cursor, log_origin(where)) as subscription:
        if until_end:
            for batch in subscription.present():
                _hand_on(subscription, batch, numbered, opened)
        else:
            asyncio.run(_follow(subscription, numbered, opened))


async def _follow(subscription: Subscription, numbered: bool, opened: bool) -> None:
    async for batch in subscription.batches():
        _hand_on(subscription, batch, numbered, opened)


def _hand_on(subscription: Subscription, batch: Batch, numbered: bool, opened: bool) -> None:
    output = sys.stdout.buffer
    for entry in batch.entries:
        line = entry.text if opened else entry.leaf
        if numbered:
            line = b'{"entry":"%d","event":%s}' % (entry.index, line)
        output.write(line + b"\n")
    output.flush()
    subscription.done(batch)


def export(
    form: Annotated[
        str, typer.Option("--format", help=f"{', '.join(f'`{name}`' for name in FORMATS)}.")
    ] = "ocsf-jsonl",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="[default: standard out]")
    ] = None,
    since: Since = None,
    until: Until = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this kind; may be repeated.")
    ] = None,
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    opened: Opened = False,
) -> None:
    """Write the entries of a time to a file, in the order of the log.

    Examples:
        streamward audit export --since 1d --format parquet --output yesterday.parquet

        streamward audit export --kind denied --format csv > denied.csv
    """
    if form not in FORMATS:
        known = ", ".join(FORMATS)
        raise InvalidArgument(f"`{form}` is no format of an export; there are {known}")
    where = find_audit_dir(audit_dir, state_dir, None)
    kinds, begin, end = frozenset(known_kinds(kind)), moment(since), moment(until)
    entries = _chosen(Follower(journal_readers(where)), kinds, begin, end)
    exporter = FORMATS[form]()
    if not opened:
        entries = (Entry(each.index, each.leaf) for each in entries)
    if output is None:
        exporter.write(entries, sys.stdout.buffer)
        return
    partial = output.with_name(f".{output.name}.partial")
    try:
        with partial.open("wb") as file:
            count = exporter.write(entries, file)
        partial.replace(output)
    except OSError as error:
        raise Unavailable(f"`{output}` can't be written") from error
    finally:
        partial.unlink(missing_ok=True)
    Console(soft_wrap=True, highlight=False).print(f"{count} entries in {output}")


def _chosen(
    follower: Follower, kinds: frozenset[str], since: int | None, until: int | None
) -> Iterator[Entry]:
    """The entries of these kinds and this time; one that can't be read is always among them."""
    for batch in follower.drain():
        for entry in batch.entries:
            try:
                event = entry.event
            except msgspec.DecodeError:
                yield entry
                continue
            inside = (since is None or event.time >= since) and (
                until is None or event.time < until
            )
            if inside and (not kinds or event.kind in kinds):
                yield entry
