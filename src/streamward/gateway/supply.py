"""Keeps what the data plane was given of secrets as it must be: renewed, rotated, recorded."""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Set
from functools import partial
from typing import Final, Protocol

from streamward.errors import StreamwardError
from streamward.gateway.materials import asked_references, decoys, material_references, references
from streamward.gateway.ports import ReadAnew
from streamward.gateway.secret_stores import store_settings
from streamward.gateway.snapshot import token_references
from streamward.log import Logger
from streamward.model.document import Bundle
from streamward.model.entries import secret_event
from streamward.secrets import (
    Access,
    MaterialMissing,
    MaterialRefused,
    Secret,
    SecretKeeper,
    SecretUnavailable,
    Tended,
)

log = Logger(__name__)

TEND_SECONDS: Final = 1.0
ACCESSES_MAX: Final = 100_000
"""Accesses that wait for the log at most; beyond it, nothing more is asked of a store."""

REFERENCES_MAX: Final = 40
"""References in one entry: a thousand characters each still fit into a leaf."""


class Recorder(Protocol):
    """The log's one writer."""

    def record(self, entry: bytes) -> int:
        """Append one entry; durable when this returns."""
        ...


class AccessLog:
    """Holds accesses to secrets until the log takes them: the first come before it is open."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: deque[Access] = deque()
        self._lock = threading.Lock()

    def add(self, access: Access) -> None:
        """Remember one. Raises SecretUnavailable where too many wait: nothing passes unrecorded."""
        if len(self._waiting) >= ACCESSES_MAX:
            raise SecretUnavailable("the log takes no entries about accesses to secrets")
        self._waiting.append(access)

    def flush(self) -> None:
        """Write what waits. Raises StreamwardError where the log can't be written."""
        with self._lock:
            while self._waiting:
                same = self._alike()
                references = dict.fromkeys(each for access in same for each in access.references)
                first = same[0]
                self._recorder.record(
                    secret_event(
                        time_milliseconds=first.time_milliseconds,
                        operation=first.operation,
                        references=references,
                        store=first.store,
                        version=first.version,
                        reason=first.reason,
                    )
                )
                for _ in same:
                    self._waiting.popleft()

    def _alike(self) -> list[Access]:
        """The first that wait, as long as one entry can tell of them."""
        same = [self._waiting[0]]
        references = len(same[0].references)
        first = same[0]
        for access in list(self._waiting)[1:REFERENCES_MAX]:
            references += len(access.references)
            alike = (
                access.operation == first.operation
                and access.store is first.store is None
                and access.reason is first.reason is None
            )
            if not alike or references > REFERENCES_MAX:
                break
            same.append(access)
        return same


class SecretSupply:
    """Answers the references of a bundle, and has the data plane told when an answer changes."""

    def __init__(self, keeper: SecretKeeper, accesses: AccessLog) -> None:
        self._keeper = keeper
        self._accesses = accesses
        self._given: frozenset[str] = frozenset()
        self._put_in_force: Callable[[ReadAnew], Awaitable[None]] | None = None

    def on_change(self, put_in_force: Callable[[ReadAnew], Awaitable[None]]) -> None:
        """Have this read what is other now, and put it in force."""
        self._put_in_force = put_in_force

    def materials(self, bundle: Bundle) -> dict[str, bytes]:
        """Reference → bytes; none for what was given before and can't be had now.

        Raises MaterialMissing or MaterialRefused for the first that is wrong, SecretUnavailable
        where a store doesn't answer for something that was never given.
        """

        def answer(reference: str, private: bool) -> Secret:
            return self._keeper.resolve(reference, bundle.root, private=private)

        self._keeper.configure(store_settings(bundle, answer))
        found: dict[str, bytes] = {}
        for reference, private in _needed(bundle):
            try:
                secret = answer(reference, private)
            except SecretUnavailable:
                if reference not in self._given:
                    raise
                found[reference] = b""
            else:
                found[reference] = secret.value
        # What issuers and registries are asked with is looked at and entered with the rest, and not
        # given away.
        for reference, private in asked_references(bundle):
            if reference not in found:
                answer(reference, private)
        self._keeper.retain({*found, *(reference for *_, reference in references(bundle))})
        self._given = frozenset(found)
        return found | decoys(bundle, lambda reference: answer(reference, True))

    def read_anew(
        self, bundle: Bundle, changed: Set[str]
    ) -> tuple[dict[str, bytes], dict[str, str]]:
        """The bytes of these references, none where they can't be had now; what can't be used."""
        fit: dict[str, bytes] = {}
        unfit: dict[str, str] = {}
        for reference, private in _needed(bundle):
            if reference not in changed:
                continue
            try:
                fit[reference] = self._keeper.resolve(reference, bundle.root, private=private).value
            except SecretUnavailable:
                fit[reference] = b""
            except (MaterialMissing, MaterialRefused) as error:
                unfit[reference] = str(error)
        return fit, unfit

    async def run(self) -> None:
        """Tend and record until cancelled; then give back what was lent."""
        try:
            while True:
                await self._once()
                await asyncio.sleep(TEND_SECONDS)
        finally:
            await asyncio.to_thread(self._close)

    async def _once(self) -> None:
        tended = await asyncio.to_thread(self._tend)
        for reference in sorted(tended.withheld):
            log.error("a secret's lease has ended and its store gives no other", target=reference)
        changed = tended.changed | tended.withheld
        if changed and self._put_in_force is not None:
            await self._put_in_force(partial(self.read_anew, changed=changed))

    def _tend(self) -> Tended:
        try:
            self._accesses.flush()
        except StreamwardError as error:
            log.warning("accesses to secrets not recorded yet", code=error.code, cause=error)
        return self._keeper.tend()

    def _close(self) -> None:
        self._keeper.close()
        try:
            self._accesses.flush()
        except StreamwardError as error:
            log.error("accesses to secrets not recorded", code=error.code, cause=error)


def _needed(bundle: Bundle) -> Iterator[tuple[str, bool]]:
    """Every reference that the data plane is given bytes of, and whether they are private."""
    yield from material_references(bundle)
    for reference in token_references(bundle):
        yield reference, True
