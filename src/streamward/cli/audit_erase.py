"""`streamward audit erase`: erase what entries only commit to."""

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from streamward.cli.door import BundleOption, open_door
from streamward.cli.options import AuditDir, Socket, StateDir
from streamward.errors import InvalidArgument
from streamward.server.caller import own_peer
from streamward.server.erasing import EraseBody, EraseDoor


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
    bundle: BundleOption = None,
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
    opened = open_door(state_dir, socket, bundle, audit_dir, lambda it: _Offline(it.erasing))
    with opened as door:
        erased = door.erase(body.model_dump(mode="json"))
    Console(soft_wrap=True, highlight=False).print(f"{erased['erased']} values erased")
    for file, count in erased.get("unreadable", {}).items():
        told = f"`{file}`: {count} bytes are no opening, and may hold more of `{subject}`"
        Console(stderr=True, soft_wrap=True, highlight=False).print(Text(told, style="yellow"))


def _entries(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()) or int(last or first) < int(first):
        raise InvalidArgument(f"`{text}` are no entries; write `1041-1080` or `1041`")
    return int(first), int(last or first)


class _Offline:
    """The verb of a `DoorClient`, done by this process because no gateway runs."""

    def __init__(self, door: EraseDoor) -> None:
        self._door = door

    def erase(self, body: dict[str, Any]) -> dict[str, Any]:
        erased = asyncio.run(self._door.erase(own_peer(), EraseBody.model_validate(body)))
        return erased.model_dump(mode="json")
