"""The life of key rings: rotated, revoked, restored; each step an entry of the log first."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument, NotFound, StreamwardError
from streamward.keys.data_key import DataKey, KeyState, Ring, RingState
from streamward.keys.holder import KeyHolder
from streamward.keys.places import must_be_its_own
from streamward.keys.ports import KeyMissing, Recorder
from streamward.keys.report import Checked, RingReport, checked
from streamward.log import Logger
from streamward.model.entries import Caller, key_change_event

log = Logger(__name__)

FAILURES_SHOWN_MAX: Final = 20
ROTATE_AGAIN_MILLISECONDS: Final = 900_000
"""After a rotation by its cadence that failed: each attempt is two entries of the log."""
_OF_A_REQUEST: Final = ("requested", "requested_by", "due", "approvals_needed", "approved_by")
Forget = Callable[[str], None]
"""Has the data plane ask anew for the keys of a ring; returns when it has."""


class KeyService:
    """The verbs on keys. Blocks.

    INVARIANT: what happens to a ring is in the log before it is in the store, and what a provider
    is asked to do is in the log before it is asked; what came of it is an entry too. Where one of
    both can't be written, nothing was changed and Unavailable is raised.
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
        self._rotate_again: dict[str, int] = {}

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
        return [checked(self.holder, each) for each in reports]

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
            moves = (declared.provider, declared.key) != (before.provider, before.provider_key)
            place: dict[str, Any] = {
                "provider": declared.provider,
                "provider_key": declared.key,
            }
            if moves:
                must_be_its_own(self.holder, name, declared.provider, declared.key)
            with self.holder.store.transaction() as transaction:
                transaction.ring(name, lock=True)
                transaction.claim(declared.provider, declared.key, name)
                self.enter(by, name, "rotating", ring_version=before.version, **place)
            with self._told_if_it_fails(by, name, "rotated", **place):
                if moves:
                    # The bundle names another key: everything moves under that one.
                    provider.create(declared.key)
                version = provider.rotate(declared.key)
            fields = {
                "version": before.version + 1,
                "rotated": self.clock(),
                **place,
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
            due = (ring.rotated or ring.created) + declared.rotate
            if max(due, self._rotate_again.get(ring.name, 0)) <= self.clock():
                try:
                    self.rotate(None, ring.name)
                except StreamwardError as error:
                    self._rotate_again[ring.name] = self.clock() + ROTATE_AGAIN_MILLISECONDS
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
                self.disable(by, after, "revoked")
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
                place: dict[str, Any] = {
                    "provider": before.provider,
                    "provider_key": before.provider_key,
                }
                self.enter(by, name, "restoring", reason, **place)
                with self._told_if_it_fails(by, name, "restored", **place):
                    self.holder.provider(before.provider).enable(before.provider_key)
                nothing: dict[str, Any] = dict.fromkeys(_OF_A_REQUEST)
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

    def disable(self, by: Caller, ring: Ring, change: str) -> None:
        """Have the provider refuse its key too, where it can; that it doesn't is an entry."""
        try:
            self.holder.provider(ring.provider).disable(ring.provider_key)
        except KeyMissing:
            pass
        except StreamwardError as error:
            what = f"the provider's key is not disabled: {error}"
            place = {"provider": ring.provider, "provider_key": ring.provider_key}
            self._enter_failure(by, ring.name, change, what, **place)

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

    @contextmanager
    def _told_if_it_fails(
        self, by: Caller | None, name: str, change: str, **facts: Any
    ) -> Iterator[None]:
        """What a provider was asked to do is in the log; that it didn't is an entry too."""
        try:
            yield
        except StreamwardError as error:
            self._enter_failure(by, name, change, str(error), **facts)
            raise

    def _enter_failure(
        self, by: Caller | None, name: str, change: str, what: str, **facts: Any
    ) -> None:
        log.warning("a provider of keys did not do as asked", ring=name, reason=what)
        try:
            self.enter(by, name, change, what, succeeded=False, **facts)
        except StreamwardError as error:
            log.error("what a provider did not do is not in the log", ring=name, cause=error)

    def forget(self, name: str) -> None:
        """Have the data plane ask anew for the keys of a ring."""
        self._forget(name)
