"""Somebody reads a sensitive stream that they never read before."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from streamward.detection.ports import Context, DetectorSettings, Suspicion
from streamward.detection.state import FirstSeen
from streamward.model.action import Action
from streamward.model.alert import Severity
from streamward.model.event import Entry, Kind
from streamward.model.stream import Level


class FirstReadOfRestrictedStreamSettings(DetectorSettings):
    """From which level on, and which side the alert names."""

    level: Level = Level.RESTRICTED
    entity: Literal["principal", "stream"] = "principal"


class FirstReadOfRestrictedStream:
    """Alert when a principal reads a stream of a high level for the first time in the log."""

    name: ClassVar[str] = "first_read_of_restricted_stream"
    title: ClassVar[str] = "first read of a restricted stream"
    severity: ClassVar[Severity] = Severity.MEDIUM
    techniques: ClassVar[tuple[str, ...]] = ("T1213",)
    quiet: ClassVar[int] = 0
    entity_types: ClassVar[frozenset[str]] = frozenset({"principal", "stream"})
    Settings: ClassVar[type[DetectorSettings]] = FirstReadOfRestrictedStreamSettings

    def __init__(self, settings: FirstReadOfRestrictedStreamSettings) -> None:
        self._settings = settings
        self._seen = FirstSeen()

    def observe(self, entry: Entry, context: Context) -> Iterator[Suspicion]:
        """Look at `access_opened` entries that read a stream."""
        streaming = entry.event.streaming
        if streaming.kind != Kind.ACCESS_OPENED or streaming.action != Action.READ:
            return
        resource, principal = streaming.resource, streaming.principal
        if resource is None or resource.type != "Stream" or principal is None:
            return
        if context.level(resource.name, streaming.classes) < self._settings.level.rank:
            return
        if self._seen.add(json.dumps([principal, resource.name])):
            title = f"`{principal}` reads `{resource.name}` for the first time"
            by_principal = self._settings.entity == "principal"
            name = principal if by_principal else resource.name
            yield Suspicion(self._settings.entity, name, title, (entry.index,))

    def save(self) -> dict[str, Any]:
        """The pairs of principal and stream."""
        return {"seen": self._seen.save()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up saved pairs."""
        self._seen.load(state["seen"])
