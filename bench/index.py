"""How long the exposure question takes over a log of so many entries, and the index to be built.

The log is synthetic: accesses of an hour, a roll-up of two partitions each second, now and then one
that reads again what was read before. Its leaves go through the index as those of a real log do.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamward.audit.exposure import Exposure, Question
from streamward.audit.index import Exposing, Index
from streamward.audit.intervals import merged, offsets
from tests.support.leaves import Access

ACTIVE = 600
"""Accesses that run at one time."""
SECONDS_OF_ACCESS = 3_600
PRINCIPALS, STREAMS = 60, 25
BEGINNING = 1_700_000_000_000
RECORDS = 100
MARK = 987_654_321
"""Stands in the template for what differs from entry to entry."""


class SyntheticLog:
    """A log of so many entries, made while it is read; the same in each run."""

    def __init__(self, entries: int) -> None:
        self.entries = entries
        self._templates: dict[int, str] = {}

    def open_reader(self, cursor: str) -> "SyntheticReader":
        """A reader that starts at an index, as text."""
        return SyntheticReader(self, int(cursor or "0"))

    def ranges(self, index: int) -> tuple[int, int, int]:
        """Access, second and first offset of an entry."""
        second, slot = divmod(index, ACTIVE)
        hour, within = divmod(second, SECONDS_OF_ACCESS)
        step = within - 5 if within % 100 == 99 else within
        return hour * ACTIVE + slot, second, (hour * SECONDS_OF_ACCESS + step) * RECORDS

    def leaf(self, index: int) -> bytes:
        """The entry of this index."""
        access, second, first = self.ranges(index)
        time = BEGINNING + second * 1_000
        if second % SECONDS_OF_ACCESS == 0:
            return self.access(access).opened(time)
        template = self._templates.get(access)
        if template is None:
            if len(self._templates) > 2 * ACTIVE:
                self._templates.clear()
            template = self._template(access)
            self._templates[access] = template
        last = first + RECORDS - 1
        return (template % (time + 900, time, first, last, first, last, time + 901)).encode()

    def access(self, number: int) -> Access:
        """Who reads what."""
        slot = number % ACTIVE
        principal = f"service-{slot % PRINCIPALS}"
        return Access(
            number,
            principal,
            f"stream-{slot % STREAMS}",
            credential=f"{principal}-key",
            address=f"10.0.{slot // 256}.{slot % 256}",
        )

    def _template(self, number: int) -> str:
        both = ((0, MARK, MARK, RECORDS, 99_999), (1, MARK, MARK, RECORDS, 99_999))
        text = self.access(number).moved(MARK, MARK, *both).decode().replace("%", "%%")
        return text.replace(str(MARK), "%d").replace(str(MARK + 1), "%d")


class SyntheticReader:
    """Reads it as the journal is read."""

    def __init__(self, log: SyntheticLog, position: int) -> None:
        self._log = log
        self._position = position

    def read(self, entries_max: int) -> list[tuple[int, bytes]]:
        """The next entries."""
        end = min(self._position + entries_max, self._log.entries)
        found = [(index, self._log.leaf(index)) for index in range(self._position, end)]
        self._position = end
        return found

    def opened(self, leaf: bytes) -> bytes:
        """The same: nothing is committed to."""
        return leaf

    def growth(self) -> int | None:
        """None: it does not grow."""
        return None

    @property
    def cursor(self) -> str:
        """After the last of them."""
        return str(self._position)


def timed(question: Callable[[], Exposure], rounds: int = 5) -> tuple[Exposure, list[float]]:
    """An answer, and how long it took each time; the first is with a cold cache of the index."""
    taken, answer = [], None
    for _ in range(rounds):
        began = time.perf_counter()
        answer = question()
        taken.append(time.perf_counter() - began)
    assert answer is not None
    return answer, taken


def expected(log: SyntheticLog, principal: str, since: int, until: int) -> dict[str, int]:
    """Distinct offsets of each stream, counted without the index."""
    spans: dict[tuple[str, int], list[tuple[int, int]]] = {}
    number = int(principal.rpartition("-")[2])
    for second in range((since - BEGINNING) // 1_000 - 1, (until - BEGINNING) // 1_000 + 1):
        time = BEGINNING + second * 1_000
        if second % SECONDS_OF_ACCESS == 0 or time + 900 < since or time >= until:
            continue
        for slot in range(number, ACTIVE, PRINCIPALS):
            index = second * ACTIVE + slot
            if 0 <= index < log.entries:
                first = log.ranges(index)[2]
                for partition in (0, 1):
                    place = spans.setdefault((f"stream-{slot % STREAMS}", partition), [])
                    place.append((first, first + RECORDS - 1))
    found: dict[str, int] = {}
    for (stream, _), each in spans.items():
        found[stream] = found.get(stream, 0) + offsets(merged(each))
    return found


def measure(entries: int, folder: Path) -> dict[str, Any]:
    """Build the index, ask, and check an answer against the log."""
    log = SyntheticLog(entries)
    path = folder / "synthetic.sqlite"
    index = Index(log.open_reader, path, "synthetic")
    began, worked = time.perf_counter(), time.process_time()
    index.catch_up()
    built, worked = time.perf_counter() - began, time.process_time() - worked
    principal = "service-7"
    end = BEGINNING + entries // ACTIVE * 1_000
    since, until = BEGINNING + (end - BEGINNING) // 3 + 333, BEGINNING + (end - BEGINNING) * 2 // 3
    questions = {
        "principal, all time": Question(principal=principal),
        "principal, the middle third of the time": Question(
            principal=principal, since=since, until=until
        ),
        "stream, a thousand offsets": Question(stream="stream-3", offsets=(50_000, 50_999)),
        "stream, all time": Question(stream="stream-3"),
    }
    rows = []
    for name, question in questions.items():
        worked_before = time.process_time()
        answer, taken = timed(Exposing(index, question).answer)
        cpu = (time.process_time() - worked_before) / len(taken)
        row = {"question": name, "seconds": taken, "cpu_seconds": cpu, "lines": len(answer.lines)}
        rows.append(row)
        print(f"{name}: {max(taken):.3f} s at most, {cpu:.3f} s of CPU", flush=True)
        if question.since is not None:
            told: dict[str, int] = {}
            for total in answer.totals:
                told[total.stream] = sum(int(part.offsets) for part in total.partitions)
            if told != expected(log, principal, since, until):
                raise AssertionError("the answer is not what the log holds")
    index.close()
    print(f"index of {entries} entries: {built:.0f} s ({worked:.0f} s of CPU)", flush=True)
    return {
        "entries": entries,
        "index_seconds": built,
        "index_cpu_seconds": worked,
        "index_bytes": path.stat().st_size,
        "questions": rows,
    }


def main() -> int:
    """Measure and print; `--entries` says how many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="streamward-bench-") as folder:
        print(json.dumps(measure(chosen.entries, Path(folder))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
