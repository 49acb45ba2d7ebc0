"""What counters tell of records, in the order in which they lie."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamward.errors import Unavailable
from streamward.model.signing import Signing
from streamward.sdk import Parts, RecordRefused, Signed, following, groups
from streamward.sdk.counters import MISSING_MAX, RUNS_MAX, CounterJudge, Finding
from streamward.sdk.following import SAVE_SECONDS, SignatureFollower

COUNTED, OTHER, IDEMPOTENT = b"a" * 16, b"b" * 16, b"c" * 10


def judged(
    counters: Sequence[int], run: bytes = COUNTED, *, begins: bool = True, gaps: bool = True
) -> list[str | None]:
    judge = CounterJudge("t", 0, judges_gaps=gaps)
    found = (
        judge.judge(Signed("shop", run, counter), offset, begins=begins)
        for offset, counter in enumerate(counters)
    )
    return [None if each is None else f"{each.irregularity}: {each.what}" for each in found]


@given(st.integers(0, 200), st.binary(min_size=16, max_size=16))
def test_what_lies_in_its_order_is_regular(count: int, run: bytes) -> None:
    assert judged(range(count), run) == [None] * count


@given(st.lists(st.integers(0, 30), max_size=40))
def test_every_record_beyond_the_first_of_its_counter_is_told(counters: list[int]) -> None:
    told = judged(counters)
    seen: set[int] = set()
    for counter, what in zip(counters, told, strict=True):
        if counter in seen:
            assert what == f"replayed: record {counter} of `shop` was there before"
        elif seen and counter < max(seen):
            assert what == f"reordered: record {counter} of `shop` comes after later ones"
        else:
            missing = counter - (max(seen) + 1 if seen else 0)
            dropped = f"dropped: {missing} records are missing before record {counter} of `shop`"
            assert what == (dropped if missing else None)
        seen.add(counter)


def test_where_reading_began_later_a_run_may_lack_its_beginning() -> None:
    assert judged([7, 8], begins=False) == [None, None]
    assert judged([7, 8])[0] == "dropped: 7 records are missing before record 7 of `shop`"


def test_where_compaction_takes_records_only_replays_and_orders_are_told() -> None:
    told = judged([0, 5, 5, 3], gaps=False)
    assert [None if it is None else it.partition(":")[0] for it in told] == [
        None, None, "replayed", "reordered",
    ]  # fmt: skip


def test_sequences_of_idempotent_producers_begin_anew_behind_the_largest() -> None:
    last = (1 << 31) - 1
    assert judged([last - 1, last, 0, 1], IDEMPOTENT, begins=False) == [None] * 4
    assert judged([last, 1], IDEMPOTENT, begins=False)[1] == (
        "dropped: 1 records are missing before record 1 of `shop`"
    )
    assert str(judged([last, 0, last], IDEMPOTENT, begins=False)[2]).startswith("replayed")


def test_runs_and_producers_do_not_disturb_each_other() -> None:
    judge = CounterJudge("t", 0)
    for counter in range(5):
        for run in (COUNTED, OTHER):
            for producer in ("shop", "till"):
                assert judge.judge(Signed(producer, run, counter), 0, begins=True) is None


def test_what_is_remembered_is_bounded_and_survives_a_restart() -> None:
    judge = CounterJudge("t", 0)
    for number in range(RUNS_MAX + 5):
        judge.judge(Signed("shop", number.to_bytes(16), 0), 0, begins=True)
    for counter in range(0, 4 * MISSING_MAX, 2):
        judge.judge(Signed("shop", COUNTED, counter), 0, begins=True)
    state = judge.state()
    assert len(state) == RUNS_MAX
    assert max(len(missing) for _, missing in state.values()) == MISSING_MAX
    again = CounterJudge("t", 0, state)
    late = again.judge(Signed("shop", COUNTED, 4 * MISSING_MAX - 3), 9, begins=True)
    assert late is not None
    assert late.irregularity == "reordered"


def test_the_run_that_was_seen_longest_ago_is_forgotten_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streamward.sdk.counters.RUNS_MAX", 2)
    judge = CounterJudge("t", 0)
    for offset, run in enumerate((COUNTED, OTHER, COUNTED, b"d" * 16)):
        counter = int(offset == 2)
        assert judge.judge(Signed("shop", run, counter), offset, begins=True) is None
    again = judge.judge(Signed("shop", COUNTED, 1), 4, begins=True)
    assert again is not None
    assert again.irregularity == "replayed"


class Message:
    """As confluent-kafka's; the value says who signed it."""

    def __init__(self, partition: int, offset: int, value: str) -> None:
        self._place = partition, offset
        value, _, size = value.partition("/")
        self._headers = [("streamward.signature", f"of {size}".encode())] if size else None
        self._value = value.encode()
        self._unreadable = value == "unreadable"

    def topic(self) -> str:
        return "s.a"

    def partition(self) -> int:
        return self._place[0]

    def offset(self) -> int:
        return self._place[1]

    def key(self) -> bytes | None:
        return None

    def value(self) -> bytes:
        return self._value

    def headers(self) -> list[tuple[str, bytes]] | None:
        if self._unreadable:
            raise SystemError("a result with an exception set")
        return self._headers

    def timestamp(self) -> tuple[int, int]:
        return 1, 0


