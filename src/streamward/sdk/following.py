"""Follows signed streams where they lie, and tells what was replayed, dropped or reordered."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from streamward.sdk.confluent import bytes_of, headers_of
from streamward.sdk.counters import CounterJudge, Finding, Irregularity
from streamward.sdk.ports import RecordRefused
from streamward.sdk.sealer import Parts
from streamward.sdk.signer import Signer

RECORDS_MAX: Final = 500
"""Records that are judged before the place is saved."""


class Place(Protocol):
    """Where findings go and cursors are kept; both are durable when these calls return."""

    def load(self) -> Mapping[str, Any]:
        """What was saved last; empty at first."""
        ...

    def save(self, state: Mapping[str, Any]) -> None:
        """Keep the cursor, and what was known there."""
        ...

    def enter(self, finding: Finding) -> None:
        """Tell of a finding. Raises StreamwardError: then nothing is saved."""
        ...


class Reader(Protocol):
    """Reads records in the order of their offsets, aborted ones of transactions too."""

    def partitions(self) -> Mapping[tuple[str, int], int]:
        """The partitions of signed streams, each with its first offset."""
        ...

    def assign(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Go on from these offsets."""
        ...

    def read(self, records_max: int, seconds: float) -> Sequence[Any]:
        """The next messages of confluent-kafka, without errors."""
        ...

    def compacts(self, topic: str) -> bool:
        """Whether compaction may take records of a topic away."""
        ...


class SignatureFollower:
    """Reads each partition once, from where it stopped before."""

    def __init__(self, reader: Reader, signer: Signer, place: Place) -> None:
        self._reader = reader
        self._signer = signer
        self._place = place
        self._judges: dict[tuple[str, int], CounterJudge] = {}
        self._offsets: dict[tuple[str, int], int] = {}
        self._begins: dict[tuple[str, int], bool] = {}
        self._loaded: Mapping[str, Any] = place.load()

    def look(self) -> None:
        """Take up partitions that are there now. Raises StreamwardError."""
        found = self._reader.partitions()
        new = {place: first for place, first in found.items() if place not in self._judges}
        for (topic, partition), first in new.items():
            known = self._loaded.get(f"{topic} {partition}")
            at = first if known is None else max(known["offset"], first)
            self._offsets[topic, partition] = at
            # Where retention has taken the beginning away, a run may lack its own.
            self._begins[topic, partition] = known["begins"] if known else first == 0
            self._judges[topic, partition] = CounterJudge(
                topic,
                partition,
                known["runs"] if known else None,
                judges_gaps=self._signer.binds_partition(topic)
                and not self._reader.compacts(topic),
            )
        if new:
            self._reader.assign(self._offsets)

    def step(self, seconds: float) -> int:
        """Judge what is there next, and keep the place; how many records that were."""
        messages = self._reader.read(RECORDS_MAX, seconds)
        for message in messages:
            for finding in self._judged(message):
                self._place.enter(finding)
        if messages:
            self._place.save(
                {
                    f"{topic} {partition}": {
                        "offset": self._offsets[topic, partition],
                        "begins": self._begins[topic, partition],
                        "runs": judge.state(),
                    }
                    for (topic, partition), judge in self._judges.items()
                }
            )
        return len(messages)

    def _judged(self, message: Any) -> Iterator[Finding]:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if offset < self._offsets[topic, partition]:
            return
        self._offsets[topic, partition] = offset + 1
        parts = Parts(
            bytes_of(message.key()), bytes_of(message.value()), headers_of(message.headers())
        )
        try:
            _, signed = self._signer.verify(topic, parts, message.timestamp()[1], partition)
        except RecordRefused as refused:
            yield Finding(Irregularity.UNVERIFIED, topic, partition, offset, str(refused))
            return
        if signed is None:
            return
        begins = self._begins[topic, partition]
        found = self._judges[topic, partition].judge(signed, offset, begins=begins)
        if found is not None:
            yield found
