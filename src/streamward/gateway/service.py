"""Runs the data plane and what goes with it, in one process, until told to stop."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, TypeVar

from streamward.clock import now_milliseconds
from streamward.errors import BundleInvalid, StreamwardError, Unavailable
from streamward.gateway.ports import DataPlane, OverlayHolder, ReadAnew, Source, Staged, Worker
from streamward.gateway.signals import Signals
from streamward.gateway.snapshot import build_snapshot
from streamward.log import Logger
from streamward.model.document import Bundle
from streamward.model.manifest import named_bundle

log = Logger(__name__)

DRAIN_SECONDS: Final = 10.0
WATCH_SECONDS: Final = 1.0
RESTART_SECONDS: Final = 1.0
RECHECK_MILLISECONDS: Final = 86_400_000
"""Grants end with a day (UTC): the snapshot is built anew when another day begins."""

S = TypeVar("S", bound=Staged)
R = TypeVar("R")

Follow = Sequence[Callable[[], None]]
"""What has everything beside the data plane follow a bundle that is in force, a call for each; on
the event loop, with nothing left that is expected to fail.
"""

PrepareBundle = Callable[[Bundle], Follow]
"""Does all that can fail before a bundle is in force: reads its secrets, compiles its detections.
Blocks; raises StreamwardError, and then nothing has changed.
"""

Materials = Callable[[Bundle], dict[str, bytes]]
"""Reference → bytes; blocks."""


class GatewayService:
    """Holds the bundle that is in force, and replaces it by another one without mistakes."""

    def __init__(
        self,
        data_plane: DataPlane,
        source: Source,
        overlay: OverlayHolder,
        prepare: PrepareBundle,
        materials: Materials,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._data_plane = data_plane
        self._source = source
        self._overlay = overlay
        self._prepare = prepare
        self._materials = materials
        self._clock = clock
        self._bundle: Bundle | None = None
        self._lock = asyncio.Lock()
        self._stop = asyncio.Event()
        self._reload_wanted = asyncio.Event()
        self._built_on_day = -1
        self._version = ""
        self._behind: Bundle | None = None
        self._reloads = {"success": 0, "failure": 0}

    @property
    def policy_version(self) -> str:
        """The digest of the policy in force."""
        return self._version

    async def start(self, bundle: Bundle) -> None:
        """Build the snapshot and start the data plane. Raises StreamwardError."""
        async with self._overlay.frozen() as overlay:
            snapshot, materials = await asyncio.to_thread(self._build, bundle, overlay)
            await asyncio.to_thread(self._data_plane.start, snapshot, materials)
        self._in_force(bundle, snapshot)

    def _build(self, bundle: Bundle, overlay: Mapping[str, Any]) -> tuple[bytes, dict[str, bytes]]:
        self._built_on_day = self._clock() // RECHECK_MILLISECONDS
        return build_snapshot(bundle, overlay), self._materials(bundle)

    def _in_force(self, bundle: Bundle, snapshot: bytes) -> None:
        self._bundle = bundle
        self._version = str(json.loads(snapshot)["policy"]["version"])

    async def run(
        self,
        workers: Sequence[Worker],
        *,
        signals: bool = True,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        """Run until SIGTERM, SIGINT or `stop`, then drain. `start` must have been called.

        Without `signals` only `stop` ends it: those of a process are its main thread's. Raises
        Unavailable where the last entries can't be written; the next start enters them.
        """
        handlers = Signals(self.stop, self._reload_wanted.set) if signals else nullcontext()
        with handlers:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(_supervised(worker)) for worker in workers]
                tasks.append(group.create_task(self._watch()))
                tasks.append(group.create_task(self._reload_on_signal()))
                await self._stop.wait()
                # The followers stay until the last connection's entries are written.
                log.info("draining", seconds=drain_seconds)
                failure = await self._drain(drain_seconds)
                for task in tasks:
                    task.cancel()
        if failure is not None:
            raise failure
        log.info("stopped")

    async def _drain(self, seconds: float) -> StreamwardError | None:
        """Drain; gives what went wrong, so that a group of tasks doesn't wrap it."""
        try:
            await asyncio.to_thread(self._data_plane.drain, seconds)
        except StreamwardError as error:
            return error
        return None

    def stop(self) -> None:
        """Drain and end `run`."""
        self._stop.set()

    def status(self) -> dict[str, Any]:
        """What the data plane says about itself."""
        document: dict[str, Any] = json.loads(self._data_plane.status())
        return {
            **document,
            "bundle": named_bundle(self._bundle),
            **self._source.standing(),
            "behind": self._behind is not None,
        }

    def metrics(self, accept: str) -> tuple[str, bytes]:
        """All figures as text: the content type for an `Accept` header, and the text."""
        return self._data_plane.metrics(accept)

    def health(self) -> dict[str, Any]:
        """Whether the data plane is alive and ready, with each check."""
        document: dict[str, Any] = json.loads(self._data_plane.health())
        return document

    @property
    def reloads(self) -> dict[str, int]:
        """How often the bundle was read again, by outcome."""
        return dict(self._reloads)

    async def reload(self) -> dict[str, Any]:
        """Read the bundle again and put it in force.

        Raises BundleInvalid with its mistakes, and other StreamwardErrors; then what was in force
        stays in force.
        """
        try:
            answer = await self._reload()
        except BaseException:
            self._reloads["failure"] += 1
            raise
        self._reloads["success"] += 1
        return answer

    async def _reload(self) -> dict[str, Any]:
        async with self._lock:
            bundle = await asyncio.to_thread(self._source.read)
            answer, follow = await self._put_in_force(bundle)
            self._follow(bundle, follow)
        document: dict[str, Any] = json.loads(answer)
        log.info("bundle in force", policy_version=self._version)
        return {"version": self._version, "overlay_epoch": document.get("overlay_epoch")}

    async def apply(self, staged: Callable[[Bundle], AbstractContextManager[S]]) -> S:
        """Put what is staged in the block in force, and leave the block: then it is kept.

        Raises StreamwardError; then what was in force stays in force, and is kept. Once it is kept
        nothing is raised: what can't follow it at once is told in the log and the status, and is
        tried again.
        """
        async with self._lock:
            before = self._bundle
            if before is None:
                raise Unavailable("the gateway has not started")
            block = staged(before)
            change = await _to_the_end(block.__enter__)
            try:
                answer, follow = await self._put_in_force(change.bundle)
                self._confirm(json.loads(answer), change.bundle)
            except BaseException as error:
                try:
                    await _to_the_end(block.__exit__, type(error), error, error.__traceback__)
                finally:
                    await self._go_back(before)
                raise
            try:
                await _to_the_end(block.__exit__, None, None, None)
            except Exception:
                # What can't be kept must not go on.
                await self._go_back(before)
                raise
            self._follow(change.bundle, follow)
        log.info("bundle in force", policy_version=self._version)
        return change

    async def _go_back(self, before: Bundle) -> None:
        if self._bundle is before:
            return
        try:
            _, follow = await self._put_in_force(before)
        except Exception as error:
            what = "what was refused is in force in the data plane until the next reload or start"
            log.error(what, policy_version=self._version, cause=error)
            raise
        self._follow(before, follow)

    def _follow(self, bundle: Bundle, follow: Follow) -> None:
        """The bundle is in force: whatever happens here, it is no failure to put it there."""
        self._behind = None
        for step in follow:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - in force it is, and the others must follow
                self._behind = bundle
                log.error("a bundle is in force, and not all follows it yet", cause=error)

    async def _catch_up(self) -> None:
        """Try again what could not follow the bundle in force."""
        async with self._lock:
            bundle = self._behind
            if bundle is None or bundle is not self._bundle:
                return
            try:
                follow = await asyncio.to_thread(self._prepare, bundle)
            except StreamwardError as error:
                log.error("a bundle is in force, and not all follows it yet", cause=error)
                return
            self._follow(bundle, follow)
        if self._behind is None:
            log.info("all follows the bundle in force", policy_version=self._version)

    def _confirm(self, status: dict[str, Any], bundle: Bundle) -> None:
        version = bundle.version
        wanted = None if version is None else {"number": version.number, "content": version.content}
        if status.get("version") != wanted or status.get("policy_version") != self._version:
            raise Unavailable("the data plane says that another version is in force")

    async def _put_in_force(self, bundle: Bundle) -> tuple[bytes, Follow]:
        """The data plane's answer, and what must follow."""
        try:
            async with self._overlay.frozen() as overlay:
                snapshot, materials = await asyncio.to_thread(self._build, bundle, overlay)
                # After its stores of secrets are known, and before anything of it is in force.
                follow = await asyncio.to_thread(self._prepare, bundle)
                answer = await asyncio.to_thread(self._data_plane.apply, snapshot, materials)
        except BaseException:
            await self._tend_again()
            raise
        self._in_force(bundle, snapshot)
        return answer, follow

    async def _tend_again(self) -> None:
        """What was read for another bundle is not what the one in force leans on: its stores of
        secrets and its leases are looked after again.
        """
        if self._bundle is not None:
            try:
                await _to_the_end(self._materials, self._bundle)
            except StreamwardError as error:
                log.error("secrets of the bundle in force can't be read", cause=error)

    async def supply(self, read: ReadAnew) -> None:
        """Put in force what is read anew; connections live on.

        What can't be used is told in the log of the process and as an entry, and changes nothing.
        """
        async with self._lock:  # so that no bundle is put in force with what was read before
            bundle = self._bundle
            if bundle is None:
                return
            try:
                fit, unfit = await asyncio.to_thread(read, bundle)
                answer = await asyncio.to_thread(self._data_plane.supply, fit, unfit)
            except StreamwardError as error:
                log.error("materials not in force; the old ones stay", code=error.code, cause=error)
                return
        _tell(json.loads(answer))

    async def _try_reload(self) -> None:
        try:
            await self.reload()
        except BundleInvalid as error:
            mistakes = [str(mistake) for mistake in error.mistakes] or [str(error)]
            log.error("bundle has mistakes; the old policy stays", mistakes="; ".join(mistakes))
        except StreamwardError as error:
            log.error("bundle not in force; the old policy stays", code=error.code, cause=error)

    async def _reload_on_signal(self) -> None:
        while True:
            await self._reload_wanted.wait()
            self._reload_wanted.clear()
            await self._try_reload()

    async def _watch(self) -> None:
        """Reload when files changed and then stayed as they are for one look."""
        in_force = seen = await asyncio.to_thread(self._source.fingerprint)
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            await self._catch_up()
            now = await asyncio.to_thread(self._source.fingerprint)
            settled, seen = now == seen, now
            new_day = self._clock() // RECHECK_MILLISECONDS != self._built_on_day
            if settled and (now != in_force or new_day):
                in_force = now
                await self._try_reload()


def _tell(renewal: Mapping[str, Any]) -> None:
    if renewal["renewed"]:
        log.info("materials in force", references=", ".join(renewal["renewed"]))
    if renewal["withheld"]:
        log.error("materials withheld", references=", ".join(renewal["withheld"]))
    for each in renewal["refused"]:
        log.error(
            "materials can't be used; the old ones stay",
            references=", ".join(each["references"]),
            cause=each["what"],
        )


async def _to_the_end(function: Callable[..., R], *arguments: Any) -> R:
    """Call what waits for disks off the event loop. Who is cancelled meanwhile waits for its end:
    what it did is done, and must not be taken for undone.
    """
    call = asyncio.get_running_loop().run_in_executor(None, function, *arguments)
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await asyncio.wait([call])
        call.result()
        raise


async def _supervised(worker: Worker) -> None:
    """Run a worker for ever: clients must be served also while one of them is in trouble."""
    while True:
        try:
            await worker.run()
        except Exception as error:  # noqa: BLE001 - the data plane must outlive its followers
            log.error("worker failed; it starts again", worker=type(worker).__name__, cause=error)
        await asyncio.sleep(RESTART_SECONDS)