class Stream:
    """A signer, a reader and a place in memory."""

    sign = Signing(by="producer", each="record", keys=("shops",))

    def __init__(self, *partitions: Sequence[str]) -> None:
        self.lies = partitions
        self.saved: Mapping[str, Any] = {}
        self.entered: list[Finding] = []
        self.at: dict[tuple[str, int], int] = {}
        self.down = False
        self.compacted: bool | None = False
        self.first = 0
        self.saves = 0
        self.seconds = 0.0

    def verify(self, topic: str, parts: Parts, timestamp: int, partition: int) -> Any:
        value = (parts.value or b"").decode()
        if value == "odd":
            raise KeyError(value)
        if value == "forged":
            raise RecordRefused("an unsigned record in a signed stream")
        return parts, Signed("shop", COUNTED, int(value))

    def verify_together(
        self, topic: str, records: Sequence[tuple[Parts, int]], partition: int
    ) -> Any:
        values = [(parts.value or b"").decode() for parts, _ in records]
        first = records[0][0].headers[0][1]
        if "forged" in values or first != f"of {len(records)}".encode():
            raise RecordRefused("a record batch that is not whole")
        return [Signed("shop", COUNTED, int(value)) for value in values]

    def binds_partition(self, topic: str) -> bool:
        return True

    def partitions(self) -> Mapping[tuple[str, int], tuple[int, int]]:
        return {("s.a", index): (self.first, len(lies)) for index, lies in enumerate(self.lies)}

    def assign(self, offsets: Mapping[tuple[str, int], int]) -> None:
        self.at = dict(offsets)

    def read(self, records_max: int, seconds: float) -> list[Any]:
        found = []
        for place, at in self.at.items():
            values = self.lies[place[1]][at : at + 2]
            found += [Message(place[1], at + index, it) for index, it in enumerate(values)]
            self.at[place] = at + len(values)
        return found

    def compacts(self, topic: str) -> bool | None:
        return self.compacted

    def load(self) -> Mapping[str, Any]:
        return self.saved

    def save(self, state: Mapping[str, Any]) -> None:
        self.saved = json.loads(json.dumps(state))
        self.saves += 1

    def enter(self, finding: Finding) -> None:
        if self.down:
            raise Unavailable("the log can't be written")
        self.entered.append(finding)

    def follower(self) -> SignatureFollower:
        follower = SignatureFollower(self, self, self, lambda: self.seconds)  # type: ignore[arg-type]
        follower.look()
        return follower

    def told(self) -> list[tuple[int, int, str]]:
        return [(it.partition, it.offset, str(it.irregularity)) for it in self.entered]


def test_a_follower_tells_of_each_irregularity_once_whenever_it_is_restarted() -> None:
    lies = ["0", "1", "1", "3", "2", "forged", "4", "5"]
    expected = [(0, 2, "replayed"), (0, 3, "dropped"), (0, 4, "reordered"), (0, 5, "unverified")]
    for seed in range(10):
        chance = random.Random(seed)
        stream = Stream(lies, ["0", "1"])
        follower = stream.follower()
        while follower.step(0):
            if chance.random() < 0.5:
                follower = stream.follower()
        assert stream.told() == expected


