"""A connection that somebody uses while something happens to whoever it belongs to."""

import threading
import time
from collections.abc import Callable
from typing import Final

from streamward.clock import now_milliseconds
from streamward.errors import Unavailable

PAUSE_SECONDS: Final = 0.001
"""Between two requests: the gateway's own followers share this process with the clients."""


class Live(threading.Thread):
    """A live connection, and the moment when the gateway closed it."""

    def __init__(self, kind: str, ask: Callable[[], object]) -> None:
        super().__init__(name=kind, daemon=True)
        self.kind = kind
        self.requests = 0
        self.closed_at: int | None = None
        """In milliseconds since 1970; None while it is open."""
        self._ask = ask

    def run(self) -> None:
        """Use the connection until it ends."""
        try:
            while True:
                self._ask()
                self.requests += 1
                time.sleep(PAUSE_SECONDS)
        except TimeoutError:
            return
        except (OSError, Unavailable):
            self.closed_at = now_milliseconds()
