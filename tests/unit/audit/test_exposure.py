"""What the index says was exposed, held to what the roll-ups say one by one."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamward.audit.exposure import Exposure, Question
from streamward.audit.index import Exposing, Index, IndexKeeper, keeper, opened_index, store
from streamward.audit.intervals import clipped, merged, offsets
from streamward.errors import Unavailable
from tests.support.leaves import Access, gap
from tests.support.log import MemoryLog, denied


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def index(log: MemoryLog, tmp_path: Path) -> Iterator[Index]:
    with opened_index(log.open_reader, tmp_path / "index.sqlite", "streamward/0") as found:
        yield found


def ask(index: Index, indexes: bool = False, **question: object) -> Exposure:
    index.catch_up()
    return Exposing(index, Question(**question), indexes=indexes).answer()  # type: ignore[arg-type]


def spans(answer: Exposure, stream: str = "cards", action: str = "Read") -> dict[int, list[str]]:
    """Ranges by partition, as text."""
    return {
        part.partition: ["-".join(span) for span in part.ranges]
        for total in answer.totals
        if (total.stream, total.action) == (stream, action)
        for part in total.partitions
    }


def test_ranges_that_follow_overlap_or_repeat_are_one(log: MemoryLog, index: Index) -> None:
    access = Access(1)
    log.leaves += [
        access.opened(0),
        access.moved(10, 20, (0, 0, 9, 10, 100), (1, 5, 5, 1, 9)),
        access.moved(30, 40, (0, 10, 19, 10, 100)),
        access.moved(50, 60, (0, 5, 12, 8, 80), (0, 30, 30, 1, 10)),
    ]

    answer = ask(index, principal="mallory")

    assert spans(answer) == {0: ["0-19", "30-30"], 1: ["5-5"]}
    (part, other) = answer.totals[0].partitions
    assert (part.offsets, part.records, part.bytes, part.unknown_records) == (
        "21",
        "29",
        "290",
        "0",
    )
    assert (other.offsets, other.records) == ("1", "1")
    assert answer.complete
    (line,) = answer.lines
    assert (line.credential, line.address, line.rules, line.classes, line.state) == (
        "mallory-key",
        "10.0.0.9",
        ("grant:readers#1",),
        ("cardholder",),
        "readable",
    )
    assert (line.first_time, line.last_time, line.edge, line.upper_bound) == (10, 60, False, False)
    assert (line.entries.opened, line.entries.first, line.entries.last) == (("0",), "1", "3")


def test_each_credential_address_policy_state_and_action_is_a_line(
    log: MemoryLog, index: Index
) -> None:
    variants = [
        Access(1),
        Access(2, credential="other"),
        Access(3, address="10.0.0.10"),
        Access(4, policy_version="sha256:2"),
        Access(5, action="Write"),
        Access(6, stream="orders", classes=()),
    ]
    for number, access in enumerate(variants):
        log.leaves += [access.opened(0), access.moved(1, 2, (0, number, number, 1, 1))]
    log.leaves.append(variants[0].moved(3, 4, (0, 100, 100, 1, 1), state="masked"))
    log.leaves += [Access(9, principal="alice").moved(1, 2, (0, 500, 500, 1, 1))]

    answer = ask(index, principal="mallory")

    assert len(answer.lines) == 7
    assert spans(answer) == {0: ["0-3", "100-100"]}
    assert spans(answer, action="Write") == {0: ["4-4"]}
    assert spans(answer, stream="orders") == {0: ["5-5"]}
    states = {total.states for total in answer.totals if total.stream == "cards"}
    assert states == {("masked", "readable"), ("readable",)}
    assert spans(ask(index, principal="mallory", stream="orders"), "orders") == {0: ["5-5"]}
    assert spans(ask(index, credential="other")) == {0: ["1-1"]}
    assert ask(index, principal="nobody").lines == ()


def test_time_takes_what_touches_it_and_says_where_it_reaches_over_the_edge(
    log: MemoryLog, index: Index
) -> None:
    access = Access(1)
    log.leaves += [access.opened(0)]
    log.leaves += [access.moved(n * 10, n * 10 + 9, (0, n, n, 1, 7)) for n in range(10)]

    inside = ask(index, principal="mallory", since=30, until=60)
    over = ask(index, principal="mallory", since=35, until=55)

    assert (spans(inside), inside.lines[0].edge) == ({0: ["3-5"]}, False)
    assert (spans(over), over.lines[0].edge) == ({0: ["3-5"]}, True)
    assert inside.totals[0].partitions[0].bytes == "21"
    assert spans(ask(index, principal="mallory", since=100)) == {}
    assert spans(ask(index, principal="mallory", until=1)) == {0: ["0-0"]}


def test_unknown_offsets_gaps_and_upper_bounds_are_said(log: MemoryLog, index: Index) -> None:
    access = Access(1, action="Write")
    log.leaves += [
        access.opened(0),
        access.moved(1, 2, (0, "unknown", "unknown", 4, 40)),
        access.moved(3, 4, (0, "unknown", "unknown", 1, 10), (0, 7, 7, 1, 1)),
        access.moved(5, 6, (0, 8, 8, 1, 1), bound="upper"),
        gap(100, 200, 12),
    ]

    answer = ask(index, principal="mallory")
    before = ask(index, principal="mallory", until=100)

    (part,) = answer.totals[0].partitions
    assert (part.ranges, part.records, part.unknown_records) == ((("7", "8"),), "7", "5")
    assert not answer.complete
    assert answer.lines[0].upper_bound
    assert [(each.since, each.until, each.records) for each in answer.gaps] == [(100, 200, "12")]
    assert before.gaps == ()


def test_who_read_these_records(log: MemoryLog, index: Index) -> None:
    for number, principal in enumerate(["alice", "bob", "carol"]):
        access = Access(number, principal)
        log.leaves += [access.opened(0)]
        low = number * 10
        log.leaves += [access.moved(n, n, (0, low + n, low + n, 1, 5)) for n in range(15)]

    answer = ask(index, stream="cards", offsets=(12, 21), indexes=True)

    told = {line.principal: line.partitions[0].ranges for line in answer.lines}
    assert told == {
        "alice": (("12", "14"),),
        "bob": (("12", "21"),),
        "carol": (("20", "21"),),
    }
    alice = next(line for line in answer.lines if line.principal == "alice")
    assert (alice.first_time, alice.last_time) == (12, 14)
    assert alice.entries.indexes == ("13", "14", "15")
    assert spans(ask(index, stream="cards", offsets=(12, 21), partition=1)) == {}


def test_an_access_whose_opening_is_gone_is_told_by_its_roll_ups(
    log: MemoryLog, index: Index
) -> None:
    log.leaves += [Access(1).moved(1, 2, (0, 0, 4, 5, 5))]

    (line,) = ask(index, principal="mallory").lines

    assert (line.rules, line.entries.opened, line.partitions[0].ranges) == ((), (), (("0", "4"),))


def test_an_index_goes_on_where_it_was_and_begins_anew_for_another_log(
    log: MemoryLog, tmp_path: Path
) -> None:
    access, path = Access(1), tmp_path / "index.sqlite"
    log.leaves += [access.opened(0), access.moved(1, 2, (0, 0, 4, 5, 5))]
    with opened_index(log.open_reader, path, "streamward/0"):
        log.leaves.append(access.moved(3, 4, (0, 5, 9, 5, 5)))
    with opened_index(log.open_reader, path, "streamward/0") as again:
        assert again.catch_up() == 0
        assert spans(ask(again, principal="mallory")) == {0: ["0-9"]}
    other = MemoryLog()
    with opened_index(other.open_reader, path, "streamward/1") as anew:
        assert ask(anew, principal="mallory").lines == ()
    path.write_bytes(b"not a database" * 100)
    with opened_index(log.open_reader, path, "streamward/0") as rebuilt:
        assert spans(ask(rebuilt, principal="mallory")) == {0: ["0-9"]}


def test_entries_are_read_from_the_log_by_their_index(log: MemoryLog, index: Index) -> None:
    log.leaves += [denied(number, "m", f"s{number}") for number in range(2_000)]
    index.catch_up()

    found = list(index.entries([1_999, 0, 700, 701, 5_000]))

    assert [entry.index for entry in found] == [0, 700, 701, 1_999]
    assert [entry.leaf for entry in found] == [log.leaves[e.index] for e in found]


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)).map(lambda p: (p[0], sum(p))))


@given(SPANS, st.integers(0, 60), st.integers(0, 20))
def test_merged_ranges_hold_the_same_offsets(
    given_spans: list[tuple[int, int]], first: int, more: int
) -> None:
    every = {offset for low, high in given_spans for offset in range(low, high + 1)}
    found = merged(given_spans)

    assert {offset for low, high in found for offset in range(low, high + 1)} == every
    assert offsets(found) == len(every)
    assert all(one[1] + 1 < two[0] for one, two in pairwise(found))
    inside = clipped(found, first, first + more)
    assert {o for low, high in inside for o in range(low, high + 1)} == {
        o for o in every if first <= o <= first + more
    }


MOVES = st.lists(
    st.tuples(
        st.integers(1, 3),  # access
        st.integers(0, 1),  # partition
        st.integers(0, 40),  # first offset
        st.integers(0, 5),  # more offsets
        st.integers(0, 5),  # time until its end
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=40)
@given(MOVES, st.integers(0, 90), st.integers(0, 60), st.integers(1, 7))
def test_whatever_was_moved_the_answer_has_exactly_that(
    tmp_path_factory: pytest.TempPathFactory,
    moves: list[tuple[int, int, int, int, int]],
    since: int,
    length: int,
    each: int,
) -> None:
    log, path = MemoryLog(), tmp_path_factory.mktemp("index") / "index.sqlite"
    expected: dict[int, set[int]] = {}
    records = 0
    with opened_index(log.open_reader, path) as index:
        for number, (access, partition, first, more, lasting) in enumerate(moves):
            start, end = number * 2, number * 2 + lasting
            moved = (partition, first, first + more, more + 1, more + 1)
            log.leaves.append(Access(access).moved(start, end, moved))
            if end >= since and start < since + length:
                expected.setdefault(partition, set()).update(range(first, first + more + 1))
                records += more + 1
            if number % each == 0:
                index.catch_up()

        answer = ask(index, principal="mallory", since=since, until=since + length)

    told = {
        part.partition: {
            offset for low, high in part.ranges for offset in range(int(low), int(high) + 1)
        }
        for total in answer.totals
        for part in total.partitions
    }
    assert told == expected
    assert sum(int(p.records) for t in answer.totals for p in t.partitions) == records


def test_a_keeper_follows_the_log_and_outlives_an_index_that_fails(
    log: MemoryLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "KEEP_SECONDS", 0.01)
    monkeypatch.setattr(keeper, "RETRY_SECONDS", 0.01)
    path = tmp_path / "index.sqlite"
    path.mkdir()  # no index can be here yet
    kept = IndexKeeper(log.open_reader, path, lambda: "streamward/0")

    async def until(entries: int) -> None:
        async with asyncio.timeout(20):
            while kept.handled_entries != entries:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0.01)

    async def scenario() -> None:
        running = asyncio.get_running_loop().create_task(kept.run())
        await asyncio.sleep(0.05)
        path.rmdir()
        await until(0)
        log.leaves += [Access(1).opened(0), denied(1, "m", "s")]
        await until(2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(scenario())


def test_an_index_that_is_busy_is_not_thrown_away(
    log: MemoryLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index.sqlite"
    log.leaves += [Access(1).moved(1, 2, (0, 0, 4, 5, 5))]
    with opened_index(log.open_reader, path, "streamward/0"):
        pass
    before = path.stat().st_ino
    monkeypatch.setattr(store, "BUSY_SECONDS_MAX", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("pragma locking_mode = exclusive")
        other.execute("begin exclusive")
        with (
            pytest.raises(Unavailable, match="can't be"),
            opened_index(log.open_reader, path, "streamward/0"),
        ):
            pass
    with opened_index(log.open_reader, path, "streamward/0") as index:
        assert spans(ask(index, principal="mallory")) == {0: ["0-4"]}
    assert path.stat().st_ino == before
