"""The commands of `streamward identity` on passwords in the identity store."""

import asyncio
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from streamward.cli.door import BundleOption, open_door
from streamward.cli.options import AsJson, AuditDir, Socket, StateDir
from streamward.cli.tables import grid, table_console
from streamward.errors import InvalidArgument
from streamward.server.caller import own_peer
from streamward.server.client import DoorClient
from streamward.server.credentials import (
    AddBody,
    CredentialDoor,
    CredentialView,
    IssuedView,
    RotateBody,
)

PASSWORD_CHARACTERS_MAX: Final = 1024

Identifier = Annotated[str, typer.Argument(metavar="ID", help="The credential's id.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the log.")]


class _Offline:
    """The verbs of a `DoorClient`, done by this process because no gateway runs."""

    def __init__(self, door: CredentialDoor) -> None:
        self._door = door

    def credentials(self, principal: str | None = None) -> list[dict[str, Any]]:
        found = asyncio.run(self._door.list(own_peer(), principal))
        return [_document(CredentialView.of(one)) for one in found]

    def credential(self, identifier: str) -> dict[str, Any]:
        return _document(CredentialView.of(asyncio.run(self._door.show(own_peer(), identifier))))

    def add_credential(self, body: dict[str, Any]) -> dict[str, Any]:
        wanted = AddBody.model_validate(body)
        return _document(IssuedView.of(asyncio.run(self._door.add(own_peer(), wanted))))

    def rotate_credential(self, identifier: str, overlap: str | None) -> dict[str, Any]:
        rotated = self._door.rotate(own_peer(), identifier, RotateBody(overlap=overlap))
        return _document(IssuedView.of(asyncio.run(rotated)))

    def change_credential(self, identifier: str, verb: str, reason: str) -> dict[str, Any]:
        changed = asyncio.run(self._door.change(own_peer(), identifier, verb, reason))
        return _document(CredentialView.of(changed))


def _document(view: CredentialView | IssuedView) -> dict[str, Any]:
    return view.model_dump(mode="json", by_alias=True)


def _door(
    state_dir: Path | None, socket: Path | None, directory: Path | None, audit_dir: Path | None
) -> AbstractContextManager[DoorClient | _Offline]:
    return open_door(state_dir, socket, directory, audit_dir, lambda it: _Offline(it.credentials))


def add(
    principal: Annotated[str, typer.Argument(help="Whose password it is.")],
    identifier: Annotated[
        str | None, typer.Option("--id", help="The credential's id.  [default: made up]")
    ] = None,
    class_name: Annotated[
        str | None, typer.Option("--class", help="Its CredentialClass.  [default: `default`]")
    ] = None,
    valid_for: Annotated[
        str | None, typer.Option("--valid-for", help="How long it holds: `90d`, `8h`.")
    ] = None,
    valid_in: Annotated[
        str | None, typer.Option("--valid-in", help="How long until it begins to hold.")
    ] = None,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the password instead of making one."),
    ] = False,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a password for a principal, and print it: this once.

    Example:
        streamward identity add payments-api --valid-for 90d
    """
    body: dict[str, Any] = {
        "principal": principal,
        "id": identifier,
        "class": class_name,
        "valid_for": valid_for,
        "valid_in": valid_in,
    }
    if password_stdin:
        body["password"] = sys.stdin.read(PASSWORD_CHARACTERS_MAX + 2).rstrip("\r\n")
    with _door(state_dir, socket, bundle, audit_dir) as door:
        issued = door.add_credential({name: it for name, it in body.items() if it is not None})
    _show_issued(issued, as_json)


def list_command(
    principal: Annotated[str | None, typer.Argument(help="Of this principal only.")] = None,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """List the passwords in the identity store; never what they are."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        found = door.credentials(principal)
    _show(found, as_json)


def show(
    identifier: Identifier,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Show one of them: its state, when it ends, when it was used last."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        found = door.credential(identifier)
    _show([found], as_json)


def rotate(
    identifier: Identifier,
    overlap: Annotated[
        str | None,
        typer.Option(help="How long the old one still holds: `1h`, `0`.  [default: its class's]"),
    ] = None,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Make another password beside one, which ends after the overlap; print it this once.

    Example:
        streamward identity rotate payments-api-1f9c02aa --overlap 2h
    """
    with _door(state_dir, socket, bundle, audit_dir) as door:
        issued = door.rotate_credential(identifier, overlap)
    _show_issued(issued, as_json)


def disable(
    identifier: Identifier,
    reason: Reason,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Let nobody in by a password until it is enabled; its connections end within a second."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        _show([door.change_credential(identifier, "disable", reason)], as_json)


def enable(
    identifier: Identifier,
    reason: Reason,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Take `disable` back."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        _show([door.change_credential(identifier, "enable", reason)], as_json)


def revoke(
    identifier: Identifier,
    reason: Reason,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Let nobody in by a password ever again; its connections end within a second."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        _show([door.change_credential(identifier, "revoke", reason)], as_json)


def remove(
    identifier: Identifier,
    reason: Reason,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Forget a password that has ended."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        _show([door.change_credential(identifier, "remove", reason)], as_json)


def register(app: typer.Typer) -> None:
    """Put the commands into the group."""
    app.command()(add)
    app.command("list")(list_command)
    for command in (show, rotate, disable, enable, revoke, remove):
        app.command()(command)


def _show_issued(issued: dict[str, Any], as_json: bool) -> None:
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.print_json(data=issued)
        return
    credential = issued["credential"]
    if not issued.get("password"):
        raise InvalidArgument("the gateway gave no password")
    console.print(Text(f"user      {credential['principal']}"))
    console.print(Text(f"password  {issued['password']}", style="bold"))
    console.print(Text(f"id        {credential['id']}"))
    console.print(Text(f"until     {_time(credential['expires'], 'it is ended')}"))
    Console(stderr=True).print("the password is not shown again", style="yellow")


def _show(found: list[dict[str, Any]], as_json: bool) -> None:
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.print_json(data={"credentials": found})
        return
    if not found:
        console.print("no password is in the identity store")
        return
    table = grid("id", "principal", "state", "class", "until", "last used")
    for one in found:
        table.add_row(
            one["id"],
            one["principal"],
            one["state"],
            one["class"] or "",
            _time(one["expires"], "ended"),
            _time(one["last_used"], "never"),
        )
    table_console().print(table)


def _time(milliseconds: str | None, otherwise: str) -> str:
    if milliseconds is None:
        return otherwise
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
