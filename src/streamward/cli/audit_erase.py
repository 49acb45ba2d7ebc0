"""`streamward audit erase`: erase what entries only commit to."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streamward.app import bundle_name, find_socket, offline_door, paths_of, valid_bundle
from streamward.cli.options import AuditDir, Socket, StateDir
from streamward.errors import InvalidArgument
from streamward.server.caller import own_peer
from streamward.server.client import DoorClient
from streamward.server.erasing import EraseBody
from streamward.server.service import answers


def erase(
    reason: Annotated[str, typer.Option(help="Why; it stands in the log.")],
    subject: Annotated[
        str | None, typer.Option(help="What is kept of this principal, or who claimed to be it.")
    ] = None,
    entries: Annotated[
        str | None, typer.Option(metavar="FIRST-LAST", help="What these entries commit to.")
    ] = None,
    state_dir: StateDir = None,
    socket: Socket = None,
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
            metavar="DIR",
            help="The bundle; needed where no gateway runs: then this command does it itself.",
        ),
    ] = None,
    audit_dir: AuditDir = None,
) -> None:
    """Erase what entries of the log only commit to (`erasable` in the bundle); they stay valid.

    That it is erased, on whose word and why, is entered first. It can't be taken back.

    Examples:
        streamward audit erase --subject mallory --reason "request 2026-114 under Art. 17"

        streamward audit erase --entries 1041-1080 --reason "collected by mistake"
    """
    if subject is None and entries is None:
        raise InvalidArgument("name a `--subject`, or `--entries`")
    body = EraseBody(subject=subject, entries=_entries(entries), reason=reason)
    erased = _erased(body, state_dir, socket, bundle, audit_dir)
    Console(soft_wrap=True, highlight=False).print(f"{erased} values erased")


def _entries(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()) or int(last or first) < int(first):
        raise InvalidArgument(f"`{text}` are no entries; write `1041-1080` or `1041`")
    return int(first), int(last or first)


def _erased(
    body: EraseBody,
    state_dir: Path | None,
    socket: Path | None,
    directory: Path | None,
    audit_dir: Path | None,
) -> int:
    if directory is not None and socket is None:
        bundle = valid_bundle(directory, materials=False)
        where = paths_of(bundle_name(bundle), state_dir, audit_dir)
        if not answers(where.socket):
            offline = offline_door(bundle, where)
            try:
                return asyncio.run(offline.erasing.erase(own_peer(), body))
            finally:
                offline.close()
        socket = where.socket
    with DoorClient(find_socket(state_dir, socket, None)) as client:
        return client.erase(body.model_dump(mode="json"))
