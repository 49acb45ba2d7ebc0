"""A Sigma rule of a bundle, ready to run, and the kind of file that it stands in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, ClassVar, Final, Literal

from streamward.detection.engine import Armed
from streamward.detection.ports import Context, DetectorSettings, Suspicion
from streamward.model.alert import Severity
from streamward.model.document import FileKind, Mistake, Place
from streamward.model.duration import Duration
from streamward.model.event import Entry, Event

SIGMA_KIND: Final = "SigmaRule"
QUIET_MILLISECONDS: Final = 3_600_000

Matcher = Callable[[Mapping[str, Any]], bool]
"""A compiled condition: does an event, as plain objects, match?"""


class Options(DetectorSettings):
    """The attribute `streamward` of a rule: what the alert is about, and when it is repeated."""

    entity: Literal["principal", "source", "stream"] = "principal"
    quiet: Duration = QUIET_MILLISECONDS


@dataclass(frozen=True, slots=True)
class SigmaDetection:
    """A compiled Sigma rule; its id is the name of its file without `.yml`."""

    id: str
    title: str
    severity: Severity
    techniques: tuple[str, ...]
    options: Options
    place: Place
    definition: str
    matcher: Matcher

    @property
    def entity(self) -> str:
        """What an alert of this rule is about."""
        return self.options.entity

    def arm(self) -> Armed:
        """The rule, ready to run in the engine."""
        return Armed(
            id=self.id,
            severity=self.severity,
            techniques=self.techniques,
            quiet_milliseconds=self.options.quiet,
            definition=self.definition,
            detector=SigmaDetector(self),
        )


class SigmaDetector:
    """Runs one Sigma rule; it keeps no state."""

    name: ClassVar = "sigma"
    title: ClassVar = "a Sigma rule"
    severity: ClassVar = Severity.MEDIUM
    techniques: ClassVar[tuple[str, ...]] = ()
    quiet: ClassVar = QUIET_MILLISECONDS
    entity_types: ClassVar = frozenset({"principal", "source", "stream"})
    Settings: ClassVar[type[DetectorSettings]] = Options

    def __init__(self, rule: SigmaDetection) -> None:
        self._rule = rule

    def observe(self, entry: Entry, context: Context) -> Iterator[Suspicion]:
        """Match one entry."""
        if not self._rule.matcher(entry.document):
            return
        name = _entity_name(entry.event, self._rule.entity)
        title = f"{self._rule.title}: `{name}`" if name else self._rule.title
        yield Suspicion(self._rule.entity, name or "unknown", title, (entry.index,))

    def save(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load(self, state: Mapping[str, Any]) -> None:
        """Nothing to take up."""


def _entity_name(event: Event, entity: str) -> str | None:
    streaming = event.streaming
    if entity == "source":
        return event.source
    if entity == "stream":
        resource = streaming.resource
        return resource.name if resource and resource.type == "Stream" else None
    return streaming.principal or (event.actor.user.name if event.actor else None)


def sigma_file_kind() -> FileKind:
    """Files `detections/*.yml` of a bundle."""
    return FileKind(SIGMA_KIND, "detection", _is_rule, read_sigma)


def _is_rule(path: PurePosixPath) -> bool:
    return len(path.parts) >= 2 and path.parts[0] == "detections" and path.suffix == ".yml"


def read_sigma(path: str, text: str) -> tuple[SigmaDetection | None, list[Mistake]]:
    """The rule in a file, or every mistake that keeps it from running."""
    # pySigma takes 8 MB, which a gateway without Sigma rules does not need.
    from streamward.detection.sigma.reading import read

    return read(path, text)
