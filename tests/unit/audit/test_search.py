"""Searching by every field of the index, page by page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streamward.audit.index import Index, opened_index
from streamward.audit.index.searching import Search, found, found_indexes
from streamward.errors import InvalidArgument
from streamward.model.entries import containment_event
from tests.support.leaves import Access
from tests.support.log import MemoryLog, denied, failed_login


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    log = MemoryLog()
    access = Access(1, "alice", "orders", credential="alice-key", address="10.0.0.2")
    log.leaves = [
        denied(10, "mallory", "cards"),
        failed_login(20, "mallory", "10.0.0.66"),
        access.opened(30),
        access.moved(31, 32, (0, 0, 1, 2, 20)),
        b"{}",
        containment_event(
            time_milliseconds=40,
            identifier="c-1",
            verb="quarantine",
            target=("stream", "orders"),
            owner="o",
            reason="r",
            change="opened",
        ),
        denied(50, "mallory", "orders"),
    ]
    with opened_index(log.open_reader, tmp_path / "index.sqlite") as opened:
        yield opened


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(), [6, 5, 4, 3, 2, 1, 0]),
        (Search(principal="mallory"), [6, 1, 0]),
        (Search(stream="orders"), [6, 5, 3, 2]),
        (Search(kinds=("denied", "access_rollup")), [6, 3, 0]),
        (Search(action="Read", decision="allow"), [3, 2]),
        (Search(decision="failure"), [1]),
        (Search(address="10.0.0.66"), [1]),
        (Search(credential="alice-key", kinds=("access_opened",)), [2]),
        (Search(since=20, until=40), [3, 2, 1]),
        (Search(limit=2), [6, 5]),
        (Search(limit=2, before=5), [4, 3]),
        (Search(principal="nobody"), []),
        (Search(kinds=("gap",)), []),
    ],
)
def test_what_is_found_is_what_was_looked_for(
    index: Index, search: Search, expected: list[int]
) -> None:
    assert found_indexes(index, search) == expected
    assert [entry.index for entry in found(index, search).entries] == expected


@pytest.mark.parametrize("limit", [0, 10_001])
def test_a_page_has_a_limit(index: Index, limit: int) -> None:
    with pytest.raises(InvalidArgument, match="a page has"):
        found_indexes(index, Search(limit=limit))
