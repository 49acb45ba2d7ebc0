"""Hands what Python counts over to the data plane, so that a scrape never waits for Python."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Final

from streamward.errors import StreamwardError
from streamward.gateway.ports import DataPlane
from streamward.log import Logger

log = Logger(__name__)

PUBLISH_SECONDS: Final = 1.0

Figures = Mapping[str, Mapping[str, int]]


class FiguresPublisher:
    """Publishes figures once a second, for as long as the data plane runs.

    `figures` gives `followers`, `alerts` and `reloads`, each name → number. A follower's number is
    how many entries of the log it has handled.
    """

    def __init__(self, data_plane: DataPlane, figures: Callable[[], Figures]) -> None:
        self._data_plane = data_plane
        self._figures = figures

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            try:
                self._data_plane.publish(json.dumps(self._figures()).encode())
            except StreamwardError as error:
                # It drains: nobody scrapes it any more.
                log.debug("figures not published", cause=error)
            await asyncio.sleep(PUBLISH_SECONDS)
