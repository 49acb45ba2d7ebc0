"""The life of key rings: rotated, revoked, restored; each step an entry of the log first."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument, NotFound, StreamwardError
from streamward.keys.data_key import DataKey, KeyState, Ring, RingState
from streamward.keys.holder import KeyHolder
from streamward.keys.ports import KeyMissing, Recorder
from streamward.log import Logger
from streamward.model.entries import Caller, key_change_event
from streamward.model.keys import KeyRing

log = Logger(__name__)

FAILURES_SHOWN_MAX: Final = 20
Forget = Callable[[str], None]
"""Has the data plane ask anew for the keys of a ring; returns when it has."""


@dataclass(frozen=True, slots=True)
class RingReport:
    """A declared ring, and what has become of it; None: it was never used."""

    name: str
    declared: KeyRing | None
    ring: Ring | None
    keys: tuple[DataKey, ...]

    @property
    def state(self) -> str:
        """In one word."""
        return "unused" if self.ring is None else self.ring.state.value


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the wrapped keys of a ring open."""

    ring: str
    opened: int
    failures: tuple[tuple[str, str], ...]
    """Data key and why it doesn't open."""

    @property
    def sound(self) -> bool:
        """Whether all do."""
        return not self.failures


class KeyService:
    """The verbs on keys. Blocks.

    INVARIANT: what happens to a ring is in the log before it is in the store. Where one of both
    can't be written, nothing was changed and Unavailable is raised.
    """

    def __init__(
        self,
        holder: KeyHolder,
        recorder: Recorder,
        forget: Forget,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self.holder = holder
        self._recorder = recorder
        self._forget = forget
        self.clock = clock
        self.changing = threading.RLock()

    # What is asked

    def rings(self) -> list[RingReport]:
        """Every ring that is declared or was used, by name."""
        used = {ring.name for ring in self.holder.store.rings()}
        return [self.show(name) for name in sorted(used | set(self.holder.settings.rings))]

    def show(self, name: str) -> RingReport:
        """One ring with its data keys. Raises NotFound."""
        declared = self.holder.settings.rings.get(name)
        ring = self.holder.store.ring(name)
        if declared is None and ring is None:
            raise NotFound(f"there is no KeyRing `{name}`, and there never was one")
        keys = () if ring is None else tuple(self.holder.store.keys(name))
        return RingReport(name, declared, ring, keys)

    def verify(self, name: str | None = None) -> list[Checked]:
        """Open every wrapped key of a ring, or of all that are active, and forget it again."""
        names = [each.name for each in self.rings()] if name is None else [name]
        reports = [self.show(each) for each in names]
        if name is None:
            active = (RingState.ACTIVE.value,)
            reports = [each for each in reports if each.state in active]
        return [self._verified(each) for each in reports]

    def _verified(self, report: RingReport) -> Checked:
        opened, failures = 0, []
        for key in report.keys:
            if key.wrapped is None:
                continue
            try:
                provider = self.holder.provider(key.provider)
                plain = provider.unwrap(key.provider_key, key.under, key.context)
            except StreamwardError as error:
                failures.append((key.kid, str(error)))
                continue
            if len(plain.value) == key.key_bytes:
                opened += 1
            else:
                failures.append((key.kid, "it has another length than it was made with"))
        return Checked(report.name, opened, tuple(failures))

    # What is done

    def rotate(self, by: Caller | None, name: str) -> RingReport:
        """Make a new version of the provider's key, and wrap every data key anew under it.

        Records stay as they are. A data key that can't be re-wrapped stays as it was, is counted in
        the log, and is tried again with the next rotation. Raises NotFound, InvalidArgument.
        """
        declared = self.holder.ring(name)
        with self.changing:
            before = self.used(name)
            if before.state is not RingState.ACTIVE:
                raise InvalidArgument(f"the ring `{name}` is {before.state}")
            provider = self.holder.provider(declared.provider)
            if (declared.provider, declared.key) != (before.provider, before.provider_key):
                # The bundle names another key: everything moves under that one.
                provider.create(declared.key)
            version = provider.rotate(declared.key)
            fields = {
                "version": before.version + 1,
                "provider": declared.provider,
                "provider_key": declared.key,
                "rotated": self.clock(),
            }
            self.changed(by, before, fields, "rotated", provider_version=version)
            self._rewrap(by, name)
        self._forget(name)
        return self.show(name)

    def rotate_due(self) -> None:
        """Rotate every active ring whose cadence is over; what fails is tried again later."""
        for ring in self.holder.store.rings():
            declared = self.holder.settings.rings.get(ring.name)
            if declared is None or declared.rotate is None or ring.state is not RingState.ACTIVE:
                continue
            if (ring.rotated or ring.created) + declared.rotate <= self.clock():
                try:
                    self.rotate(None, ring.name)
                except StreamwardError as error:
                    log.warning("a ring is not rotated yet", ring=ring.name, cause=error)

    def _rewrap(self, by: Caller | None, name: str) -> None:
        ring = self.used(name)
        done, failures = 0, []
        for key in self.holder.store.keys(name):
            if key.wrapped is None:
                continue
            try:
                self._rewrap_one(key, ring)
            except StreamwardError as error:
                failures.append(f"{key.kid}: {error}")
            else:
                done += 1
        if done or failures:
            facts: dict[str, Any] = {"data_keys": done, "failed": len(failures) or None}
            reason = "; ".join(failures[:FAILURES_SHOWN_MAX]) or None
            self.enter(by, name, "rewrapped", reason, succeeded=not failures, **facts)

    def _rewrap_one(self, key: DataKey, ring: Ring) -> None:
        old = self.holder.provider(key.provider)
        plain = old.unwrap(key.provider_key, key.under, key.context)
        wrapped = self.holder.provider(ring.provider).wrap(ring.provider_key, plain, key.context)
        fields = {
            "provider": ring.provider,
            "provider_key": ring.provider_key,
            "provider_version": wrapped.version,
            "wrapped": wrapped.ciphertext,
        }
        with self.holder.store.transaction() as transaction:
            now = transaction.ring(ring.name, lock=True)
            if now is None or now.state is not RingState.ACTIVE:
                raise InvalidArgument(f"the ring `{ring.name}` is not active any more")
            transaction.update_key(key.kid, fields, changed=self.clock())

    def revoke(self, by: Caller, name: str, reason: str, kid: str | None = None) -> RingReport:
        """Seal and open nothing any more with a ring, or with one data key, until it is restored.

        The provider is asked to disable a ring's key too; where it can't, or isn't there, the
        revocation holds all the same.
        """
        with self.changing:
            before = self.used(name)
            if before.state is not RingState.ACTIVE:
                raise InvalidArgument(f"the ring `{name}` is {before.state} already")
            if kid is None:
                fields = {"state": RingState.REVOKED.value, "reason": reason}
                after = self.changed(by, before, fields, "revoked", reason)
                self._forget(name)
                self.disable(after)
            else:
                self._change_key(by, name, kid, KeyState.REVOKED, "revoked", reason)
                self._forget(name)
        return self.show(name)

    def restore(self, by: Caller, name: str, reason: str, kid: str | None = None) -> RingReport:
        """Take a revocation back, or a destruction that was asked for and is not done."""
        with self.changing:
            before = self.used(name)
            if kid is not None:
                self._change_key(by, name, kid, KeyState.ACTIVE, "restored", reason)
            elif before.state in (RingState.REVOKED, RingState.CONDEMNED):
                self.holder.provider(before.provider).enable(before.provider_key)
                nothing = dict.fromkeys(("requested", "requested_by", "due", "approved_by"))
                fields = nothing | {"state": RingState.ACTIVE.value, "reason": reason}
                self.changed(by, before, fields, "restored", reason)
            else:
                raise InvalidArgument(f"the ring `{name}` is {before.state}")
            self._forget(name)
        return self.show(name)

    def _change_key(
        self, by: Caller, name: str, kid: str, state: KeyState, change: str, reason: str
    ) -> None:
        with self.holder.store.transaction() as transaction:
            key = transaction.key(kid)
            if key is None or key.ring != name:
                raise NotFound(f"the ring `{name}` has no data key `{kid}`")
            if key.state is state or key.state is KeyState.SHREDDED:
                raise InvalidArgument(f"the data key `{kid}` is {key.state} already")
            fields = {"state": state.value, "reason": reason}
            transaction.update_key(kid, fields, changed=self.clock())
            self.enter(by, name, change, reason, kid=kid, ring_version=key.ring_version)

    # What the verbs share

    def used(self, name: str) -> Ring:
        """A ring that was used at least once. Raises NotFound."""
        ring = self.holder.store.ring(name)
        if ring is None:
            self.holder.ring(name)
            raise NotFound(f"the ring `{name}` was never used: there is nothing to change")
        return ring

    def disable(self, ring: Ring) -> None:
        """Have the provider refuse its key too, where it can."""
        try:
            self.holder.provider(ring.provider).disable(ring.provider_key)
        except KeyMissing:
            pass
        except StreamwardError as error:
            log.warning("the provider's key is not disabled", ring=ring.name, cause=error)

    def changed(
        self,
        by: Caller | None,
        before: Ring,
        fields: dict[str, Any],
        change: str,
        reason: str | None = None,
        **facts: Any,
    ) -> Ring:
        """Change a ring, with its entry; both or none.

        Raises InvalidArgument where another gateway has changed it since it was looked at.
        """
        name = before.name
        with self.holder.store.transaction() as transaction:
            now = transaction.ring(name, lock=True)
            if now != before:
                raise InvalidArgument(f"the ring `{name}` was changed meanwhile; try again")
            after = transaction.update_ring(name, fields, changed=self.clock())
            told: dict[str, Any] = {
                "ring_version": after.version,
                "provider": after.provider,
                "provider_key": after.provider_key,
            }
            self.enter(by, name, change, reason, **told | facts)
        return after

    def enter(
        self,
        by: Caller | None,
        name: str,
        change: str,
        reason: str | None = None,
        *,
        succeeded: bool = True,
        **facts: Any,
    ) -> None:
        """One entry of the log."""
        leaf = key_change_event(
            time_milliseconds=self.clock(),
            ring=name,
            change=change,
            by=by,
            reason=reason,
            succeeded=succeeded,
            **facts,
        )
        self._recorder.record(leaf)

    def forget(self, name: str) -> None:
        """Have the data plane ask anew for the keys of a ring."""
        self._forget(name)
