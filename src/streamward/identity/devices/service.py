"""Keeps what the data plane knows of devices up to date."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from streamward.clock import now_milliseconds
from streamward.errors import StreamwardError
from streamward.identity.devices.inventory import read_inventory, supply_document
from streamward.identity.devices.sources import read_file, read_url
from streamward.identity.ports import DevicePlane, ReadSecret
from streamward.log import Logger
from streamward.model.device_inventory import DeviceInventory
from streamward.model.document import Bundle

log = Logger(__name__)

LOOK_SECONDS: Final = 0.5


class DeviceInventoryService:
    """Runs beside the data plane; `replace` takes over the inventory of another bundle."""

    def __init__(
        self,
        plane: DevicePlane,
        read_secret: ReadSecret,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._plane, self._read_secret, self._clock = plane, read_secret, clock
        self._declared: DeviceInventory | None = None
        self._root = Path()
        self._due_milliseconds = 0
        self._problem = ""

    def replace(self, bundle: Bundle, read_secret: ReadSecret | None = None) -> None:
        """Take over what a bundle declares; it is read anew at once."""
        self._read_secret = read_secret or self._read_secret
        self._declared = next(iter(bundle.of(DeviceInventory)), None)
        self._root = bundle.root
        self._due_milliseconds = 0

    async def run(self) -> None:
        """Run until cancelled; costs nothing while no inventory is declared."""
        while True:
            declared, now = self._declared, self._clock()
            if declared is not None and now >= self._due_milliseconds:
                self._due_milliseconds = now + declared.refresh
                await self.refresh(declared)
            await asyncio.sleep(LOOK_SECONDS)

    async def refresh(self, declared: DeviceInventory) -> bool:
        """Read it and tell the data plane; what can't be read leaves what was known to age."""
        try:
            await self._refresh(declared)
        except (StreamwardError, ValueError, OSError) as error:
            self._tell(f"{error}")
            return False
        self._tell("")
        return True

    async def _refresh(self, declared: DeviceInventory) -> None:
        if declared.file is not None:
            text, read_at = await asyncio.to_thread(read_file, self._root / declared.file)
        else:
            read_at = self._clock()
            text = await read_url(declared, self._read_secret)
        supply = supply_document(read_inventory(text), read_at)
        await asyncio.to_thread(self._plane.supply_devices, supply)

    def _tell(self, problem: str) -> None:
        """Once for each change, not at each look."""
        if problem and problem != self._problem:
            log.error("device inventory not read; what is known of devices ages", cause=problem)
        elif self._problem and not problem:
            log.info("device inventory read again")
        self._problem = problem
