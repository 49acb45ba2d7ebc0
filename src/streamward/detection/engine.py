"""The fold from entries to alerts: one code path live and replayed."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from streamward.detection.ports import Context, Detector
from streamward.detection.state import QuietPeriods
from streamward.model.alert import ALERT_ENTRIES_MAX, Alert, Severity
from streamward.model.event import Entry, Kind

STATE_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Armed:
    """A declared detection, ready to run."""

    id: str
    severity: Severity
    techniques: tuple[str, ...]
    quiet_milliseconds: int
    definition: str
    """All that decides what it finds, as text; saved state is only good for the same text."""
    detector: Detector


@dataclass(slots=True)
class _Running:
    armed: Armed
    quiet: QuietPeriods
    failures: int = 0


OnFailure = Callable[[str, int, Exception], None]
"""Told the detection's id, the entry's index and the cause when a detector fails on an entry."""


class Engine:
    """All declared detections over one log; entries must come in order, each once."""

    def __init__(self, armed: Iterable[Armed], context: Context, on_failure: OnFailure) -> None:
        self._running = [_Running(one, QuietPeriods(one.quiet_milliseconds)) for one in armed]
        self._context = context
        self._on_failure = on_failure
        self.unreadable = 0
        self.digest: Final = _digest(run.armed for run in self._running)

    def observe(self, entry: Entry) -> list[Alert]:
        """The alerts that this entry triggers."""
        # An alert about alerts would feed on itself.
        if entry.may_be(Kind.ALERT) and _is_alert(entry):
            return []
        try:
            event = entry.event
        except msgspec.DecodeError as error:
            self.unreadable += 1
            self._on_failure("", entry.index, error)
            return []
        found: list[Alert] = []
        for running in self._running:
            try:
                found.extend(self._judge(running, entry, event.time))
            except Exception as error:  # noqa: BLE001 - one failing plug-in must not stop the others
                running.failures += 1
                self._on_failure(running.armed.id, entry.index, error)
        return found

    def _judge(self, running: _Running, entry: Entry, time: int) -> list[Alert]:
        armed = running.armed
        alerts = []
        for suspicion in armed.detector.observe(entry, self._context):
            key = f"{suspicion.entity_type}:{suspicion.entity_name}"
            if not running.quiet.pass_through(key, time):
                continue
            alerts.append(
                Alert(
                    detection=armed.id,
                    title=suspicion.title,
                    severity=armed.severity,
                    entity_type=suspicion.entity_type,
                    entity_name=suspicion.entity_name,
                    entries=suspicion.entries[-ALERT_ENTRIES_MAX:],
                    time_milliseconds=time,
                    techniques=armed.techniques,
                )
            )
        return alerts

    def save(self) -> dict[str, Any]:
        """All state as JSON objects."""
        return {
            "format": STATE_FORMAT,
            "digest": self.digest,
            "detections": {
                running.armed.id: {
                    "state": running.armed.detector.save(),
                    "quiet": running.quiet.save(),
                }
                for running in self._running
            },
        }

    def load(self, state: Mapping[str, Any]) -> bool:
        """Take up saved state; False, and nothing is taken, where it is of other detections.

        A caller to whom this says False folds the log from its beginning.
        """
        if state.get("format") != STATE_FORMAT or state.get("digest") != self.digest:
            return False
        try:
            for running in self._running:
                saved = state["detections"][running.armed.id]
                running.armed.detector.load(saved["state"])
                running.quiet.load(saved["quiet"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return False
        return True


def _is_alert(entry: Entry) -> bool:
    try:
        return entry.event.kind == Kind.ALERT
    except msgspec.DecodeError:
        return False


def _digest(armed: Iterable[Armed]) -> str:
    definitions = sorted([one.id, one.definition] for one in armed)
    return hashlib.sha256(msgspec.json.encode(definitions)).hexdigest()
