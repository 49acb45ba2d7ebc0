"""Puts containments in force: recorded first, then handed to the gateway."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from streamward.audit import Follower, SavedState
from streamward.audit.ports import OpenReader, Recorder
from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument, NotFound, StreamwardError, Unavailable
from streamward.log import Logger
from streamward.model.event import Entry, Kind
from streamward.model.event_bodies import AlertBody
from streamward.response.containment import (
    OVERLAY_CONTAINMENTS_MAX,
    Change,
    Containment,
    Overlay,
    load_overlay,
)
from streamward.response.ports import OverlaySink
from streamward.response.rules import ContainmentRule

log = Logger(__name__)

RETRY_SECONDS: Final = 0.1
EXPIRY_SECONDS_MAX: Final = 1.0
"""An expiry is entered at most this late; the gateway itself stops enforcing it on time."""


class ResponseService:
    """Holds the overlay: opens, lifts and expires containments, and acts on alerts by rule.

    INVARIANT: a containment is in the log before it is in force. The overlay is the fold of the
    log; the saved file is only a place to start from.
    """

    def __init__(
        self,
        open_reader: OpenReader,
        recorder: Recorder,
        sink: OverlaySink,
        saved: SavedState,
        rules: Iterable[ContainmentRule] = (),
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._open_reader = open_reader
        self._recorder = recorder
        self._sink = sink
        self._saved = saved
        self._rules = tuple(rules)
        self._clock = clock
        self._overlay = Overlay()
        self._cursor = ""
        self._pending: list[tuple[AlertBody, int]] = []
        self._issued: set[str] = set()
        self._lock = asyncio.Lock()
        self._changed = asyncio.Event()
        self._out_of_force = asyncio.Event()
        self._follower: Follower | None = None
        self._handled_entries: int | None = None

    @property
    def overlay(self) -> Overlay:
        """The containments that are open."""
        return self._overlay

    @property
    def handled_entries(self) -> int | None:
        """How many entries of the log have been acted on; None until it is known."""
        return self._handled_entries

    @asynccontextmanager
    async def frozen(self) -> AsyncIterator[dict[str, Any]]:
        """The overlay section of a snapshot; no containment opens or ends within the block."""
        async with self._lock:
            yield self._overlay.document()

    def replace_rules(self, rules: Iterable[ContainmentRule]) -> None:
        """Act by other rules from the next alert on."""
        self._rules = tuple(rules)

    def wake(self) -> None:
        """There is an alert in the log: look at once."""
        if self._follower is not None:
            self._follower.wake()

    def restore(self) -> Overlay:
        """Fold the log up to its end; must come first. Alerts not acted on yet are kept for `run`.

        Raises Unavailable where the log can't be read.
        """
        self._cursor = self._load()
        for batch in Follower(self._open_reader, self._cursor).drain():
            for entry in batch.entries:
                self._fold(entry)
            self._cursor = batch.cursor
        self._pending = [
            (alert, time)
            for alert, time in self._pending
            if not all(one.id in self._issued for one in self._answers(alert, time))
        ]
        return self._overlay

    def _load(self) -> str:
        saved = self._saved.load()
        if saved is None:
            return ""
        try:
            self._overlay = load_overlay(saved.state)
        except (KeyError, TypeError, ValueError, StreamwardError):
            return ""
        return saved.cursor

    def _fold(self, entry: Entry) -> None:
        """Take one entry in its place: the overlay changes, an alert waits for its answer."""
        if not (entry.may_be(Kind.CONTAINMENT) or entry.may_be(Kind.ALERT)):
            self._overlay = self._overlay.apply(entry)
            return
        try:
            self._overlay = self._overlay.apply(entry)
            streaming = entry.event.streaming
        except (msgspec.DecodeError, ValueError, InvalidArgument) as error:
            log.error("entry can't be folded", entry=entry.index, cause=error)
            return
        if streaming.kind == Kind.CONTAINMENT and streaming.containment is not None:
            self._issued.add(streaming.containment.id)
        elif streaming.kind == Kind.ALERT and streaming.alert is not None:
            self._pending.append((streaming.alert, entry.event.time))

    async def run(self) -> None:
        """Act on alerts for ever; cancel to stop. `restore` must have been called."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow())
                group.create_task(self._expire())
                group.create_task(self._enforce())
        finally:
            self._save()

    async def _follow(self) -> None:
        await self._answer_pending()
        self._follower = Follower(self._open_reader, self._cursor)
        async for batch in self._follower.batches():
            before = self._overlay
            for entry in batch.entries:
                self._fold(entry)
            answered = await self._answer_pending()
            self._cursor = batch.cursor
            self._handled_entries = batch.entries[-1].index + 1
            if answered or self._overlay is not before:
                self._save()

    async def _answer_pending(self) -> bool:
        """Act on the alerts that wait, in order; an answer that can't be recorded is tried again.

        Returns whether there were any: the cursor is then saved behind them, so that a rule which
        is declared later doesn't act on alerts of the past.
        """
        answered = bool(self._pending)
        while self._pending:
            for containment in self._answers(*self._pending[0]):
                await self._answer(containment)
            self._pending.pop(0)
        return answered

    def _answers(self, alert: AlertBody, time: int) -> list[Containment]:
        """What the rules do about an alert; one that names nothing sensible gets nothing.

        Nor does one so old that its containment would be over: a rule that is declared today must
        not act on a log of last year, even where the saved cursor was lost.
        """
        found = []
        for rule in self._rules:
            if time + rule.expires_after <= self._clock():
                continue
            try:
                containment = rule.containment(alert, self._clock())
            except InvalidArgument as error:
                log.error("rule can't be applied", rule=rule.id, alert=alert.id, cause=error)
                continue
            if containment is not None:
                found.append(containment)
        return found

    async def _answer(self, containment: Containment) -> None:
        while containment.id not in self._issued:
            try:
                await self.open(containment)
            except Unavailable as error:
                log.error("containment not recorded", containment=containment.id, cause=error)
                await asyncio.sleep(RETRY_SECONDS)
            except InvalidArgument as error:
                log.error("containment refused", containment=containment.id, cause=error)
                return

    async def open(self, containment: Containment) -> None:
        """Record a containment and put it in force; it is when this returns.

        Raises Unavailable where it can't be recorded (then it did not happen), or where it is
        recorded and the gateway doesn't take it yet (then it is tried again until it does).
        """
        async with self._lock:
            if containment.id in self._issued:
                return
            if len(self._overlay.active) >= OVERLAY_CONTAINMENTS_MAX:
                raise InvalidArgument(
                    f"there are {OVERLAY_CONTAINMENTS_MAX} containments already; lift some first"
                )
            await self._commit(containment.entry(Change.OPENED, self._clock()))
        log.warning(
            "containment opened",
            containment=containment.id,
            verb=containment.verb,
            target=f"{containment.target_type}:{containment.name}",
        )

    async def lift(self, identifier: str, owner: str, reason: str) -> Containment:
        """End a containment before its time. Raises NotFound and Unavailable."""
        async with self._lock:
            containment = self._overlay.active.get(identifier)
            if containment is None:
                raise NotFound(f"there is no open containment `{identifier}`")
            leaf = containment.entry(Change.LIFTED, self._clock(), owner=owner, reason=reason)
            await self._commit(leaf)
        log.info("containment lifted", containment=identifier)
        return containment

    async def _commit(self, leaf: bytes) -> None:
        index = await asyncio.to_thread(self._recorder.record, leaf)
        entry = Entry(index, leaf)
        body = entry.event.streaming.containment
        assert body is not None  # only containment entries come here
        self._overlay = self._overlay.apply_ahead(entry)
        self._issued.add(body.id)
        self._out_of_force.set()
        self._changed.set()
        await asyncio.to_thread(self._sink.overlay, self._overlay.encode())
        self._out_of_force.clear()

    async def _enforce(self) -> None:
        """Hand the overlay to the gateway again until it takes it."""
        while True:
            await self._out_of_force.wait()
            await asyncio.sleep(RETRY_SECONDS)
            async with self._lock:
                if not self._out_of_force.is_set():
                    continue
                try:
                    await asyncio.to_thread(self._sink.overlay, self._overlay.encode())
                    self._out_of_force.clear()
                except StreamwardError as error:
                    log.error("overlay not in force yet", cause=error, epoch=self._overlay.epoch)

    async def _expire(self) -> None:
        """Enter the end of containments whose time is over."""
        while True:
            for containment in list(self._overlay.due(self._clock())):
                await self._expire_one(containment)
            await self._sleep_until_due()

    async def _expire_one(self, containment: Containment) -> None:
        async with self._lock:
            if containment.id not in self._overlay.active:
                return
            try:
                await self._commit(containment.entry(Change.EXPIRED, self._clock()))
            except Unavailable as error:
                log.error("expiry not recorded", containment=containment.id, cause=error)
                return
        log.info("containment expired", containment=containment.id)

    async def _sleep_until_due(self) -> None:
        due = self._overlay.next_expiry()
        seconds = EXPIRY_SECONDS_MAX
        if due is not None:
            seconds = min(max((due - self._clock()) / 1000, RETRY_SECONDS), EXPIRY_SECONDS_MAX)
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    def _save(self) -> None:
        try:
            self._saved.save(self._cursor, self._overlay.save())
        except OSError as error:
            log.warning("overlay not saved", cause=error)
