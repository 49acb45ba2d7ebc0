"""The control door's verbs on key rings, and their bodies."""

import asyncio
from typing import Annotated, Any, Literal, assert_never

from pydantic import Field, StringConstraints

from streamward.errors import InvalidArgument
from streamward.keys.data_key import DataKey, KeyState, RingState
from streamward.keys.destruction import Destruction, Preview
from streamward.keys.hygiene import HygieneFinding, hygiene
from streamward.keys.report import Checked, RingReport
from streamward.keys.service import KeyService
from streamward.model.action import Action
from streamward.model.entries import Caller
from streamward.server.caller import Peer
from streamward.server.documents import Body, Line
from streamward.server.door import ControlDoor

Verb = Literal["rotate", "revoke", "restore", "destroy", "approve"]
KidText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class KeyVerbBody(Body):
    """What goes with a verb."""

    reason: Line | None = Field(default=None, description="Why; it stands in the log.")
    kid: KidText | None = Field(
        default=None, description="With `revoke` and `restore`: this data key only."
    )


class DataKeyView(Body):
    """A data key; times are milliseconds since 1970 as text. Never the key, wrapped or not."""

    kid: str
    purpose: str
    state: str
    ring_version: int
    provider: str
    provider_key: str
    provider_version: str
    writer: str
    created: str
    expires: str | None
    opened: str | None
    reason: str | None

    @classmethod
    def of(cls, key: DataKey) -> "DataKeyView":
        """The view of a data key."""
        return cls(
            kid=key.kid,
            purpose=key.purpose.value,
            state=key.state.value,
            ring_version=key.ring_version,
            provider=key.provider,
            provider_key=key.provider_key,
            provider_version=key.provider_version,
            writer=key.writer,
            created=str(key.created),
            expires=_text(key.expires),
            opened=_text(key.opened),
            reason=key.reason,
        )


class RingView(Body):
    """A key ring; times are milliseconds since 1970 as text."""

    name: str
    state: str
    declared: bool
    version: int | None
    provider: str | None
    provider_key: str | None
    data_class: str | None
    access_class: str | None
    legal_hold: bool
    data_keys: int
    created: str | None
    rotated: str | None
    reason: str | None
    requested: str | None
    requested_by: str | None
    approvals: int
    approved_by: str | None
    due: str | None
    destroyed: str | None
    keys: tuple[DataKeyView, ...] = ()

    @classmethod
    def of(cls, report: RingReport, *, with_keys: bool = False) -> "RingView":
        """The view of a ring as it is now."""
        ring, declared = report.ring, report.declared
        living = [key for key in report.keys if key.state is not KeyState.SHREDDED]
        held = ring or declared
        return cls(
            name=report.name,
            state=report.state,
            declared=declared is not None,
            version=None if ring is None else ring.version,
            provider=None if held is None else held.provider,
            provider_key=ring.provider_key if ring else declared.key if declared else None,
            data_class=None if declared is None else declared.data_class,
            access_class=None if declared is None else declared.access_class,
            legal_hold=declared is not None and declared.legal_hold,
            data_keys=len(living),
            created=None if ring is None else str(ring.created),
            rotated=None if ring is None else _text(ring.rotated),
            reason=None if ring is None else ring.reason,
            requested=None if ring is None else _text(ring.requested),
            requested_by=None if ring is None else ring.requested_by,
            approvals=1 if declared is None else declared.destruction.approvals,
            approved_by=None if ring is None else ring.approved_by,
            due=None if ring is None else _text(ring.due),
            destroyed=None if ring is None else _text(ring.destroyed),
            keys=tuple(DataKeyView.of(key) for key in report.keys) if with_keys else (),
        )


class RingsView(Body):
    """Key rings by name."""

    rings: tuple[RingView, ...]


class PartitionPreviewView(Body):
    """Offsets, inclusive, of one partition."""

    partition: int
    ranges: tuple[tuple[str, str], ...]
    records: str


class StreamPreviewView(Body):
    """What of one stream can't be read any more."""

    stream: str
    records: str
    partitions: tuple[PartitionPreviewView, ...]


class PreviewView(Body):
    """What a destruction takes away, as the log's index says."""

    ring: str
    data_keys: int
    streams: tuple[StreamPreviewView, ...]

    @classmethod
    def of(cls, preview: Preview) -> "PreviewView":
        """The view of a preview."""
        return cls(
            ring=preview.ring,
            data_keys=preview.data_keys,
            streams=tuple(
                StreamPreviewView(
                    stream=each.stream,
                    records=str(each.records),
                    partitions=tuple(
                        PartitionPreviewView(
                            partition=part.partition,
                            ranges=part.ranges,
                            records=str(part.records),
                        )
                        for part in each.partitions
                    ),
                )
                for each in preview.streams
            ),
        )


