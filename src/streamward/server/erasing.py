"""The control door's verb that erases what entries only commit to."""

import asyncio
from typing import Annotated, Any

from pydantic import Field, model_validator

from streamward.audit.erasing import Erasing, Wanted
from streamward.errors import Unavailable
from streamward.model.action import Action
from streamward.server.caller import Peer
from streamward.server.documents import Body, Line, NameText
from streamward.server.door import ControlDoor

EntryNumber = Annotated[int, Field(ge=0, le=2**53)]


class EraseBody(Body):
    """What to erase, and why; at least one of `subject` and `entries`."""

    subject: NameText | None = None
    entries: tuple[EntryNumber, EntryNumber] | None = Field(
        default=None, description="First and last entry, both inclusive."
    )
    reason: Line

    @model_validator(mode="after")
    def _means_something(self) -> "EraseBody":
        if self.subject is None and self.entries is None:
            raise ValueError("name a `subject`, or `entries`")
        if self.entries is not None and self.entries[0] > self.entries[1]:
            raise ValueError("`entries` end before they begin")
        return self


class ErasedView(Body):
    """How many values were erased."""

    erased: int
    unreadable: dict[str, int] = Field(
        default_factory=dict,
        description="Files with bytes that are no opening, and may hold more of the subject.",
    )


class EraseDoor:
    """Authorised, recorded, then done."""

    def __init__(self, door: ControlDoor, erasing: Erasing | None) -> None:
        self._door = door
        self._erasing = erasing

    async def erase(self, peer: Peer, body: EraseBody) -> ErasedView:
        """Erase what entries commit to. Raises as ControlDoor's verbs, and NotFound."""
        arguments: dict[str, Any] = {}
        if body.subject is not None:
            arguments["subject"] = body.subject
        if body.entries is not None:
            arguments["entries"] = "-".join(map(str, body.entries))
        caller = await self._door.authorize(peer, Action.ERASE, "erase", arguments)
        if self._erasing is None:
            raise Unavailable("no log is open")
        wanted = Wanted(body.subject, body.entries)
        erase = self._erasing.erase
        erased = await asyncio.to_thread(erase, wanted, caller.principal, body.reason)
        return ErasedView(erased=erased.values, unreadable=dict(erased.unreadable))
