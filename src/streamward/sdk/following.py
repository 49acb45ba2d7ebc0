"""Follows signed streams where they lie, and tells what was replayed, dropped or reordered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol, TypeVar

from streamward import clock
from streamward.log import Logger
from streamward.sdk.confluent import parts_of
from streamward.sdk.counters import CounterJudge, Finding, Irregularity
from streamward.sdk.groups import Group
from streamward.sdk.ports import RecordRefused
from streamward.sdk.signer import SIGNATURE, Signed, Signer, together

log = Logger(__name__)

T = TypeVar("T")

RECORDS_MAX: Final = 500
"""Records that are judged before others may be told of."""

SAVE_SECONDS: Final = 5.0
"""How often the place is saved where nothing is found; a finding saves it at once."""

RUNS_TOTAL_MAX: Final = 100_000
"""Runs that are remembered of all partitions of a cluster; that with most forgets first."""

ABSENT_MAX: Final = 1_000
"""Partitions that are not there, and whose place is kept for when they come again."""


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

    def partitions(self) -> Mapping[tuple[str, int], tuple[int, int]]:
        """The partitions of signed streams, each with its first offset and its end."""
        ...

    def assign(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Go on from these offsets."""
        ...

    def read(self, records_max: int, seconds: float) -> Sequence[Any]:
        """The next messages of confluent-kafka, without errors."""
        ...

    def compacts(self, topic: str) -> bool | None:
        """Whether compaction may take records of a topic away; None: the brokers don't tell."""
        ...


