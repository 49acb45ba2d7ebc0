"""A case: one request of one principal, sent to both sides, and how cases are written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.equivalence.fixture import Fresh
from tests.equivalence.schema import Body, has_field, is_nullable
from tests.support.messages import Api


@dataclass(frozen=True)
class TopicId:
    """Stands in a body for the id that a topic has on the side which is asked."""

    topic: str


UNKNOWN_ID = "c3RyZWFtd2FyZF9ub25lIQ"
"""The id of no topic on either side, as Kafka's JSON writes it."""


@dataclass(frozen=True)
class Variant:
    """What a generator yields: a body with a label that says what is special about it."""

    label: str
    body: Body
    answered: bool = True
    """False: no response is due, as with `acks=0`; whether the connection lives is compared."""
    seconds: float | None = None
    """How long to wait for an answer that Kafka may never give; None: as long as for any."""


@dataclass(frozen=True)
class Case:
    """One request, with a name that stays the same from run to run."""

    api: str
    version: int
    principal: str
    variant: Variant
    fresh: tuple[Fresh, ...] = ()

    @property
    def name(self) -> str:
        """Such as `DeleteTopics-6/bob/by-id-unknown`."""
        return f"{self.api}-{self.version}/{self.principal}/{self.variant.label}"


@dataclass
class Context:
    """What a generator of cases looks at."""

    api: Api
    version: int
    principal: str
    _fresh: list[Fresh] = field(default_factory=list)

    def has(self, path: str) -> bool:
        """Whether this version's request has a field."""
        return has_field(self.api, self.version, path)

    def nullable(self, name: str) -> bool:
        """Whether a field at the top of this version's request may be null."""
        return is_nullable(self.api, self.version, name)

    def name(self, prefix: str, word: str = "") -> str:
        """A name that no other case uses: of a group, a transaction, or a topic to be created."""
        return f"{prefix}{self.api.name}-{self.version}-{self.principal}{word and '-'}{word}"

    def topic(self, prefix: str, word: str = "", partitions: int = 1) -> str:
        """A topic that exists before the case and that no other case uses."""
        fresh = Fresh(self.name(prefix, word), partitions)
        self._fresh.append(fresh)
        return fresh.name

    def take_fresh(self) -> tuple[Fresh, ...]:
        """The topics that were asked for since the last call."""
        taken = tuple(self._fresh)
        self._fresh.clear()
        return taken


Generator = Callable[[Context], Iterator[Variant]]


def generate(generator: Generator, api: Api, version: int, principal: str) -> Iterator[Case]:
    """The cases of one API in one version for one principal."""
    context = Context(api, version, principal)
    for variant in generator(context):
        yield Case(api.name, version, principal, variant, context.take_fresh())


def placeholders_filled(value: Any, identity: Callable[[str], str]) -> Any:
    """A body with each TopicId replaced by what `identity` gives for its topic."""
    if isinstance(value, TopicId):
        return identity(value.topic)
    if isinstance(value, dict):
        return {key: placeholders_filled(each, identity) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [placeholders_filled(each, identity) for each in value]
    return value
