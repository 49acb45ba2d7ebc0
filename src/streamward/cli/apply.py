"""`streamward apply`: put a bundle in force, judged, compared, signed and recorded."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.text import Text

from streamward.app import (
    Paths,
    bundle_name,
    content_of,
    in_force,
    offline_door,
    paths_of,
    read_bundle,
    replayed,
    version_change,
)
from streamward.bundle.report import summary
from streamward.cli.check import show_mistakes
from streamward.cli.options import AsJson, AuditDir, StateDir
from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument, NotPermitted
from streamward.model.document import Bundle
from streamward.model.manifest import Manifest
from streamward.model.moment import parse_moment
from streamward.model.text import printable
from streamward.policy.replay import NOT_RECORDED, Outcome, Replayed
from streamward.server.caller import own_peer
from streamward.server.client import DoorClient
from streamward.server.service import answers
from streamward.server.versions import ApplyBody, VersionView
from streamward.versions.change import VersionChange
from streamward.versions.service import compare_bundles, same_bundle

Reason = Annotated[str, typer.Option("--reason", help="Why; it is signed with the version.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
OtherBundleMeant = Annotated[
    bool,
    typer.Option(
        "--other-bundle",
        help="Also another environment than the one in force; before the first version, also"
        " another folder than the gateway's.",
    ),
]


class Door(Protocol):
    """What applies a version."""

    def apply(
        self,
        *,
        reason: str,
        base: int,
        files: dict[str, str] | None = None,
        rollback_of: int | None = None,
        other_bundle: bool = False,
    ) -> dict[str, Any]:
        """The version that is in force now."""
        ...


class _Offline:
    """Done by this process because no gateway runs; the next one to start runs the version."""

    def __init__(self, bundle: Bundle, where: Paths) -> None:
        self._bundle = bundle
        self._where = where

    def apply(self, **fields: Any) -> dict[str, Any]:
        offline = offline_door(self._bundle, self._where)
        try:
            record = asyncio.run(offline.versions.apply(own_peer(), ApplyBody(**fields)))
        finally:
            offline.close()
        return VersionView.of(record).model_dump(mode="json")


@contextmanager
def door_of(
    directory: Path, bundle: Bundle, state_dir: Path | None, audit_dir: Path | None
) -> Iterator[tuple[Door, bool]]:
    """The door of the gateway that runs, and True; else one of our own, and False."""
    where = paths_of(bundle_name(bundle), state_dir, audit_dir)
    if not answers(where.socket):
        # SECURITY: what decides is the policy in force, not the one that is proposed.
        newest = in_force(bundle, where)
        yield _Offline(newest.bundle_in(directory) if newest else bundle, where), False
        return
    with DoorClient(where.socket) as client:
        yield client, True


def same_bundle_runs(bundle: Bundle, where: Paths, *, other_bundle: bool) -> None:
    """Say at once what the gateway would say in the end. Raises OtherBundle.

    Whoever may apply and not inspect hears it from the gateway.
    """
    if not answers(where.socket):
        return
    with DoorClient(where.socket) as client:
        try:
            runs = client.status().get("bundle")
        except NotPermitted:
            return
    if runs:
        head = bundle.of(Manifest)[0]
        compare_bundles(
            (runs["name"], runs["environment"]),
            (head.name, head.environment.value),
            other_environment=other_bundle,
        )


def apply_command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")
    ] = Path("."),
    reason: Reason = "",
    yes: Yes = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Change nothing; decide again what the log holds."),
    ] = False,
    other_bundle: OtherBundleMeant = False,
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="How far back `--dry-run` looks.")
    ] = "24h",
    state_dir: StateDir = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Put a bundle in force: checked, tested, proved, compared, signed, and entered in the log.

    What changes is shown first. The gateway judges the bundle again, keeps the version, and runs
    it from then on, after a restart too; what is edited in its folder waits for the next `apply`.
    What references name (keys, certificates) is not part of a version: it is read in the folder
    that the gateway was started with.

    Without a running gateway the version is kept for the next one to start.

    A bundle of another name than the one in force is refused, and so is one of another environment
    unless `--other-bundle` says that it is meant. As long as no version was applied the gateway
    runs its folder, and only what that holds is applied, for the same reason.

    With `--dry-run` nothing changes: the accesses of the last hours are decided again by the new
    policy, and those that it decides otherwise are told. Exits with 1 where the bundle would be
    refused.

    Examples:
        streamward apply my-bundle --reason "fraud team may read refunds"

        streamward apply my-bundle --dry-run --since 7d

        streamward apply . --yes --reason "$CI_COMMIT_TITLE" --state-dir /var/lib/streamward
    """
    if not dry_run and not reason.strip():
        raise InvalidArgument("to apply a version needs `--reason`")
    console = Console(soft_wrap=True, highlight=False)
    loaded = read_bundle(directory, materials=False)
    if not as_json or loaded.errors:
        show_mistakes(console, loaded.mistakes)
        console.print(Text(summary(loaded)))
    bundle = loaded.valid()
    where = paths_of(bundle_name(bundle), state_dir, audit_dir)
    same_bundle_runs(bundle, where, other_bundle=other_bundle)
    newest = in_force(bundle, where)
    if newest is not None:
        same_bundle(newest.as_applied(directory), bundle, other_environment=other_bundle)
    change = version_change(directory, content_of(loaded), newest)
    if dry_run:
        begin = parse_moment(since, now_milliseconds())
        found = replayed(directory, change.proposed, newest, where.audit, begin)
        _say_dry_run(console, change, found, as_json=as_json)
        return
    _say_and_ask(console, change, yes=yes, as_json=as_json)
    with door_of(directory, bundle, state_dir, audit_dir) as (door, running):
        files = dict(change.proposed.texts)
        made = door.apply(reason=reason, base=change.base, files=files, other_bundle=other_bundle)
    say_applied(console, made, running=running, as_json=as_json)


