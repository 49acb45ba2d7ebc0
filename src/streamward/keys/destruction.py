"""Crypto-shredding: a preview, a waiting time, a second person, and a proof in the log.

What a ring sealed can be read by nobody once its wrapped keys, and the provider's key that wraps
them, are gone (NIST SP 800-88, cryptographic erase).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from streamward.errors import InvalidArgument, NotFound, NotPermitted, StreamwardError
from streamward.keys.data_key import DataKey, Ring, RingState
from streamward.keys.places import others_with
from streamward.keys.ports import KeyMissing, KeyRefused
from streamward.keys.report import RingReport
from streamward.keys.service import KeyService
from streamward.log import Logger
from streamward.model.entries import Caller
from streamward.model.keys import KeyRing

log = Logger(__name__)


@dataclass(frozen=True, slots=True)
class PartitionPreview:
    """What the log knows to have been written to one partition; offsets inclusive."""

    partition: int
    ranges: tuple[tuple[str, str], ...]
    records: int


@dataclass(frozen=True, slots=True)
class StreamPreview:
    """A stream whose records can't be read any more."""

    stream: str
    partitions: tuple[PartitionPreview, ...]

    @property
    def records(self) -> int:
        """In all partitions."""
        return sum(each.records for each in self.partitions)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a destruction takes away."""

    ring: str
    data_keys: int
    streams: tuple[StreamPreview, ...]
    """As the log's index says; what was written before the log began is not among them."""


FindStreams = Callable[[str], Sequence[StreamPreview]]
"""What was written to the streams that are sealed under a ring; may block."""


