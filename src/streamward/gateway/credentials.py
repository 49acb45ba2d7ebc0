"""What is done for stored credentials while a gateway runs: their use, their cadence."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from streamward.audit import Follower, SavedState
from streamward.audit.ports import OpenReader
from streamward.clock import monotonic_seconds, now_milliseconds
from streamward.errors import StreamwardError
from streamward.identity.ports import Enforcer
from streamward.identity.service import IdentityService
from streamward.log import Logger
from streamward.model.event import Entry, Kind

log = Logger(__name__)

LOOK_SECONDS: Final = 0.5
"""What another gateway with the same store has ended is felt here after so long."""

KEEP_SECONDS: Final = 60.0
LOOK_BACK_MILLISECONDS: Final = 600_000
"""More than the clocks of two gateways differ."""

RETRY_SECONDS: Final = 1.0


def uses(entries: tuple[Entry, ...]) -> dict[str, int]:
    """Credential to when it last let somebody in (ms since 1970), in a piece of the log."""
    found: dict[str, int] = {}
    for entry in entries:
        if not entry.may_be(Kind.AUTHENTICATION):
            continue
        try:
            event = entry.event
        except msgspec.DecodeError:
            continue
        credential = event.streaming.credential
        if event.kind == Kind.AUTHENTICATION and event.succeeded and credential:
            found[credential] = max(event.time, found.get(credential, 0))
    return found


class CredentialUse:
    """Follows the log and remembers when credentials were used last."""

    def __init__(
        self, open_reader: OpenReader, saved: SavedState, identities: IdentityService
    ) -> None:
        self._open_reader = open_reader
        self._saved = saved
        self._identities = identities

    async def run(self) -> None:
        """Follow for ever; cancel to stop."""
        saved = await asyncio.to_thread(self._saved.load)
        follower = Follower(self._open_reader, "" if saved is None else saved.cursor)
        async for batch in follower.batches():
            used = uses(batch.entries)
            if used:
                await self._remember_all(used)
            await asyncio.to_thread(self._saved.save, batch.cursor, {})

    async def _remember_all(self, used: Mapping[str, int]) -> None:
        remembered = False
        while not remembered:
            remembered = await asyncio.to_thread(self._remember, used)
            await asyncio.sleep(0 if remembered else RETRY_SECONDS)

    def _remember(self, used: Mapping[str, int]) -> bool:
        if not self._identities.declared:
            return True
        try:
            self._identities.store.used(used)
        except StreamwardError as error:
            log.warning("last uses not remembered yet", cause=error)
            return False
        return True


class CredentialKeeper:
    """Ends what is over or unused, and has this gateway feel what others ended."""

    def __init__(
        self,
        identities: IdentityService,
        enforcer: Enforcer,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._identities = identities
        self._enforcer = enforcer
        self._clock = clock
        self._felt: set[str] = set()
        self._keep_at = 0.0

    async def run(self) -> None:
        """Look for ever; cancel to stop."""
        pause = LOOK_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = LOOK_SECONDS
            if not self._identities.declared:
                continue
            try:
                pause = await self._look()
            except StreamwardError as error:
                log.warning("identity store not looked at", cause=error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _look(self) -> float:
        """Look once; gives how many seconds to wait until the next time."""
        since = self._clock() - LOOK_BACK_MILLISECONDS
        ended = set(await asyncio.to_thread(self._identities.store.ended_since, since))
        for credential in sorted(ended - self._felt):
            await self._enforcer.end(credential, "streamward", "ended in the identity store")
        if ended != self._felt:
            await self._enforcer.forget()
        self._felt = ended
        next_end = await self._identities.end_what_is_over()
        if monotonic_seconds() >= self._keep_at:
            await self._identities.keep()
            self._keep_at = monotonic_seconds() + KEEP_SECONDS
        if next_end is None:
            return LOOK_SECONDS
        return min(max((next_end - self._clock()) / 1_000, 0), LOOK_SECONDS)
