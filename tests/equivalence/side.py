"""One of the two clusters as a caller sees it: connections by principal, topic ids by name."""

from dataclasses import dataclass, field
from typing import Any

from tests.equivalence.case import placeholders_filled
from tests.equivalence.codec import Codec, CodecRefuses
from tests.equivalence.connection import Closed, Connection, Door, Silent
from tests.equivalence.schema import ZERO_ID, Body, complete
from tests.support.messages import Api

ANSWER_SECONDS_MAX = 8.0
DIRECT = "direct"


@dataclass(frozen=True)
class Outcome:
    """What came back: a body, or a word for what came instead of one."""

    request: bytes
    frame: bytes = b""
    body: Any = None
    instead: str = ""
    """`closed`, `silent`, `open` (no answer was due), or why the answer can't be read."""

    def shown(self) -> Any:
        """The body, or what came instead of one."""
        return {"connection": self.instead} if self.instead else self.body


@dataclass
class Side:
    """A Kafka with ACLs, or the gateway with a Kafka without."""

    name: str
    door: Door
    direct_door: Door
    codec: Codec
    apis: dict[str, Api]
    topic_ids: dict[str, str] = field(default_factory=dict)
    _connections: dict[str, Connection] = field(default_factory=dict)

    def request(self, api: str, version: int, body: Body) -> bytes:
        """A request's bytes for this side. Raises CodecRefuses where the version can't say it."""
        filled = placeholders_filled(body, self.topic_id)
        known = self.apis[api]
        return self.codec.encode(known.key, version, complete(known, version, filled))

    def send(self, principal: str, request: bytes) -> None:
        """Send on the principal's connection; a connection that the peer had closed is replaced."""
        try:
            self.connection(principal).send(request)
        except Closed:
            self.hang_up(principal)
            self.connection(principal).send(request)

    def outcome(
        self,
        principal: str,
        api: str,
        version: int,
        request: bytes,
        *,
        answered: bool = True,
        seconds: float | None = None,
    ) -> Outcome:
        """What comes back on the principal's connection to the request that was sent there."""
        if not answered:
            return self._still_open(principal, request)
        try:
            frame = self.connection(principal).receive(seconds)
        except (Closed, Silent) as lost:
            self.hang_up(principal)
            return Outcome(request, instead=type(lost).__name__.lower())
        try:
            return Outcome(request, frame, self.codec.decode(self.apis[api].key, version, frame))
        except CodecRefuses as unreadable:
            return Outcome(request, frame, instead=f"unreadable answer: {unreadable}")

    def direct(self, api: str, version: int, body: Body) -> Any:
        """Ask the broker itself, as one who may do everything."""
        request = self.request(api, version, body)
        self.send(DIRECT, request)
        outcome = self.outcome(DIRECT, api, version, request)
        assert not outcome.instead, f"{self.name} {api} {version}: {outcome.instead}"
        return outcome.body

    def topic_id(self, name: str) -> str:
        """The id of a topic of that name; zero where it has none on this side."""
        return self.topic_ids.get(name, ZERO_ID)

    def learn_ids(self, topics: list[Body]) -> None:
        """Remember ids from an answer to CreateTopics or Metadata."""
        self.topic_ids |= {each["name"]: each["topicId"] for each in topics if each["name"]}

    def connection(self, principal: str) -> Connection:
        """The principal's connection, made when first asked for."""
        if principal not in self._connections:
            door = self.direct_door if principal == DIRECT else self.door
            made = Connection(door, principal, self.codec, ANSWER_SECONDS_MAX)
            self._connections[principal] = made
        return self._connections[principal]

    def hang_up(self, principal: str) -> None:
        """Close the principal's connection; the next request makes a new one."""
        held = self._connections.pop(principal, None)
        if held is not None:
            held.close()

    def close(self) -> None:
        """Close every connection."""
        for principal in list(self._connections):
            self.hang_up(principal)

    def _still_open(self, principal: str, request: bytes) -> Outcome:
        key = self.apis["ApiVersions"].key
        try:
            self.connection(principal).send(self.codec.encode(key, 0, {}))
            self.connection(principal).receive()
        except (Closed, Silent):
            self.hang_up(principal)
            return Outcome(request, instead="closed")
        return Outcome(request, instead="open")
