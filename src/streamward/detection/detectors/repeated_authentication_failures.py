"""The same principal, or the same address, fails to authenticate again and again."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from streamward.detection.ports import Context, DetectorSettings, Suspicion
from streamward.detection.state import DistinctWindow
from streamward.model.alert import Severity
from streamward.model.duration import Duration, format_duration
from streamward.model.event import STATUS_FAILURE, Entry, Kind


class RepeatedAuthenticationFailuresSettings(DetectorSettings):
    """How many failures, within which time; one principal at one address may fail from many."""

    failures: int = Field(default=5, ge=2, le=1000)
    window: Duration = 60_000


class RepeatedAuthenticationFailures:
    """Alert when authentication fails again and again, for one principal or from one address.

    The name that failed is what the peer claimed; a success of the same principal from the same
    address forgets nothing, because a guess that succeeds is the worst case. An entry that counts
    many attempts is one failure: it exists only where too many have an entry of their own.
    """

    name: ClassVar[str] = "repeated_authentication_failures"
    title: ClassVar[str] = "repeated authentication failures"
    severity: ClassVar[Severity] = Severity.MEDIUM
    techniques: ClassVar[tuple[str, ...]] = ("T1110",)
    quiet: ClassVar[int] = 3_600_000
    entity_types: ClassVar[frozenset[str]] = frozenset({"principal", "source"})
    Settings: ClassVar[type[DetectorSettings]] = RepeatedAuthenticationFailuresSettings

    def __init__(self, settings: RepeatedAuthenticationFailuresSettings) -> None:
        self._settings = settings
        self._by_principal = DistinctWindow(settings.window, settings.failures)
        self._by_source = DistinctWindow(settings.window, settings.failures)

    def observe(self, entry: Entry, context: Context) -> Iterator[Suspicion]:
        """Count failed `authentication` entries for each claimed principal and each address."""
        event = entry.event
        if event.kind != Kind.AUTHENTICATION or event.status_id != STATUS_FAILURE:
            return
        claimed = event.streaming.principal or (event.actor.user.name if event.actor else "")
        if claimed:
            failed = self._by_principal.add(claimed, str(entry.index), event.time, entry.index)
            yield from self._judge("principal", claimed, failed)
        if event.source:
            failed = self._by_source.add(event.source, str(entry.index), event.time, entry.index)
            yield from self._judge("source", event.source, failed)

    def _judge(self, kind: str, name: str, failed: tuple[int, ...]) -> Iterator[Suspicion]:
        if len(failed) < self._settings.failures:
            return
        window = format_duration(self._settings.window)
        preposition = "as" if kind == "principal" else "from"
        title = f"{len(failed)} failed authentications {preposition} `{name}` within {window}"
        yield Suspicion(kind, name, title, failed)

    def save(self) -> dict[str, Any]:
        """The windows of all principals and addresses."""
        return {"principals": self._by_principal.save(), "sources": self._by_source.save()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up saved windows."""
        self._by_principal.load(state["principals"])
        self._by_source.load(state["sources"])
