"""What signals mean to a gateway."""

import asyncio
import signal
from collections.abc import Callable


class Signals:
    """SIGTERM and SIGINT stop, SIGHUP reloads; what was there before comes back."""

    def __init__(self, stop: Callable[[], None], reload: Callable[[], None]) -> None:
        self._handlers = {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: reload}

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for number, handler in self._handlers.items():
            loop.add_signal_handler(number, handler)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in self._handlers:
            loop.remove_signal_handler(number)
