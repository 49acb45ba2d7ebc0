"""`streamward contain`: revoke a principal, quarantine a stream, see and lift what is in force."""

import asyncio
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from streamward.cli.door import BundleOption, open_door
from streamward.cli.options import AsJson, AuditDir, Socket, StateDir
from streamward.errors import InvalidArgument
from streamward.response import TargetType, Verb
from streamward.server.caller import own_peer
from streamward.server.client import DoorClient
from streamward.server.documents import ContainmentView
from streamward.server.door import ControlDoor, Request

app = typer.Typer(
    no_args_is_help=True,
    help="Stop somebody, or close a stream, now; live connections feel it within a second.",
)

Reason = Annotated[str, typer.Option(help="Why; it stands in the log.")]
Owner = Annotated[
    str | None, typer.Option(help="Who answers for it.  [default: the principal that you are]")
]
Expires = Annotated[str, typer.Option(help="How long: `30m`, `2h`, `1d`, or `never`.")]


class _Offline:
    """The verbs of a `DoorClient`, done by this process because no gateway runs."""

    def __init__(self, door: ControlDoor) -> None:
        self._door = door

    def contain(
        self,
        verb: str,
        target_type: str,
        name: str,
        *,
        reason: str,
        expires: str,
        owner: str | None = None,
    ) -> dict[str, Any]:
        wanted = Request(Verb(verb), TargetType(target_type), name, reason, expires, owner)
        made = asyncio.run(self._door.contain(own_peer(), wanted))
        return ContainmentView.of(made).model_dump(mode="json")

    def containments(self) -> list[dict[str, Any]]:
        found = asyncio.run(self._door.containments(own_peer()))
        return [ContainmentView.of(one).model_dump(mode="json") for one in found]

    def lift(self, identifier: str, *, reason: str, owner: str | None = None) -> None:
        asyncio.run(self._door.lift(own_peer(), identifier, reason, owner))


def _door(
    state_dir: Path | None, socket: Path | None, directory: Path | None, audit_dir: Path | None
) -> AbstractContextManager[DoorClient | _Offline]:
    return open_door(state_dir, socket, directory, audit_dir, lambda it: _Offline(it.door))


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The principal, or the credential's id.")],
    reason: Reason,
    expires: Expires,
    what: Annotated[
        Literal["principal", "credential"],
        typer.Option("--type", help="What NAME is: `principal` or `credential`."),
    ] = "principal",
    owner: Owner = None,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a principal (or one credential) everything, and close its connections.

    Example:
        streamward contain revoke analytics-batch --reason "key found in a log" --expires 2h
    """
    with _door(state_dir, socket, bundle, audit_dir) as door:
        made = door.contain("revoke", what, name, reason=reason, expires=expires, owner=owner)
    _show([made], as_json)


@app.command()
def quarantine(
    stream: Annotated[str, typer.Argument(help="The stream.")],
    reason: Reason,
    expires: Expires,
    owner: Owner = None,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Let nobody touch a stream.

    Example:
        streamward contain quarantine payments.transactions --reason "leak" --expires 30m
    """
    with _door(state_dir, socket, bundle, audit_dir) as door:
        made = door.contain(
            "quarantine", "stream", stream, reason=reason, expires=expires, owner=owner
        )
    _show([made], as_json)


@app.command("list")
def list_command(
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the containments that are open."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        found = door.containments()
    _show(found, as_json)


@app.command()
def lift(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The containment's id.")],
    reason: Reason,
    owner: Owner = None,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
) -> None:
    """End a containment before its time."""
    if not identifier.startswith("c-"):
        raise InvalidArgument(f"`{identifier}` is not the id of a containment, such as `c-1f…`")
    with _door(state_dir, socket, bundle, audit_dir) as door:
        door.lift(identifier, reason=reason, owner=owner)
    Console(soft_wrap=True, highlight=False).print(Text(f"{identifier} is lifted"))


def _show(found: list[dict[str, Any]], as_json: bool) -> None:
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.print_json(data={"containments": found})
        return
    if not found:
        console.print("no containment is open")
    for one in found:
        target = one["target"]
        console.print(
            Text(f"{one['id']}  ", style="bold")
            + Text(f"{one['verb']} {target['type']} {target['name']}  ", style="red")
            + Text(f"until {_until(one['expires'])}  {one['owner']}: {one['reason']}")
        )


def _until(expires: str | None) -> str:
    if expires is None:
        return "lifted"
    return datetime.fromtimestamp(int(expires) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
