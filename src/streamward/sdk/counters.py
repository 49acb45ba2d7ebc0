"""What the counters of signed records tell: replayed, dropped, reordered. Pure."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from streamward.sdk.signer import Signed

RUNS_MAX: Final = 10_000
"""Runs that are remembered for each partition; the one that was seen longest ago goes first."""

MISSING_MAX: Final = 64
"""Gaps of a run in which a late record is looked for; older ones count as replayed."""

_SEQUENCES: Final = 1 << 31
_IDEMPOTENT_BYTES: Final = 10


class Irregularity(StrEnum):
    """What is wrong with a record's place among its producer's."""

    REPLAYED = "replayed"
    """It was there before."""
    DROPPED = "dropped"
    """Records before it are not there."""
    REORDERED = "reordered"
    """It comes after records that were signed after it."""
    UNVERIFIED = "unverified"
    """Nobody who may has signed it for this place."""
    CUT = "cut"
    """The log ends before what was read of it: its end was taken off, or it was made anew."""
    COMPACTED = "compacted"
    """The topic is compacted now, so that what is missing is no longer told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something irregular at one offset."""

    irregularity: Irregularity
    topic: str
    partition: int
    offset: int
    what: str


@dataclass(slots=True)
class _Run:
    last: int
    missing: list[list[int]] = field(default_factory=list)
    """First and last counter of each gap."""


class CounterJudge:
    """Judges the records of one partition, which must come in the order of their offsets."""

    def __init__(
        self,
        topic: str,
        partition: int,
        state: Mapping[str, Any] | None = None,
        *,
        judges_gaps: bool = True,
    ) -> None:
        """`judges_gaps` is False where records go missing by right, as in compacted topics."""
        self._topic = topic
        self._partition = partition
        self.judges_gaps = judges_gaps
        self._runs: OrderedDict[str, _Run] = OrderedDict()
        for name, (last, missing) in (state or {}).items():
            self._runs[name] = _Run(last, [list(gap) for gap in missing])

    def state(self) -> dict[str, Any]:
        """What another judge needs to go on from here."""
        return {name: (run.last, run.missing) for name, run in self._runs.items()}

    def __len__(self) -> int:
        """How many runs are remembered."""
        return len(self._runs)

    def forget(self) -> None:
        """Forget the run that was seen longest ago."""
        if self._runs:
            self._runs.popitem(last=False)

    def judge(self, signed: Signed, offset: int, *, begins: bool) -> Finding | None:
        """What is irregular about the next record; `begins`: nothing was before this partition's
        first record, so that a run that does not begin at 0 lacks its beginning.
        """
        name = f"{signed.run.hex()} {signed.producer}"
        run = self._runs.get(name)
        counter = signed.counter
        if run is None:
            self._runs[name] = run = _Run(-1 if begins else counter - 1)
            if len(self._runs) > RUNS_MAX:
                self._runs.popitem(last=False)
        self._runs.move_to_end(name)
        wraps = len(signed.run) == _IDEMPOTENT_BYTES
        expected = (run.last + 1) % _SEQUENCES if wraps else run.last + 1
        ahead = (counter - expected) % _SEQUENCES if wraps else counter - expected
        behind = ahead >= _SEQUENCES // 2 if wraps else ahead < 0
        who = f"record {counter} of `{signed.producer}`"
        if behind:
            return self._late(run, counter, offset, who)
        run.last = counter
        if ahead == 0:
            return None
        if counter > expected:
            run.missing = [*run.missing, [expected, counter - 1]][-MISSING_MAX:]
        if not self.judges_gaps:
            return None
        what = f"{ahead} records are missing before {who}"
        return self._finding(Irregularity.DROPPED, offset, what)

    def _late(self, run: _Run, counter: int, offset: int, who: str) -> Finding:
        for index, (first, last) in enumerate(run.missing):
            if first <= counter <= last:
                parts = ([first, counter - 1], [counter + 1, last])
                run.missing[index : index + 1] = [part for part in parts if part[0] <= part[1]]
                what = f"{who} comes after later ones"
                return self._finding(Irregularity.REORDERED, offset, what)
        return self._finding(Irregularity.REPLAYED, offset, f"{who} was there before")

    def _finding(self, irregularity: Irregularity, offset: int, what: str) -> Finding:
        return Finding(irregularity, self._topic, self._partition, offset, what)
