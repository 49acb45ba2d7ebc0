"""Many different streams denied to one principal: somebody looks for an open door."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from pydantic import Field

from streamward.detection.ports import Context, DetectorSettings, Suspicion
from streamward.detection.state import DistinctWindow
from streamward.model.alert import Severity
from streamward.model.duration import Duration, format_duration
from streamward.model.event import Entry, Kind, Streaming

OWN_TROUBLE: Final = frozenset(
    {"contract:registry", "dead_letter:not_copied", "sealing:keys", "signing:keys"}
)
"""Rules by which the gateway refuses because something it needs is away: nobody's deed."""
OF_RECORDS: Final = ("sealing:", "signing:", "contract:", "dead_letter:")
"""How rules begin by which records are refused for what they hold."""
OF_THE_READER: Final = frozenset({"sealing:reader", "contract:masked"})
"""Those of them that say who may not read."""


def _is_own_deed(denied: Streaming) -> bool:
    """Was the principal refused for what it did? An alert may have it contained."""
    # An outage refuses all streams to everybody.
    if OWN_TROUBLE.intersection(denied.rules):
        return False
    # Whoever writes to five streams behind the gateway's back must not get their readers contained.
    return denied.action != "Read" or not any(
        rule.startswith(OF_RECORDS) and rule not in OF_THE_READER for rule in denied.rules
    )


class DenialBurstSettings(DetectorSettings):
    """How many different streams, within which time."""

    streams: int = Field(default=5, ge=2, le=1000)
    window: Duration = 60_000


class DenialBurst:
    """Alert when one principal is denied many different streams within a short time."""

    name: ClassVar[str] = "denial_burst"
    title: ClassVar[str] = "many streams denied to one principal"
    severity: ClassVar[Severity] = Severity.HIGH
    techniques: ClassVar[tuple[str, ...]] = ("T1087", "T1213")
    quiet: ClassVar[int] = 3_600_000
    entity_types: ClassVar[frozenset[str]] = frozenset({"principal"})
    Settings: ClassVar[type[DetectorSettings]] = DenialBurstSettings

    def __init__(self, settings: DenialBurstSettings) -> None:
        self._settings = settings
        self._denied = DistinctWindow(settings.window, settings.streams)

    def observe(self, entry: Entry, context: Context) -> Iterator[Suspicion]:
        """Count the distinct streams of `denied` entries for each principal."""
        event = entry.event
        streaming = event.streaming
        if streaming.kind != Kind.DENIED or streaming.principal is None:
            return
        if streaming.resource is None or streaming.resource.type != "Stream":
            return
        if not _is_own_deed(streaming):
            return
        denied = self._denied.add(
            streaming.principal, streaming.resource.name, event.time, entry.index
        )
        if len(denied) >= self._settings.streams:
            window = format_duration(self._settings.window)
            title = f"`{streaming.principal}` was denied {len(denied)} streams within {window}"
            yield Suspicion("principal", streaming.principal, title, denied)

    def save(self) -> dict[str, Any]:
        """The windows of all principals."""
        return {"denied": self._denied.save()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up saved windows."""
        self._denied.load(state["denied"])