class Destruction:
    """Destroys rings, one step after the other."""

    def __init__(self, keys: KeyService, find_streams: FindStreams) -> None:
        self._keys = keys
        self._find_streams = find_streams

    def preview(self, name: str) -> Preview:
        """What would be gone. Raises NotFound."""
        report = self._keys.show(name)
        left = sum(1 for key in report.keys if key.wrapped is not None)
        return Preview(name, left, tuple(self._find_streams(name)))

    def ask(self, by: Caller, name: str, reason: str) -> RingReport:
        """Condemn a ring: from now on it seals and opens nothing, and when its time has come it is
        destroyed. Raises InvalidArgument where it is under legal hold.
        """
        with self._keys.changing:
            declared = self._keys.holder.ring(name)
            before = self._keys.used(name)
            _not_held(declared)
            if before.state in (RingState.CONDEMNED, RingState.DESTROYING, RingState.DESTROYED):
                raise InvalidArgument(f"the ring `{name}` is {before.state} already")
            now = self._keys.clock()
            due = now + declared.destruction.wait
            fields = {
                "state": RingState.CONDEMNED.value,
                "reason": reason,
                "requested": now,
                "requested_by": by.principal,
                "due": due,
                # A bundle that asks for fewer later changes nothing of what was asked for now.
                "approvals_needed": declared.destruction.approvals,
                "approved_by": None,
            }
            preview = self.preview(name)
            facts = {"data_keys": preview.data_keys, "due": str(due)}
            after = self._keys.changed(by, before, fields, "condemned", reason, **facts)
            self._keys.forget(name)
            self._keys.disable(by, after, "condemned")
        return self._keys.show(name)

    def approve(self, by: Caller, name: str) -> RingReport:
        """Agree with a destruction. Raises NotPermitted for whoever asked for it."""
        with self._keys.changing:
            declared = self._keys.holder.ring(name)
            before = self._keys.used(name)
            if before.state is not RingState.CONDEMNED:
                raise InvalidArgument(f"nobody has asked to destroy the ring `{name}`")
            if _approvals(declared, before) < 2 or before.approved_by is not None:
                raise InvalidArgument(f"the destruction of `{name}` needs no further approval")
            if by.principal == before.requested_by:
                what = f"`{by.principal}` asked for it: somebody else must approve"
                raise NotPermitted(what)
            _not_held(declared)
            self._keys.changed(by, before, {"approved_by": by.principal}, "approved")
        return self._keys.show(name)

    def finish_due(self) -> None:
        """Destroy every condemned ring whose time has come; what fails is tried again later."""
        for ring in self._keys.holder.store.rings():
            due = ring.state is RingState.CONDEMNED and (ring.due or 0) <= self._keys.clock()
            if due or ring.state is RingState.DESTROYING:
                try:
                    self.finish(None, ring.name)
                except StreamwardError as error:
                    log.warning("a ring is not destroyed yet", ring=ring.name, cause=error)

    def finish(self, by: Caller | None, name: str) -> RingReport:
        """Destroy a condemned ring whose time has come.

        Raises InvalidArgument before that, without the approval that it needs, or under legal hold;
        KeyUnavailable where a provider can't be reached: then it goes on later.

        INVARIANT: no provider is asked to destroy anything before the store says, under its lock,
        that this ring is being destroyed; from then on nobody restores it, on any gateway.
        """
        with self._keys.changing:
            declared = self._keys.holder.ring(name)
            self._keys.used(name)
            ring = self._begin(by, declared)
            keys = self._keys.holder.store.keys(name)
            gone_from, kept = self._at_providers(ring, keys)
            fields = {"state": RingState.DESTROYED.value, "destroyed": self._keys.clock()}
            with self._keys.holder.store.transaction() as transaction:
                found = transaction.ring(name, lock=True)
                if found is None or found.state is not RingState.DESTROYING:
                    # Another gateway, which had begun too, was faster.
                    return self._keys.show(name)
                now = self._keys.clock()
                facts: dict[str, Any] = {}
                # Keys that another gateway made since are among them: nothing of a ring is left.
                facts["data_keys"] = transaction.shred(name, changed=now)
                facts["kids"] = digest(transaction.keys(name))
                transaction.update_ring(name, fields, changed=now)
                facts |= {
                    "ring_version": ring.version,
                    "provider": ring.provider,
                    "provider_key": ring.provider_key,
                    "gone_from": None if gone_from is None else str(gone_from),
                }
                self._keys.enter(by, name, "destroyed", kept, **facts)
            self._keys.holder.store.erase_traces()
            self._keys.forget(name)
        return self._keys.show(name)

    def _begin(self, by: Caller | None, declared: KeyRing) -> Ring:
        """From here on there is no way back; unless an earlier attempt has begun already."""
        name = declared.name
        with self._keys.holder.store.transaction() as transaction:
            ring = transaction.ring(name, lock=True)
            if ring is None:
                raise NotFound(f"the key store has no ring `{name}`")
            if ring.state is RingState.DESTROYING:
                _not_held(declared)
                return ring
            self._must_be_due(declared, ring)
            keys = transaction.keys(name)
            facts: dict[str, Any] = {"data_keys": len(keys), "kids": digest(keys)}
            fields = {"state": RingState.DESTROYING.value}
            after = transaction.update_ring(name, fields, changed=self._keys.clock())
            self._keys.enter(by, name, "destroying", ring.reason, **facts)
        return after

    def _must_be_due(self, declared: KeyRing, ring: Ring) -> None:
        if ring.state is not RingState.CONDEMNED:
            raise InvalidArgument(f"nobody has asked to destroy the ring `{ring.name}`")
        _not_held(declared)
        if _approvals(declared, ring) > 1 and ring.approved_by is None:
            what = f"the destruction of `{ring.name}` waits for the approval of somebody else than"
            raise InvalidArgument(f"{what} `{ring.requested_by}`")
        if ring.due is None or self._keys.clock() < ring.due:
            left = ((ring.due or 0) - self._keys.clock()) // 60_000
            raise InvalidArgument(f"the destruction of `{ring.name}` waits another {left} minutes")

    def _at_providers(self, ring: Ring, keys: list[DataKey]) -> tuple[int | None, str | None]:
        """Destroy the keys that wrap, and those that ever did: a backup of the store holds data
        keys as they were wrapped then. From when on they are gone, and which a provider keeps.
        """
        places = {(ring.provider, ring.provider_key)}
        places |= {(key.provider, key.provider_key) for key in keys}
        every = self._keys.holder.store.places()
        places |= {
            (place.provider, place.provider_key) for place in every if place.ring == ring.name
        }
        gone_from: int | None = None
        kept = []
        for provider, key in sorted(places):
            others = others_with(self._keys.holder, ring.name, provider, key)
            if others:
                # SECURITY: theirs may be under legal hold.
                names = ", ".join(f"`{other}`" for other in others)
                kept.append(f"the key `{key}` of `{provider}` is kept: it is that of {names} too")
                continue
            try:
                done = self._keys.holder.provider(provider).destroy(key)
            except KeyMissing:
                kept.append(f"`{provider}` has no key `{key}`")
                continue
            except KeyRefused as error:
                # The wrapped keys go all the same, and without them nothing opens.
                kept.append(f"`{provider}` keeps its key: {error}")
                continue
            gone_from = max(filter(None, (gone_from, done.gone_from)), default=None)
        return gone_from, "; ".join(kept) or None


def digest(keys: Sequence[DataKey]) -> str:
    """Over the ids of data keys: whoever has a list of them can show that it is the one."""
    text = "".join(f"{kid}\n" for kid in sorted(key.kid for key in keys))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _approvals(declared: KeyRing, ring: Ring) -> int:
    """How many must agree: never fewer than when it was asked for."""
    return max(declared.destruction.approvals, ring.approvals_needed or 1)


def _not_held(declared: KeyRing) -> None:
    if declared.legal_hold:
        raise InvalidArgument(f"the ring `{declared.name}` is under legal hold")
