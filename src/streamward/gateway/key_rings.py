"""The keys of a bundle: what is opened for them, and that the data plane forgets in time."""

import asyncio
import hashlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from streamward.clock import monotonic_seconds, now_milliseconds
from streamward.errors import StreamwardError
from streamward.keys.destruction import Destruction
from streamward.keys.holder import Settings
from streamward.keys.ports import ReadSecret
from streamward.keys.providers import Surroundings, open_provider
from streamward.keys.service import KeyService
from streamward.log import Logger
from streamward.model.document import Bundle
from streamward.model.keys import KeyProvider, KeyRing, KeyStore
from streamward.secrets.local import located

log = Logger(__name__)

LOOK_SECONDS: Final = 0.5
"""What another gateway with the same store has revoked is felt here after so long."""

LOOK_BACK_MILLISECONDS: Final = 600_000
"""Further than the last look that succeeded: more than the clocks of two gateways differ."""

RETRY_SECONDS: Final = 1.0
KEEP_SECONDS: Final = 60.0


def key_settings(bundle: Bundle, state: Path, read: ReadSecret) -> Settings | None:
    """The keys of a bundle; None where it declares no ring. Raises StreamwardError."""
    rings = bundle.of(KeyRing)
    if not rings:
        return None
    # With its libraries it takes 30 MB, which a gateway without key rings does not need.
    from streamward.keys.store import open_store

    declared = next(iter(bundle.of(KeyStore)), None)
    url = None
    if declared is not None and declared.url is not None:
        url = read(declared.url).decode()
    around = Surroundings(read, lambda name: located(name, bundle.root), state / "keys")
    return Settings(
        open_store=lambda: open_store(url, state / "keys.db"),
        identity=hashlib.sha256(f"{url}".encode()).hexdigest(),
        open_provider=lambda provider: open_provider(provider, around),
        providers={one.name: one for one in bundle.of(KeyProvider)},
        rings={one.name: one for one in rings},
        writer=socket.gethostname()[:200],
    )


class KeyWatch:
    """Has the data plane forget the keys of a ring as soon as anybody, on any gateway, has changed
    what may be done with it; rotates and destroys what is due.
    """

    def __init__(
        self,
        keys: KeyService,
        destruction: Destruction,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._keys = keys
        self._destruction = destruction
        self._clock = clock
        self._felt: frozenset[tuple[str, int]] = frozenset()
        self._looked = clock()
        self._keep_at = 0.0

    async def run(self) -> None:
        """Look for ever; cancel to stop."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._keys.holder.declared:
                continue
            try:
                await asyncio.to_thread(self.look)
                if monotonic_seconds() >= self._keep_at:
                    await asyncio.to_thread(self.keep)
                    self._keep_at = monotonic_seconds() + KEEP_SECONDS
            except StreamwardError as error:
                log.warning("key store not looked at", cause=error)
                await asyncio.sleep(RETRY_SECONDS)

    def look(self) -> None:
        """Look once at what others have changed."""
        now = self._clock()
        # However long the store could not be reached: what was changed meanwhile is felt then.
        since = min(now, self._looked) - LOOK_BACK_MILLISECONDS
        changed = self._keys.holder.store.changed_since(since)
        for ring in sorted({name for name, _ in changed - self._felt}):
            self._keys.forget(ring)
        self._felt, self._looked = changed, now

    def keep(self) -> None:
        """Do what is due: destructions whose time has come, and rotations."""
        self._destruction.finish_due()
        self._keys.rotate_due()
