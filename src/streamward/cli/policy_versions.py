"""`streamward policy history|show|rollback`: the versions that were applied."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from streamward.app import (
    bundle_name,
    find_history,
    in_force,
    paths_of,
    read_bundle,
    version_change,
)
from streamward.cli.apply import (
    OtherBundleMeant,
    Reason,
    Yes,
    confirm,
    door_of,
    same_bundle_runs,
    say_applied,
    show_change,
)
from streamward.cli.check import show_mistakes
from streamward.cli.files import written
from streamward.cli.options import AsJson, AuditDir, StateDir
from streamward.cli.tables import grid, table_console
from streamward.errors import InvalidArgument, NotFound
from streamward.model.moment import format_moment
from streamward.model.text import printable
from streamward.versions import VersionRecord

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")]
VersionText = Annotated[
    str,
    typer.Argument(
        metavar="VERSION", help="`7`, or the first digits of its content's or policy's digest."
    ),
]


def document(record: VersionRecord) -> dict[str, Any]:
    """A record as JSON values."""
    return {
        "number": record.number,
        "content": record.content,
        "policy_version": record.policy_version,
        "time": format_moment(record.time),
        "author": record.author.principal,
        "credential": record.author.credential,
        "reason": record.reason,
        "rollback_of": record.rollback_of,
        "files": record.files,
    }


def history(
    directory: Directory = Path("."),
    state_dir: StateDir = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Every version that was applied, newest first; signatures and digests are verified.

    Example:
        streamward policy history my-bundle
    """
    store = find_history(directory, state_dir, audit_dir)
    records = store.records()
    for record in records:
        store.content(record)
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.print_json(data={"versions": [document(one) for one in reversed(records)]})
        return
    table = grid("version", "applied", "by", "content", "policy", "reason")
    for record in reversed(records):
        back = f" (back to {record.rollback_of})" if record.rollback_of is not None else ""
        table.add_row(
            str(record.number),
            format_moment(record.time),
            Text(printable(record.author.principal)),
            _short(record.content),
            _short(record.policy_version),
            Text(printable(record.reason) + back),
        )
    table_console().print(table)


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def show(
    version: VersionText,
    directory: Directory = Path("."),
    file: Annotated[
        str | None, typer.Option("--file", metavar="PATH", help="Print this file of it.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Write its files into a folder.")
    ] = None,
    state_dir: StateDir = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """One version: by whom, when, why, and its files, verified.

    Examples:
        streamward policy show 7 my-bundle

        streamward policy show 7 my-bundle --file grants.yaml

        streamward policy show 7 my-bundle --to /tmp/as-it-was
    """
    store = find_history(directory, state_dir, audit_dir)
    record = store.find(version)
    content = store.content(record)
    console = Console(soft_wrap=True, highlight=False)
    if file is not None:
        if file not in content.texts:
            raise NotFound(f"version {record.number} has no file `{file}`")
        typer.echo(content.texts[file], nl=False)
        return
    if write is not None:
        _write(write, content.texts)
    if as_json:
        console.print_json(data=document(record))
        return
    for label, value in document(record).items():
        if label != "files" and value is not None:
            shown = Text(f"{label.replace('_', ' '):15}", "bold")
            console.print(shown + Text(printable(f"{value}")))
    for path, found in record.files.items():
        console.print(Text(f"  {_short(found)}  {printable(path)}"))


def _write(folder: Path, texts: Any) -> None:
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InvalidArgument(f"`{folder}` is not an empty folder; nothing was written")
    for path, text in texts.items():
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidArgument(f"`{target.parent}` can't be made") from error
        written(target, text)


def rollback(
    version: VersionText,
    directory: Directory = Path("."),
    reason: Reason = "",
    yes: Yes = False,
    other_bundle: OtherBundleMeant = False,
    state_dir: StateDir = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Put an older version in force again: as a new one, judged and signed like any other.

    The folder stays as it is, and differs from then on from what is in force.

    Example:
        streamward policy rollback 6 my-bundle --reason "version 7 locked out settlement"
    """
    if not reason.strip():
        raise InvalidArgument("to go back to a version needs `--reason`")
    store = find_history(directory, state_dir, audit_dir)
    record = store.find(version)
    bundle = read_bundle(directory, materials=False).bundle
    where = paths_of(bundle_name(bundle), state_dir, audit_dir)
    same_bundle_runs(bundle, where, other_bundle=True)
    before = in_force(bundle, where)
    change = version_change(directory, store.content(record), before)
    console = Console(soft_wrap=True, highlight=False)
    if not as_json:
        show_change(console, change)
    if change.refused:
        show_mistakes(console, change.refused)
        raise typer.Exit(1)
    confirm(yes=yes)
    with door_of(directory, bundle, state_dir, audit_dir) as (door, running):
        made = door.apply(
            reason=reason, base=change.base, rollback_of=record.number, other_bundle=other_bundle
        )
    say_applied(console, made, running=running, as_json=as_json)