class SignatureFollower:
    """Reads each partition once, from where it stopped before."""

    def __init__(
        self,
        reader: Reader,
        signer: Signer,
        place: Place,
        now: Callable[[], float] = clock.monotonic_seconds,
    ) -> None:
        self._reader = reader
        self._signer = signer
        self._place = place
        self._now = now
        self._judges: dict[tuple[str, int], CounterJudge] = {}
        self._offsets: dict[tuple[str, int], int] = {}
        self._begins: dict[tuple[str, int], bool] = {}
        self._compacts: dict[tuple[str, int], bool] = {}
        self._held: dict[tuple[str, int], Group] = {}
        """Records that verify with others, which have not come yet."""
        self._told: dict[tuple[str, int], set[str]] = {}
        """What was told of the irregular records in a row that were read last."""
        self._loaded: dict[str, Any] = dict(place.load())
        self._saved_at = now()

    def look(self) -> None:
        """Take up partitions that are there now, and those whose log was cut. Raises
        StreamwardError.
        """
        found = self._reader.partitions()
        words: dict[str, bool | None] = {}
        new = {place: ends for place, ends in found.items() if place not in self._judges}
        for (topic, partition), (first, _) in new.items():
            if topic not in words:
                words[topic] = self._reader.compacts(topic)
            self._take_up(topic, partition, first, words[topic])
        cut = {place: ends for place, ends in found.items() if ends[1] < self._offsets[place]}
        for (topic, partition), (first, end) in cut.items():
            at = self._offsets[topic, partition]
            what = f"the log ends at offset {end}, and was read up to {at}"
            self._place.enter(Finding(Irregularity.CUT, topic, partition, end, what))
            # What is known of the runs stays: what was there before is told where it lies again.
            self._offsets[topic, partition] = first
            self._begins[topic, partition] = first == 0
        if new or cut:
            # What is held is read again.
            self._held.clear()
            self._reader.assign(self._offsets)
        if cut:
            self.save()

    def _take_up(self, topic: str, partition: int, first: int, word: bool | None) -> None:
        place = topic, partition
        known = self._loaded.get(f"{topic} {partition}")
        before = known.get("compacts") if known else None
        if word and known is not None and before is False:
            what = "the topic is compacted now: records that are missing are no longer told"
            offset = known["offset"]
            self._place.enter(Finding(Irregularity.COMPACTED, topic, partition, offset, what))
        compacts = word if word is not None else before is not False
        self._offsets[place] = first if known is None else max(known["offset"], first)
        # Where retention has taken the beginning away, a run may lack its own.
        self._begins[place] = known["begins"] if known else first == 0
        self._compacts[place] = compacts
        self._told[place] = set(known.get("told", ())) if known else set()
        self._judges[place] = CounterJudge(
            topic,
            partition,
            known["runs"] if known else None,
            judges_gaps=self._signer.binds_partition(topic) and not compacts,
        )

    def step(self, seconds: float) -> int:
        """Judge what is there next, and keep the place; how many records that were."""
        messages = self._reader.read(RECORDS_MAX, seconds)
        told = 0
        for message in messages:
            for finding in self._news(message):
                self._place.enter(finding)
                told += 1
        for finding in () if messages else self._never_whole():
            self._place.enter(finding)
            told += 1
        self._forget()
        if told or (messages and self._now() - self._saved_at >= SAVE_SECONDS):
            self.save()
        return len(messages)

    def save(self) -> None:
        """Keep the place. Raises StreamwardError."""
        present = {
            f"{topic} {partition}": {
                "offset": self._offsets[topic, partition],
                "begins": self._begins[topic, partition],
                "compacts": self._compacts[topic, partition],
                "told": sorted(self._told[topic, partition]),
                "runs": judge.state(),
            }
            for (topic, partition), judge in self._judges.items()
        }
        # A topic that was deleted and comes again must not seem new.
        absent = [(name, known) for name, known in self._loaded.items() if name not in present]
        self._place.save({**dict(absent[-ABSENT_MAX:]), **present})
        self._saved_at = self._now()

    def _forget(self) -> None:
        beyond = sum(map(len, self._judges.values())) - RUNS_TOTAL_MAX
        while beyond > 0:
            largest = max(self._judges.values(), key=len)
            for _ in range(min(beyond, max(1, len(largest) // 10))):
                largest.forget()
                beyond -= 1

    def _news(self, message: Any) -> Iterator[Finding]:
        """The first finding of each reason in a row of irregular records: one alert for all."""
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        held = self._held.get((topic, partition))
        if offset < self._offsets[topic, partition] or (held and held.has(offset)):
            return
        for judged, finding in self._judged(message):
            yield from self._told_of(judged, finding)

    def _never_whole(self) -> Iterator[Finding]:
        """What is known of records that wait for others where nothing follows: a batch is handed
        over at once, so none will come.
        """
        for place in tuple(self._held):
            for judged, finding in self._end(place):
                yield from self._told_of(judged, finding)

    def _told_of(self, message: Any, finding: Finding | None) -> Iterator[Finding]:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        self._offsets[topic, partition] = offset + 1
        told = self._told[topic, partition]
        if finding is None:
            told.clear()
            return
        reason = str(finding.irregularity)
        if finding.irregularity is Irregularity.UNVERIFIED:
            reason = finding.what
        if reason not in told:
            told.add(reason)
            yield finding

    def _judged(self, message: Any) -> Iterator[tuple[Any, Finding | None]]:
        """What is known now: of this message, of those before it that it ends, or of none yet."""
        topic, place = message.topic(), (message.topic(), message.partition())
        parts = self._or_unverified(message, lambda: parts_of(message))
        if isinstance(parts, Finding) or any(name == SIGNATURE for name, _ in parts.headers):
            yield from self._end(place)
        if isinstance(parts, Finding):
            yield message, parts
            return
        size = together(parts.headers)
        if size is not None:
            self._held[place] = Group(size)
        group = self._held.get(place)
        if group is None:
            verified = self._or_unverified(
                message,
                lambda: self._signer.verify(topic, parts, message.timestamp()[1], place[1])[1],
            )
            yield message, self._counted(message, verified)
            return
        group.add(message, parts)
        if group.is_full:
            yield from self._end(place)

    def _end(self, place: tuple[str, int]) -> Iterator[tuple[Any, Finding | None]]:
        """Judge records that were signed together: no more of them come."""
        group = self._held.pop(place, None)
        if group is None:
            return
        topic, partition = place
        records = [(parts, message.timestamp()[1]) for message, parts in group.messages]
        first = group.messages[0][0]
        verified = self._or_unverified(
            first, lambda: self._signer.verify_together(topic, records, partition)
        )
        for index, (message, _) in enumerate(group.messages):
            if isinstance(verified, Finding):
                yield message, replace(verified, offset=message.offset())
            else:
                yield message, self._counted(message, verified[index])

    def _counted(self, message: Any, signed: Signed | Finding | None) -> Finding | None:
        """What is wrong with a record's place among its producer's."""
        if signed is None or isinstance(signed, Finding):
            return signed
        place = message.topic(), message.partition()
        return self._judges[place].judge(signed, message.offset(), begins=self._begins[place])

    def _or_unverified(self, message: Any, verify: Callable[[], T]) -> T | Finding:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        try:
            return verify()
        except RecordRefused as refused:
            return Finding(Irregularity.UNVERIFIED, topic, partition, offset, str(refused))
        except Exception as error:  # noqa: BLE001 - nothing may hide behind an odd record
            log.warning("a signed record can't be read", cause=error)
            what = f"`{topic}`: a record that can't be read ({type(error).__name__})"
            return Finding(Irregularity.UNVERIFIED, topic, partition, offset, what)