def _say_and_ask(console: Console, change: VersionChange, *, yes: bool, as_json: bool) -> None:
    if not as_json:
        show_change(console, change)
    if change.refused:
        show_mistakes(console, change.refused)
        raise typer.Exit(1)
    confirm(yes=yes)


def _say_dry_run(
    console: Console, change: VersionChange, found: tuple[Replayed, ...], *, as_json: bool
) -> None:
    different = [one for one in found if one.outcome is not Outcome.SAME]
    if as_json:
        document = {
            **change.document(),
            "accesses": len(found),
            "decided_otherwise": [one.document() for one in different],
            "not_recorded": list(NOT_RECORDED),
        }
        console.print_json(data=document)
    else:
        show_change(console, change)
        show_mistakes(console, change.refused)
        _show_replayed(console, len(found), different)
    if change.refused:
        raise typer.Exit(1)


def _show_replayed(console: Console, count: int, different: list[Replayed]) -> None:
    console.print(Text(f"{count} accesses decided again, {len(different)} otherwise", "bold"))
    for one in different:
        was = one.recorded
        style = "red" if one.outcome is not Outcome.ALLOWED_NOW else "yellow"
        asked = f"{was.principal} {was.action.word} {was.resource.name} from {was.source}"
        line = Text(f"{one.outcome.value.replace('_', ' '):18}", style) + Text(printable(asked))
        rules = ", ".join(one.decision.rules) if one.decision is not None else ""
        console.print(line + Text(printable(f"  {rules}  (entry {was.entry})"), "dim"))
    console.print(Text("entries don't say: " + ", ".join(NOT_RECORDED), "dim"))


def show_change(console: Console, change: VersionChange) -> None:
    """Which files differ, and what that means."""
    if change.base == 0:
        console.print(Text("no version was applied before; this will be version 1"))
    for mark, paths in (("+", change.added), ("-", change.removed), ("~", change.changed)):
        for path in paths:
            console.print(Text(f"  {mark} {printable(path)}"))
    if not change.differs:
        console.print(Text("its files are those of the version in force"))
    for line in change.effects:
        console.print(Text(printable(line)))


def confirm(*, yes: bool) -> None:
    """Ask, unless told not to. Raises InvalidArgument where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidArgument("nobody can be asked here; confirm with `--yes`")
    typer.confirm("Put this in force?", abort=True)


def say_applied(console: Console, made: dict[str, Any], *, running: bool, as_json: bool) -> None:
    """Tell what is in force now."""
    if as_json:
        console.print_json(data={**made, "running": running})
        return
    told = "is in force" if running else "is kept; the next gateway to start runs it"
    console.print(Text(f"version {made['number']} {told}", style="bold green"))
    console.print(Text(f"content {made['content']}\npolicy  {made['policy_version']}", "dim"))
