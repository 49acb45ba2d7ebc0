"""The gateway with log, detection and containment, as `streamward gateway run` composes it."""

import asyncio
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, Self

from streamward.app import Paths, Started, run_gateway
from streamward.errors import StreamwardError, Unavailable

START_SECONDS_MAX: Final = 30.0
STOP_SECONDS_MAX: Final = 30.0
DRAIN_SECONDS: Final = 1.0
WORKERS: Final = 2


class RunningGateway:
    """A gateway on threads of this process; `stop` drains it, as leaving the block does."""

    def __init__(self, bundle: Path, paths: Paths) -> None:
        self._bundle = bundle
        self._paths = paths
        self._signs: SimpleQueue[Started | BaseException] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started: Started | None = None
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            sign = self._signs.get(timeout=START_SECONDS_MAX)
        except Empty:
            raise Unavailable(f"the gateway didn't start in {START_SECONDS_MAX:.0f} s") from None
        if isinstance(sign, StreamwardError):
            raise sign
        if isinstance(sign, BaseException):
            raise Unavailable("the gateway did not start") from sign
        self._started = sign
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def policy_version(self) -> str:
        """The digest of the policy in force."""
        assert self._started is not None
        return self._started.policy_version

    def stop(self) -> None:
        """Drain: what is on its way is answered and recorded. Raises Unavailable after too long."""
        if self._loop is None or self._started is None or not self._thread.is_alive():
            return
        try:
            self._loop.call_soon_threadsafe(self._started.stop)
        except RuntimeError:
            return  # the loop has ended in the meantime
        self._thread.join(STOP_SECONDS_MAX)
        if self._thread.is_alive():
            raise Unavailable(f"the gateway didn't stop in {STOP_SECONDS_MAX:.0f} s")

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - the thread that waits must be told
            self._signs.put(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await run_gateway(
            self._bundle,
            lambda _: self._paths,
            WORKERS,
            self._signs.put,
            signals=False,
            drain_seconds=DRAIN_SECONDS,
        )
