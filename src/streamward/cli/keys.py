"""`streamward keys`: which keys there are, and what is done with them."""

import asyncio
import dataclasses
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from streamward.cli.door import BundleOption, open_door
from streamward.cli.options import AsJson, AuditDir, Socket, StateDir
from streamward.cli.tables import grid, table_console
from streamward.server.caller import own_peer
from streamward.server.client import DoorClient
from streamward.server.documents import Body
from streamward.server.keys import KeyDoor, KeyVerbBody, Verb

app = typer.Typer(
    no_args_is_help=True,
    help="Key rings: list, rotate, revoke, destroy and check the keys that seal streams.",
)

Ring = Annotated[str, typer.Argument(metavar="RING", help="The key ring's name.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the log.")]
Kid = Annotated[
    str | None, typer.Option("--kid", metavar="KID", help="This data key only, not the ring.")
]


class _Offline:
    """The verbs of a `DoorClient`, done by this process because no gateway runs."""

    def __init__(self, door: KeyDoor) -> None:
        self._door = door

    def key_rings(self) -> list[dict[str, Any]]:
        return list(_document(asyncio.run(self._door.list(own_peer())))["rings"])

    def key_ring(self, ring: str) -> dict[str, Any]:
        return _document(asyncio.run(self._door.show(own_peer(), ring)))

    def key_preview(self, ring: str) -> dict[str, Any]:
        return _document(asyncio.run(self._door.preview(own_peer(), ring)))

    def key_check(self, ring: str | None = None) -> list[dict[str, Any]]:
        return list(_document(asyncio.run(self._door.verify(own_peer(), ring)))["rings"])

    def key_hygiene(self) -> list[dict[str, Any]]:
        return list(_document(asyncio.run(self._door.audit(own_peer())))["findings"])

    def change_keys(
        self, ring: str, verb: Verb, reason: str | None = None, kid: str | None = None
    ) -> dict[str, Any]:
        body = KeyVerbBody.model_validate({"reason": reason, "kid": kid})
        return _document(asyncio.run(self._door.change(own_peer(), ring, verb, body)))


def _document(view: Body) -> dict[str, Any]:
    return view.model_dump(mode="json", by_alias=True)


def _door(
    state_dir: Path | None, socket: Path | None, directory: Path | None, audit_dir: Path | None
) -> AbstractContextManager[DoorClient | _Offline]:
    return open_door(state_dir, socket, directory, audit_dir, lambda it: _Offline(it.keys))


