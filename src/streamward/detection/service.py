"""Runs detections over the log: live, and over what was."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from streamward.audit import Batch, Follower, SavedState
from streamward.audit.ports import OpenReader, Recorder
from streamward.clock import monotonic_seconds
from streamward.detection.engine import Engine
from streamward.errors import Unavailable
from streamward.log import Logger
from streamward.model.alert import Alert, Severity
from streamward.model.entries import alert_event
from streamward.model.event import Entry, Kind

log = Logger(__name__)

SAVE_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 0.5


def log_failure(detection: str, entry: int, error: Exception) -> None:
    """What an engine is told to do when a detector fails: the others go on."""
    log.error("detector failed", detection=detection, entry=entry, cause=repr(error))


def replay(open_reader: OpenReader, engine: Engine, first: int = 0) -> Iterator[Alert]:
    """The alerts that the log holds grounds for, from the entry `first` on.

    Entries before `first` are folded too: without them the state would not be that of the live run.
    """
    for batch in Follower(open_reader).drain():
        for entry in batch.entries:
            for alert in engine.observe(entry):
                if entry.index >= first:
                    yield alert


def recorded_alerts(open_reader: OpenReader, cursor: str) -> set[str]:
    """Ids of the alerts that stand in the log after the cursor."""
    found = set()
    for batch in Follower(open_reader, cursor).drain():
        for entry in batch.entries:
            alert = entry.event.streaming.alert if entry.may_be(Kind.ALERT) else None
            if alert is not None:
                found.add(alert.id)
    return found


class DetectionService:
    """Follows the log and records what looks wrong in it, each alert once.

    The fold runs on a thread of its own, so that a slow detector delays no containment. State is
    saved with its cursor; after a crash the entries since then are folded again, and an alert that
    is in the log already is not recorded a second time.
    """

    def __init__(
        self, open_reader: OpenReader, recorder: Recorder, saved: SavedState, engine: Engine
    ) -> None:
        self._open_reader = open_reader
        self._recorder = recorder
        self._saved = saved
        self._engine = engine
        self._blank = engine.save()
        self._in_batch = False
        self._replacement: Engine | None = None
        self._cursor = ""
        self._next_index = 0
        self._mute_before = 0
        self._recorded: set[str] = set()
        self._alerts: Counter[str] = Counter()
        self._handled_entries: int | None = None
        self._saved_at = monotonic_seconds()
        self.on_recorded: Callable[[], None] = lambda: None

    @property
    def handled_entries(self) -> int | None:
        """How many entries of the log have been folded; None until it is known."""
        return self._handled_entries

    @property
    def alerts(self) -> dict[str, int]:
        """Alerts recorded since the start, by severity."""
        return {str(one): self._alerts[one] for one in Severity}

    def replace(self, engine: Engine) -> None:
        """Take other detections or another context from the next entry on."""
        self._replacement = engine

    async def run(self) -> None:
        """Follow for ever; cancel to stop."""
        await asyncio.to_thread(self._restore)
        try:
            while True:
                await self._follow()
                await asyncio.to_thread(self._take_replacement)
        finally:
            # INVARIANT: saved state is that at the saved cursor. Within a batch it is ahead of it,
            # and an alert that was not recorded yet would be lost.
            if not self._in_batch:
                self._save()

    def _restore(self) -> None:
        self._in_batch = False
        self._cursor = ""
        self._engine.load(self._blank)
        saved = self._saved.load()
        if saved is not None:
            next_index = saved.state.get("next_index")
            self._next_index = next_index if isinstance(next_index, int) else 0
            engine_state = saved.state.get("engine")
            if isinstance(engine_state, dict) and self._engine.load(engine_state):
                self._cursor = saved.cursor
            else:
                self._begin_again()
        self._recorded = recorded_alerts(self._open_reader, self._cursor)

    def _begin_again(self) -> None:
        """Other detections fold the whole log for their state, but raise nothing about the past.

        An alert about what was long ago would start a containment now; `streamward detect replay`
        shows what a new detection finds in the past.
        """
        self._cursor = ""
        self._mute_before = max(self._mute_before, self._next_index)

    def _take_replacement(self) -> None:
        engine, self._replacement = self._replacement, None
        if engine is None:
            return
        self._blank = engine.save()
        if not engine.load(self._engine.save()):
            self._begin_again()
        self._engine = engine

    async def _follow(self) -> None:
        """Handle batches until there is a replacement."""
        follower = Follower(self._open_reader, self._cursor)
        async for batch in follower.batches():
            if self._replacement is not None:
                return
            self._in_batch = True
            alerts = await asyncio.to_thread(self._fold, batch.entries)
            for alert in alerts:
                await self._record(alert)
            self._handled(batch)

    def _fold(self, entries: tuple[Entry, ...]) -> list[Alert]:
        return [
            alert
            for entry in entries
            for alert in self._engine.observe(entry)
            if entry.index >= self._mute_before and alert.id not in self._recorded
        ]

    async def _record(self, alert: Alert) -> None:
        """Record one alert; waits as long as the log can't be written, so that none is lost."""
        while True:
            try:
                await asyncio.to_thread(self._recorder.record, alert_event(alert))
                break
            except Unavailable as error:
                log.error("alert not recorded yet", alert=alert.id, cause=error)
                await asyncio.sleep(RETRY_SECONDS)
        self._recorded.add(alert.id)
        self._alerts[alert.severity] += 1
        log.warning("alert", alert=alert.id, detection=alert.detection, reason=alert.title)
        self.on_recorded()

    def _handled(self, batch: Batch) -> None:
        self._cursor = batch.cursor
        self._handled_entries = batch.entries[-1].index + 1
        self._next_index = max(self._next_index, batch.entries[-1].index + 1)
        self._in_batch = False
        if monotonic_seconds() - self._saved_at >= SAVE_SECONDS:
            self._save()

    def _save(self) -> None:
        state = {"next_index": self._next_index, "engine": self._engine.save()}
        try:
            self._saved.save(self._cursor, state)
        except OSError as error:
            # The log is the truth; what is lost is the time to fold it again.
            log.warning("detection state not saved", cause=error)
        self._saved_at = monotonic_seconds()
