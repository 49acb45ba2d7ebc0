"""Holds what stores of secrets gave, renews it before its lease ends, and notices rotations."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from streamward.clock import monotonic_seconds, now_milliseconds
from streamward.errors import StreamwardError
from streamward.secrets.local import resolve
from streamward.secrets.material import MaterialMissing, MaterialRefused, Secret
from streamward.secrets.patience import Patience
from streamward.secrets.ports import (
    Access,
    Closing,
    Lease,
    Operation,
    Reading,
    SecretUnavailable,
    Store,
    StoreSettings,
)
from streamward.secrets.reference import Location, parse_reference

RENEW_AT: Final = 2 / 3
"""The part of a lease after which it is renewed."""

RETRY_SECONDS: Final = 1.0
"""How soon a store that failed is asked again for what is due; its circuit breaker bounds it."""

LEASE_SHORTENED: Final = 0.5
"""A renewal that gives less than this part of the first lease: its maximum is near."""

OnAccess = Callable[[Access], None]
MakeStore = Callable[[StoreSettings], Store]
_Key = tuple[str, str, Location]


@dataclass
class _Held:
    """A secret that a store gave."""

    reading: Reading
    references: set[str]
    due: float
    ends: float
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Tended:
    """What `tend` found: the references whose bytes are others now, or that have none any more."""

    changed: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()


@dataclass
class _Opened:
    settings: StoreSettings
    store: Store
    patience: Patience
    held: dict[_Key, _Held] = field(default_factory=dict)


class SecretKeeper:
    """Answers references. Calls block, so make them off the event loop; they exclude each other."""

    def __init__(
        self,
        make_store: MakeStore,
        on_access: OnAccess = lambda _: None,
        clock: Callable[[], float] = monotonic_seconds,
        wall_clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._make_store = make_store
        self._on_access = on_access
        self._clock, self._wall_clock = clock, wall_clock
        self._lock = threading.RLock()
        self._stores: dict[tuple[str, str], _Opened] = {}

    def configure(self, stores: Iterable[StoreSettings]) -> None:
        """Know these stores and no others; what unchanged ones gave stays held."""
        with self._lock:
            kept = dict(self._stores.items())
            self._stores = {}
            for settings in stores:
                key = (settings.scheme, settings.name)
                opened = kept.get(key)
                if opened is not None and opened.settings == settings:
                    del kept[key]
                else:
                    patience = Patience(settings.name)
                    opened = _Opened(settings, self._make_store(settings), patience)
                self._stores[key] = opened
            for replaced in kept.values():
                _let_go(replaced.store)

    def resolve(
        self,
        reference: str,
        root: Path,
        environment: Mapping[str, str] | None = None,
        *,
        private: bool = False,
    ) -> Secret:
        """The bytes that a reference of any scheme names.

        Raises MaterialMissing or MaterialRefused, and SecretUnavailable (retriable) where the
        store doesn't answer and nothing is held, or what is held has ended.
        """
        parsed = parse_reference(reference)
        if parsed is None:
            return self._local(reference, root, environment, private=private)
        opened = self._stores.get((parsed.scheme, parsed.store))
        if opened is None:
            raise MaterialRefused(f"`{reference}`: there is no SecretStore `{parsed.store}`")
        key = (parsed.scheme, parsed.store, parsed.location)
        held = opened.held.get(key)
        if held is None or reference not in held.references or not self._serves(held):
            # Only who needs a store waits for it; what is held is there while another is asked.
            with self._lock:
                held = opened.held.get(key)
                if held is None or not self._serves(held):
                    held = self._read(opened, key, {reference})
                held.references.add(reference)
        return _selected(held.reading, parsed.field, reference)

    def _serves(self, held: _Held) -> bool:
        return not held.withheld and self._clock() < held.ends

    def _local(
        self, reference: str, root: Path, environment: Mapping[str, str] | None, *, private: bool
    ) -> Secret:
        try:
            secret = resolve(reference, root, environment, private=private)
        except StreamwardError as error:
            if private:
                self._tell("read", {reference}, None, None, error)
            raise
        if private:
            self._tell("read", {reference}, None, None)
        return secret

    def retain(self, references: Iterable[str]) -> None:
        """Let go of what none of these references names; what was lent is given back."""
        wanted = frozenset(references)
        with self._lock:
            for opened in self._stores.values():
                for key, held in list(opened.held.items()):
                    held.references &= wanted
                    if not held.references:
                        del opened.held[key]
                        self._give_back(opened, held)

    def tend(self) -> Tended:
        """Renew and look again at what is due; what can't be had any more is withheld."""
        changed: set[str] = set()
        withheld: set[str] = set()
        with self._lock:
            for opened in self._stores.values():
                self._keep_login(opened)
                for key, held in list(opened.held.items()):
                    now = self._clock()
                    if now >= held.due and self._refresh(opened, key, held):
                        changed |= held.references
                    elif now >= held.ends and not held.withheld:
                        held.withheld = True
                        withheld |= held.references
        return Tended(frozenset(changed), frozenset(withheld))

    def close(self) -> None:
        """Give back what was lent, and let go of the stores."""
        self.retain(())
        with self._lock:
            for opened in self._stores.values():
                _let_go(opened.store)

    def _keep_login(self, opened: _Opened) -> None:
        try:
            same = opened.store.tend()
        except StreamwardError:
            return  # reading or renewing tells of it, if that is due
        if not same:
            for held in opened.held.values():
                if held.reading.lease is not None:
                    held.due = 0.0
                    held.reading = _without_renewal(held.reading)

    def _refresh(self, opened: _Opened, key: _Key, held: _Held) -> bool:
        """Renew or read anew. True: the values are others, or are there again."""
        lease = held.reading.lease
        if lease is not None and lease.renewable and not held.withheld:
            renewed = self._renewed(opened, held, lease)
            if renewed is not None:
                return False
        before = None if held.withheld else held.reading.values
        try:
            fresh = self._read(opened, key, held.references)
        except StreamwardError:
            held.due = self._clock() + RETRY_SECONDS
            return False
        return fresh.reading.values != before

    def _renewed(self, opened: _Opened, held: _Held, lease: Lease) -> Lease | None:
        """The longer lease; None where there is none, or hardly."""
        version = held.reading.version
        begun = self._clock()
        try:
            longer = opened.patience.call(lambda: opened.store.renew(lease))
        except StreamwardError as error:
            self._tell("renew", held.references, opened, version, error)
            return None
        self._tell("renew", held.references, opened, version)
        left = held.ends - begun
        if longer.seconds < LEASE_SHORTENED * lease.seconds or longer.seconds <= left:
            return None
        # The first length stays, as what a shortened one is measured by.
        held.ends = begun + longer.seconds
        held.due = begun + RENEW_AT * longer.seconds
        return longer

    def _read(self, opened: _Opened, key: _Key, references: set[str]) -> _Held:
        location = key[2]
        begun = self._clock()
        try:
            reading = opened.patience.call(lambda: opened.store.read(location))
        except StreamwardError as error:
            self._tell("read", references, opened, None, error)
            raise
        self._tell("read", references, opened, reading.version)
        lease, settings = reading.lease, opened.settings
        if lease is None:
            due, ends = settings.refresh_seconds, settings.held_seconds
        else:
            due, ends = RENEW_AT * lease.seconds, lease.seconds
        held = _Held(reading, set(references), begun + due, begun + ends)
        opened.held[key] = held
        return held

    def _give_back(self, opened: _Opened, held: _Held) -> None:
        lease = held.reading.lease
        if lease is None or not lease.id or self._clock() >= held.ends:
            return
        try:
            opened.store.revoke(lease)
        except StreamwardError as error:
            self._tell("revoke", held.references, opened, held.reading.version, error)
        else:
            self._tell("revoke", held.references, opened, held.reading.version)

    def _tell(
        self,
        operation: Operation,
        references: Iterable[str],
        opened: _Opened | None,
        version: str | None,
        error: StreamwardError | None = None,
    ) -> None:
        access = Access(
            operation,
            tuple(sorted(references)),
            None if opened is None else opened.settings.name,
            version,
            self._wall_clock(),
            None if error is None else str(error),
        )
        self._on_access(access)


def _let_go(store: Store) -> None:
    if isinstance(store, Closing):
        store.close()


def _without_renewal(reading: Reading) -> Reading:
    assert reading.lease is not None
    lease = Lease(reading.lease.id, reading.lease.seconds, renewable=False)
    return Reading(reading.values, reading.version, lease)


def _selected(reading: Reading, name: str | None, reference: str) -> Secret:
    secret = reading.values.get(name)
    if secret is None:
        what = "has no such field" if name is not None else "is made of fields: add `#FIELD`"
        raise MaterialMissing(f"`{reference}` {what}")
    if not secret.value:
        # An empty value means withheld further on.
        raise MaterialMissing(f"`{reference}` is empty")
    return secret


__all__ = ["SecretKeeper", "SecretUnavailable", "Tended"]