def test_what_could_not_be_entered_is_told_after_a_restart() -> None:
    stream = Stream(["0", "0"])
    stream.down = True
    with pytest.raises(Unavailable):
        stream.follower().step(0)
    assert stream.saved == {}
    stream.down = False
    stream.follower().step(0)
    assert stream.told() == [(0, 1, "replayed")]


def test_a_record_that_can_not_be_read_is_told_and_hides_nothing_behind_it() -> None:
    stream = Stream(["0", "unreadable", "1", "odd", "2", "2"])
    follower = stream.follower()
    while follower.step(0):
        pass
    assert stream.told() == [(0, 1, "unverified"), (0, 3, "unverified"), (0, 5, "replayed")]


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a signature says of the number of its records, in the words of `Message`."""

    def together(headers: Sequence[tuple[str, bytes | None]]) -> int | None:
        return int((headers[-1][1] or b"").decode()[3:]) if headers else None

    monkeypatch.setattr(following, "together", together)


@pytest.mark.usefixtures("sizes")
def test_records_that_verify_together_are_judged_together_whenever_it_is_restarted() -> None:
    lies = ["0/3", "1", "2", "3/2", "4", "3/2", "4", "9/2", "10", "11/3", "12", "13/2", "14"]
    # What comes again, what is missing, and a batch that another one breaks off.
    expected = [
        (0, 5, "replayed"),
        (0, 7, "dropped"),
        (0, 9, "unverified"),
        (0, 11, "dropped"),
    ]
    for seed in range(10):
        chance = random.Random(seed)
        stream = Stream(lies)
        follower = stream.follower()
        while follower.step(0):
            if chance.random() < 0.5:
                follower.save()
                follower = stream.follower()
        assert stream.told() == expected, seed


@pytest.mark.usefixtures("sizes")
def test_what_was_not_whole_yet_is_read_again_after_a_restart() -> None:
    stream = Stream(["0", "1/4", "2"])
    follower = stream.follower()
    assert [follower.step(0), follower.step(0)] == [2, 1]
    follower.save()
    assert stream.saved["s.a 0"]["offset"] == 1
    stream.lies = (["0", "1/4", "2", "3", "4", "forged"],)
    follower = stream.follower()
    while follower.step(0):
        pass
    assert stream.told() == [(0, 5, "unverified")]


@pytest.mark.usefixtures("sizes")
def test_a_batch_that_lacks_its_end_is_told_where_nothing_follows_it() -> None:
    stream = Stream(["0", "1/4", "2", "3"])
    follower = stream.follower()
    while follower.step(0):
        pass
    assert stream.told() == [(0, 1, "unverified")]
    assert stream.saved["s.a 0"]["offset"] == 4
    stream.lies = (["0", "1/4", "2", "3", "4/2", "5"],)
    while follower.step(0):
        pass
    assert stream.told()[1:] == [(0, 4, "dropped")]


@pytest.mark.parametrize(
    "parts",
    [Parts(bytes(99), None), Parts(None, bytes(99)), Parts(None, None, (("h", bytes(98)),))],
)
def test_all_that_a_record_holds_counts_towards_the_memory_of_its_group(parts: Parts) -> None:
    group = groups.Group(2)
    group.add(None, parts)
    assert group.held_bytes == 99 + groups.RECORD_BYTES


@pytest.mark.usefixtures("sizes")
def test_a_forged_number_of_records_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(groups, "GROUP_BYTES_MAX", 6 * groups.RECORD_BYTES)
    stream = Stream(["1/4000000000", *map(str, range(100, 200))])
    follower = stream.follower()
    while follower.step(0):
        held = follower._held.get(("s.a", 0))
        assert held is None or len(held.messages) <= 7
    assert stream.told()[0] == (0, 0, "unverified")
    assert stream.saved["s.a 0"]["offset"] > 6


def test_a_row_of_irregular_records_is_one_alert_for_each_reason() -> None:
    lies = ["0", *["forged"] * 9, "0", *["forged"] * 3, "1", "forged", "forged"]
    stream = Stream(lies)
    follower = stream.follower()
    while follower.step(0):
        follower.save()
        follower = stream.follower()
    assert stream.told() == [(0, 1, "unverified"), (0, 10, "replayed"), (0, 15, "unverified")]


def test_a_log_that_was_cut_or_made_anew_is_told_and_read_again() -> None:
    stream = Stream(["0", "1", "2", "3"])
    follower = stream.follower()
    while follower.step(0):
        pass
    follower.save()
    # A topic that is gone for a while is not forgotten.
    stream.lies = ()
    gone = stream.follower()
    gone.save()
    stream.lies = (["0", "4"],)
    follower = stream.follower()
    assert stream.told() == [(0, 2, "cut")]
    while follower.step(0):
        pass
    # What was there before is seen, and what goes on from it is not.
    assert stream.told()[1:] == [(0, 0, "replayed")]
    follower.look()
    assert len(stream.told()) == 2
    # While it is followed, too.
    stream.lies = (["5"],)
    follower.look()
    while follower.step(0):
        pass
    assert stream.told()[2:] == [(0, 1, "cut")]


def test_a_record_that_is_read_twice_is_judged_once() -> None:
    stream = Stream(["0", "1"])
    follower = stream.follower()
    follower.step(0)
    stream.at["s.a", 0] = 0
    assert follower.step(0) == 2
    assert stream.told() == []


def test_a_run_without_its_beginning_is_told_also_once_retention_took_what_was_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Stream(["0"])
    follower = stream.follower()
    follower.step(0)
    follower.save()
    stream.lies, stream.first = (["0", "7"],), 1
    monkeypatch.setattr(stream, "verify", lambda *_: (Parts(None, None), Signed("shop", OTHER, 7)))
    stream.follower().step(0)
    assert stream.told() == [(0, 1, "dropped")]


def test_what_compaction_took_is_not_told_and_what_comes_again_is() -> None:
    stream = Stream(["0", "5", "5", "2"])
    stream.compacted = True
    follower = stream.follower()
    while follower.step(0):
        pass
    assert stream.told() == [(0, 2, "replayed"), (0, 3, "reordered")]


def test_gaps_are_told_where_brokers_have_ever_said_that_they_do_not_compact() -> None:
    for ever, told in ((False, [(0, 2, "dropped")]), (None, [])):
        stream = Stream(["0", "1"])
        stream.compacted = ever
        stream.follower().step(0)
        stream.follower().save()
        stream.lies, stream.compacted = (["0", "1", "5"],), None
        follower = stream.follower()
        while follower.step(0):
            pass
        assert stream.told() == told


def test_when_brokers_begin_to_compact_it_is_told_once() -> None:
    stream = Stream(["0", "1"])
    follower = stream.follower()
    follower.step(0)
    follower.save()
    for word, told in ((None, []), (True, ["compacted"]), (True, ["compacted"])):
        stream.compacted = word
        stream.follower().save()
        assert [what for _, _, what in stream.told()] == told


def test_the_place_is_kept_from_time_to_time_and_with_each_finding() -> None:
    stream = Stream([str(counter) for counter in range(8)] + ["0"])
    follower = stream.follower()
    follower.step(0)
    assert stream.saves == 0
    stream.seconds += SAVE_SECONDS
    follower.step(0)
    assert stream.saves == 1
    while follower.step(0):
        pass
    assert stream.saves == 2


def test_all_partitions_together_remember_so_many_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "RUNS_TOTAL_MAX", 3)
    stream = Stream(["0", "0", "0", "0"], ["0"])
    runs = iter(range(9))

    def verify(topic: str, parts: Parts, timestamp: int, partition: int) -> Any:
        return parts, Signed("shop", next(runs).to_bytes(16), 0)

    monkeypatch.setattr(stream, "verify", verify)
    follower = stream.follower()
    while follower.step(0):
        pass
    follower.save()
    assert [len(stream.saved[f"s.a {partition}"]["runs"]) for partition in (0, 1)] == [2, 1]
