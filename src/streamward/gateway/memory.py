"""Gives memory back that was freed: after many large answers at a time the allocator keeps it."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

LOOK_SECONDS: Final = 5.0
GROWTH_BYTES: Final = 16 << 20
"""Less than this is not worth fetching anew when it is needed again."""


def resident_bytes() -> int:
    """Memory that this process holds; 0 where the system doesn't tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def give_back() -> None:
    """Let the allocator give back what is free."""
    # The core reads at its import how much it is to say, which commands set before.
    from streamward._core import give_back_memory

    give_back_memory()


class MemoryKeeper:
    """Looks every few seconds whether the process has grown, and gives back what is free of it."""

    def __init__(
        self,
        give_back: Callable[[], None] = give_back,
        resident: Callable[[], int] = resident_bytes,
    ) -> None:
        self._give_back = give_back
        self._resident = resident
        self._floor: int | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Give back if the process holds much more than after the last time."""
        held = self._resident()
        if self._floor is None:
            self._floor = held
        if held > self._floor + GROWTH_BYTES:
            await asyncio.to_thread(self._give_back)
            # What is in use stays, and is where the next look begins.
            self._floor = self._resident()
        else:
            self._floor = min(self._floor, held)