class CheckedView(Body):
    """Whether the wrapped keys of a ring open."""

    ring: str
    sound: bool
    opened: int
    failures: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, checked: Checked) -> "CheckedView":
        """The view of a check."""
        return cls(
            ring=checked.ring,
            sound=checked.sound,
            opened=checked.opened,
            failures=checked.failures,
        )


class VerifiedView(Body):
    """By ring."""

    rings: tuple[CheckedView, ...]


class HygieneView(Body):
    """One thing that somebody should look at."""

    ring: str
    severity: str
    what: str
    hint: str

    @classmethod
    def of(cls, found: HygieneFinding) -> "HygieneView":
        """The view of a finding."""
        return cls(ring=found.ring, severity=found.severity, what=found.what, hint=found.hint)


class HygieneReportView(Body):
    """The life-cycle report."""

    findings: tuple[HygieneView, ...]


class KeyDoor:
    """Authorised and recorded as every verb of the door is, then done."""

    def __init__(self, door: ControlDoor, keys: KeyService, destruction: Destruction) -> None:
        self._door = door
        self._keys = keys
        self._destruction = destruction

    async def list(self, peer: Peer) -> RingsView:
        """All rings."""
        await self._door.authorize(peer, Action.INSPECT, "keys list", {})
        found = await asyncio.to_thread(self._keys.rings)
        return RingsView(rings=tuple(RingView.of(each) for each in found))

    async def show(self, peer: Peer, ring: str) -> RingView:
        """One of them, with its data keys. Raises NotFound."""
        await self._door.authorize(peer, Action.INSPECT, "keys show", _of(ring))
        return RingView.of(await asyncio.to_thread(self._keys.show, ring), with_keys=True)

    async def preview(self, peer: Peer, ring: str) -> PreviewView:
        """What its destruction would take away."""
        await self._door.authorize(peer, Action.INSPECT, "keys preview", _of(ring))
        return PreviewView.of(await asyncio.to_thread(self._destruction.preview, ring))

    async def verify(self, peer: Peer, ring: str | None) -> VerifiedView:
        """Open every wrapped key, and say which don't."""
        given = {} if ring is None else _of(ring)
        await self._door.authorize(peer, Action.INSPECT, "keys verify", given)
        found = await asyncio.to_thread(self._keys.verify, ring)
        return VerifiedView(rings=tuple(map(CheckedView.of, found)))

    async def audit(self, peer: Peer) -> HygieneReportView:
        """The life-cycle report of all rings."""
        await self._door.authorize(peer, Action.INSPECT, "keys audit", {})
        reports = await asyncio.to_thread(self._keys.rings)
        now = self._keys.clock()
        found = (finding for report in reports for finding in hygiene(report, now))
        return HygieneReportView(findings=tuple(map(HygieneView.of, found)))

    async def change(self, peer: Peer, ring: str, verb: Verb, body: KeyVerbBody) -> RingView:
        """`rotate`, `revoke`, `restore`, `destroy` or `approve`; felt within a second."""
        given = _of(ring) | ({} if body.kid is None else {"kid": body.kid})
        caller = await self._door.authorize(peer, Action.MANAGE_KEYS, f"keys {verb}", given)
        reason = (body.reason or "").strip()
        if verb in ("revoke", "restore") and not reason:
            raise InvalidArgument(f"to {verb} a key needs a reason")
        if body.kid is not None and verb not in ("revoke", "restore"):
            raise InvalidArgument(f"`{verb}` is for a whole ring, not for a data key")
        done = await asyncio.to_thread(self._done, caller, ring, verb, reason, body.kid)
        return RingView.of(done)

    def _done(
        self, caller: Caller, ring: str, verb: Verb, reason: str, kid: str | None
    ) -> RingReport:
        match verb:
            case "rotate":
                return self._keys.rotate(caller, ring)
            case "revoke":
                return self._keys.revoke(caller, ring, reason, kid)
            case "restore":
                return self._keys.restore(caller, ring, reason, kid)
            case "approve":
                return self._destruction.approve(caller, ring)
            case "destroy":
                if self._keys.show(ring).state in (RingState.CONDEMNED, RingState.DESTROYING):
                    return self._destruction.finish(caller, ring)
                if not reason:
                    raise InvalidArgument("to destroy a ring needs a reason")
                return self._destruction.ask(caller, ring, reason)
        assert_never(verb)


def _of(ring: str) -> dict[str, Any]:
    return {"ring": ring[:200]}


def _text(time: int | None) -> str | None:
    return None if time is None else str(time)
