"""Which rules entries of a time name."""

from pathlib import Path

from streamward.audit.index import opened_index, rules_used
from tests.support.leaves import Access
from tests.support.log import MemoryLog, denied


def test_rules_of_a_time_are_found_with_their_last_use(tmp_path: Path) -> None:
    log = MemoryLog()
    access = Access(1, "alice", "orders", credential="alice-key", address="10.0.0.2")
    log.leaves = [access.opened(30), b"{}", denied(50, "mallory", "orders"), access.opened(70)]

    with opened_index(log.open_reader, tmp_path / "index.sqlite") as index:
        everything = rules_used(index, 0)
        later = rules_used(index, 51)
        never = rules_used(index, 1_000)

    assert everything.entries == 3
    assert not everything.is_whole
    assert later.is_whole
    assert later.entries == 1
    assert everything.last_used == {"default": 50, "grant:readers#1": 70}
    assert later.last_used == {"grant:readers#1": 70}
    assert never.last_used == {}


def test_of_an_empty_log_nothing_is_known(tmp_path: Path) -> None:
    with opened_index(MemoryLog().open_reader, tmp_path / "index.sqlite") as index:
        used = rules_used(index, 5)

    assert (used.log_begins, used.is_whole, used.last_used) == (None, False, {})