@app.command("list")
def list_command(
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """List the key rings that are declared, or were used."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        found = door.key_rings()
    _show_rings(found, as_json)


@app.command()
def show(
    ring: Ring,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Show one ring with its data keys; never a key."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        found = door.key_ring(ring)
    if as_json:
        _console().print_json(data=found)
        return
    _show_rings([found], as_json=False)
    _show_keys(found["keys"])


@app.command()
def rotate(
    ring: Ring,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a new version of the provider's key and wrap all data keys anew; records stay.

    Example:
        streamward keys rotate cardholder-settling
    """
    with _door(state_dir, socket, bundle, audit_dir) as door:
        _show_rings([door.change_keys(ring, "rotate")], as_json)


@app.command()
def revoke(
    ring: Ring,
    reason: Reason,
    kid: Kid = None,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Seal and open nothing with a ring, or a data key, until it is restored.

    Example:
        streamward keys revoke cardholder-settling --reason "laptop of the vendor stolen"
    """
    with _door(state_dir, socket, bundle, audit_dir) as door:
        _show_rings([door.change_keys(ring, "revoke", reason, kid)], as_json)


@app.command()
def restore(
    ring: Ring,
    reason: Reason,
    kid: Kid = None,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Take `revoke` back, or a destruction that is not done yet."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        _show_rings([door.change_keys(ring, "restore", reason, kid)], as_json)


@app.command()
def destroy(
    ring: Ring,
    reason: Annotated[
        str | None, typer.Option(help="Why; it stands in the log. Asks for the destruction.")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what can't be read any more afterwards.")
    ] = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="Agree with what somebody else asked for.")
    ] = False,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Destroy a ring, and with it all that it sealed, for ever.

    The first call asks for it: from then on nothing is sealed or opened with the ring, and
    `restore` takes it back. After the waiting time that the bundle declares, and somebody else's
    approval where it asks for one, the gateway destroys it, or this command called again.

    Example:
        streamward keys destroy cardholder-settling --preview
    """
    with _door(state_dir, socket, bundle, audit_dir) as door:
        if preview:
            _show_preview(door.key_preview(ring), as_json)
        elif approve:
            _show_rings([door.change_keys(ring, "approve")], as_json)
        else:
            _show_rings([door.change_keys(ring, "destroy", reason)], as_json)


@app.command()
def verify(
    ring: Annotated[str | None, typer.Argument(metavar="RING", help="Of this ring only.")] = None,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Open every wrapped data key, and say which don't. Exit status 1 where one doesn't."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        found = door.key_check(ring)
    console = _console()
    if as_json:
        console.print_json(data={"rings": found})
    for one in [] if as_json else found:
        console.print(f"{one['ring']}: {one['opened']} open, {len(one['failures'])} do not")
        for kid, why in one["failures"]:
            console.print(f"  {kid}: {why}", markup=False)
    if not all(one["sound"] for one in found):
        raise typer.Exit(1)


@app.command()
def audit(
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: BundleOption = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Report keys that are old, not rotated, not used, or no longer declared."""
    with _door(state_dir, socket, bundle, audit_dir) as door:
        found = door.key_hygiene()
    console = _console()
    if as_json:
        console.print_json(data={"findings": found})
        return
    if not found:
        console.print("nothing is to be said about any key ring")
    for one in found:
        console.print(f"{one['severity']}: {one['ring']}: {one['what']}", markup=False)
        console.print(f"  {one['hint']}", markup=False, style="dim")


def _console() -> Console:
    return Console(soft_wrap=True, highlight=False)


@app.command()
def verifying(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Print the public keys that verify signed records, for whoever wants to verify them.

    Example:
        streamward keys verifying my-bundle
    """
    from streamward.app import verification_keys

    console, found = _console(), verification_keys(directory)
    if as_json:
        console.print_json(data={"keys": [dataclasses.asdict(each) for each in found]})
        return
    for each in found:
        whose = f"`{each.principal}`" if each.principal else "the gateway"
        console.print(f"{each.name}: {each.kid}, {each.algorithm}, of {whose}", markup=False)
        console.print(f"  streams: {', '.join(each.streams) or 'none'}", markup=False)
        console.print(each.pem, markup=False, end="")


def _show_rings(found: list[dict[str, Any]], as_json: bool) -> None:
    console = _console()
    if as_json:
        console.print_json(data={"rings": found})
        return
    if not found:
        console.print("the bundle declares no key ring")
        return
    table = grid("ring", "state", "version", "data keys", "provider", "class", "rotated")
    for one in found:
        table.add_row(
            one["name"],
            one["state"],
            str(one["version"] or ""),
            str(one["data_keys"]),
            f"{one['provider']}/{one['provider_key']}",
            one["data_class"] or "not declared",
            _time(one["rotated"]),
        )
    table_console().print(table)
    for one in found:
        if one["state"] == "condemned":
            approval = ""
            if one["approvals"] > 1:
                approved = one["approved_by"]
                approval = f", approved by {approved}" if approved else ", not approved yet"
            what = f"{one['name']} is destroyed after {_time(one['due'])}"
            console.print(f"{what}; {one['requested_by']} asked for it{approval}", markup=False)


def _show_keys(found: list[dict[str, Any]]) -> None:
    table = grid("data key", "purpose", "state", "made", "seals until", "opened", "writer")
    for one in found:
        table.add_row(
            one["kid"],
            one["purpose"],
            one["state"],
            _time(one["created"]),
            _time(one["expires"]) or "it is destroyed",
            _time(one["opened"]) or "never",
            one["writer"],
        )
    table_console().print(table)


def _show_preview(found: dict[str, Any], as_json: bool) -> None:
    console = _console()
    if as_json:
        console.print_json(data=found)
        return
    console.print(f"{found['ring']}: {found['data_keys']} data keys would be erased")
    for stream in found["streams"]:
        console.print(f"{stream['stream']}: {stream['records']} records", markup=False)
        for part in stream["partitions"]:
            ranges = ", ".join(f"{first}-{last}" for first, last in part["ranges"])
            line = f"  partition {part['partition']}: {part['records']} records, offsets {ranges}"
            console.print(line, markup=False)
    if not found["streams"]:
        console.print("the log knows of no record that was written under it")


def _time(milliseconds: str | None) -> str:
    if milliseconds is None:
        return ""
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
