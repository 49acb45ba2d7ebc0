"""The control door's verb that puts another version of the bundle in force."""

import asyncio
from typing import Protocol

from pydantic import Field

from streamward.audit.ports import Recorder
from streamward.clock import now_milliseconds
from streamward.errors import StreamwardError
from streamward.log import Logger
from streamward.model.action import Action
from streamward.model.entries.common import Caller
from streamward.model.entries.control import control_event
from streamward.server.caller import Peer
from streamward.server.documents import Body, Line
from streamward.server.door import ControlDoor
from streamward.versions import Content, Proposal, VersionRecord

log = Logger(__name__)


class ApplyBody(Body):
    """A version to put in force: the files of a bundle, or the number of one to go back to."""

    reason: Line
    base: int = Field(
        ge=0, description="The newest version that it was compared with; 0: none was ever applied."
    )
    files: dict[str, str] | None = Field(
        default=None, description="Path → text of every document and rule; no keys, no secrets."
    )
    rollback_of: int | None = Field(default=None, ge=1)
    other_bundle: bool = Field(
        default=False,
        description="Whether it is meant that another environment of the bundle, or before the "
        "first version another folder, is in force.",
    )


class VersionView(Body):
    """A version of the history."""

    number: int
    content: str = Field(description="The digest of its files.")
    policy_version: str
    author: str
    time: str = Field(description="Milliseconds since 1970.")
    reason: str
    rollback_of: int | None

    @classmethod
    def of(cls, record: VersionRecord) -> "VersionView":
        """The view of a record."""
        return cls(
            number=record.number,
            content=record.content,
            policy_version=record.policy_version,
            author=record.author.principal,
            time=str(record.time),
            reason=record.reason,
            rollback_of=record.rollback_of,
        )


class Applier(Protocol):
    """Judges a proposal, keeps it, and puts it in force."""

    async def apply(self, proposal: Proposal, author: Caller, /) -> VersionRecord:
        """Raises BundleInvalid where it may not come into force, and other StreamwardErrors."""
        ...


class VersionDoor:
    """As `ControlDoor`: authorised and recorded first. What came of it is an entry too."""

    def __init__(self, door: ControlDoor, applier: Applier, recorder: Recorder) -> None:
        self._door = door
        self._applier = applier
        self._recorder = recorder

    async def apply(self, peer: Peer, body: ApplyBody) -> VersionRecord:
        """Put a version in force; it is, and it is kept, when this returns."""
        content = None if body.files is None else Content(body.files)
        verb = "apply" if body.rollback_of is None else "rollback"
        arguments = {
            "base": body.base,
            "reason": body.reason,
            "content": None if content is None else content.digest,
            "version": body.rollback_of,
            "other_bundle": body.other_bundle or None,
        }
        given = {name: value for name, value in arguments.items() if value is not None}
        caller = await self._door.authorize(peer, Action.APPLY, verb, given)
        proposal = Proposal(
            body.reason, body.base, content, body.rollback_of, other_bundle=body.other_bundle
        )
        try:
            record = await self._applier.apply(proposal, caller)
        except StreamwardError as error:
            await self._enter(caller, {"base": body.base}, refused=f"{error.code}: {error}")
            raise
        except Exception:
            await self._enter(caller, {"base": body.base}, refused="internal")
            raise
        await self._enter(caller, {"version": record.number, "content": record.content}, record)
        return record

    async def _enter(
        self,
        caller: Caller,
        arguments: dict[str, object],
        record: VersionRecord | None = None,
        refused: str | None = None,
    ) -> None:
        """What came of it. That it was allowed, and what is in force, is in the log already."""
        leaf = control_event(
            time_milliseconds=now_milliseconds(),
            caller=caller,
            verb="applied",
            arguments=arguments,
            action=Action.APPLY.value,
            resource=("Cluster", self._door.cluster),
            allowed=record is not None,
            policy_version=None if record is None else record.policy_version,
            rules=(),
            reason=refused if record is None else record.reason,
        )
        try:
            await asyncio.to_thread(self._recorder.record, leaf)
        except StreamwardError as error:
            log.error("what came of a version is not in the log", cause=error)
