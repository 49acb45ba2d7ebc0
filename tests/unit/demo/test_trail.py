"""Comparing what clients counted with what the log says."""

import json

import pytest

from streamward.demo.clients import Place
from streamward.demo.trail import Ledger, merged, ranges_of_log, readable
from streamward.model.event import Entry, Event

ACCESS = ("writer", "orders", "Write")


def leaf(*ranges: tuple[int, str, str, str], action: str = "Write") -> bytes:
    names = ("partition", "first", "last", "records")
    streaming = {
        "kind": "access_rollup",
        "principal": "writer",
        "action": action,
        "resource": {"type": "Stream", "name": "orders"},
        "ranges": [dict(zip(names, each, strict=True)) | {"bytes": "1"} for each in ranges],
    }
    numbers = ("activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id")
    return json.dumps({**dict.fromkeys(numbers, 1), "streaming": streaming}).encode()


def event(*ranges: tuple[int, str, str, str], action: str = "Write") -> Event:
    return Entry(0, leaf(*ranges, action=action)).event


def test_ranges_that_touch_or_overlap_are_joined() -> None:
    assert merged([(0, 5, 9), (0, 0, 3), (0, 4, 4), (1, 7, 7), (0, 8, 12), (1, 9, 9)]) == {
        0: [(0, 12)],
        1: [(7, 7), (9, 9)],
    }


def test_clients_and_log_agree_over_several_entries() -> None:
    ledger = Ledger()
    ledger.enter("writer", "orders", "Write", [Place(0, offset) for offset in (2, 0, 1)])
    ledger.enter("writer", "orders", "Write", [Place(1, 0)])

    logged = ranges_of_log(
        [event((0, "0", "1", "2")), event((0, "2", "2", "1"), (1, "0", "0", "1"))]
    )

    assert ledger.ranges() == logged == {ACCESS: (4, {0: [(0, 2)], 1: [(0, 0)]})}
    assert (ledger.count("Write"), ledger.count("Read")) == (4, 0)


@pytest.mark.parametrize(
    "ranges",
    [
        [(0, "0", "1", "2")],  # one too few
        [(0, "0", "3", "4")],  # one too many
        [(0, "0", "2", "4")],  # counted twice
        [(1, "0", "2", "3")],  # in another partition
    ],
)
def test_any_difference_is_one(ranges: list[tuple[int, str, str, str]]) -> None:
    ledger = Ledger()
    ledger.enter("writer", "orders", "Write", [Place(0, offset) for offset in range(3)])

    assert ranges_of_log([event(*ranges)]) != ledger.ranges()


def test_reads_are_not_writes() -> None:
    assert set(ranges_of_log([event((0, "0", "0", "1"), action="Read")])) == {
        ("writer", "orders", "Read")
    }


def test_an_unknown_offset_is_told() -> None:
    with pytest.raises(ValueError, match="unknown"):
        ranges_of_log([event((0, "unknown", "unknown", "1"))])


def test_an_entry_that_is_missing_or_is_no_event_is_noticed() -> None:
    entry = leaf((0, "0", "0", "1"))

    assert readable([Entry(0, entry), Entry(1, entry)])
    assert not readable([Entry(0, entry), Entry(2, entry)])
    assert not readable([Entry(0, entry), Entry(1, b"{}")])
