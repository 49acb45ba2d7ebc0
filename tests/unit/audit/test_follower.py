import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streamward.audit import Batch, Follower, SavedState
from streamward.audit.follower import BATCH_ENTRIES_MAX
from streamward.audit.journal import JournalWriter, journal_readers
from streamward.audit.tail import Choice, chosen
from streamward.model.entries import Caller, containment_event, key_change_event
from streamward.model.event import Entry
from tests.support.log import MemoryLog, counted_logins, denied, failed_login


def log_of(number: int) -> MemoryLog:
    log = MemoryLog()
    log.leaves.extend(denied(i, "m", f"s{i}") for i in range(number))
    return log


async def take(follower: Follower, entries: int) -> list[Batch]:
    found: list[Batch] = []
    async for batch in follower.batches():
        found.append(batch)
        if sum(len(one.entries) for one in found) >= entries:
            return found
    raise AssertionError("the log ended")


def test_entries_come_in_order_and_each_once() -> None:
    number = BATCH_ENTRIES_MAX * 2 + 7

    batches = asyncio.run(take(Follower(log_of(number).open_reader), number))

    assert [e.index for batch in batches for e in batch.entries] == list(range(number))
    assert max(len(batch.entries) for batch in batches) <= BATCH_ENTRIES_MAX


def test_a_saved_cursor_goes_on_behind_what_was_handled(tmp_path: Path) -> None:
    log, saved = log_of(3), SavedState(tmp_path / "state")
    (batch,) = Follower(log.open_reader).drain()
    saved.save(batch.cursor, {"seen": 3})
    log.record(denied(9, "m", "new"))

    loaded = saved.load()
    assert loaded is not None
    (after,) = Follower(log.open_reader, loaded.cursor).drain()

    assert loaded.state == {"seen": 3}
    assert [entry.index for entry in after.entries] == [3]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format":2,"cursor":"","state":{}}'])
def test_a_saved_state_that_can_not_be_used_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state").write_bytes(content)

    assert SavedState(tmp_path / "state").load() is None
    assert SavedState(tmp_path / "absent").load() is None


def test_saving_leaves_one_file_that_only_the_owner_reads(tmp_path: Path) -> None:
    saved = SavedState(tmp_path / "folder" / "state")
    saved.save("1", {})
    saved.save("2", {})

    assert [path.name for path in saved.path.parent.iterdir()] == ["state"]
    assert saved.path.stat().st_mode & 0o777 == 0o600


async def record_once_idle(follower: Follower, record: Callable[[bytes], int]) -> list[Batch]:
    """What the follower gives of an entry that comes when it has found nothing and waits."""
    idle, grown = asyncio.Event(), follower.grown

    async def told() -> None:
        idle.set()
        await grown()

    follower.grown = told  # type: ignore[method-assign]
    async with asyncio.TaskGroup() as group:
        task = group.create_task(take(follower, 1))
        await idle.wait()
        await asyncio.to_thread(record, denied(0, "m", "s"))
        return await task


def test_where_nothing_tells_of_growth_an_idle_follower_looks_again() -> None:
    log = MemoryLog()

    (batch,) = asyncio.run(record_once_idle(Follower(log.open_reader), log.record))

    assert [entry.index for entry in batch.entries] == [0]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it looks again and again")
def test_a_follower_of_a_journal_is_woken_and_does_not_look_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamward.audit.follower.TOLD_LOOK_SECONDS", 3_600.0)
    writer = JournalWriter(tmp_path)
    try:
        follower = Follower(journal_readers(tmp_path))

        (batch,) = asyncio.run(record_once_idle(follower, writer.record))
    finally:
        writer.close()

    assert [entry.index for entry in batch.entries] == [0]


def shown(leaf: bytes, choice: Choice) -> bool:
    return chosen(Entry(0, leaf), choice) is not None


def test_a_choice_takes_by_kind_principal_and_stream() -> None:
    refused = denied(0, "mallory", "cards")
    quarantined = containment_event(
        time_milliseconds=0,
        identifier="c-1",
        verb="quarantine",
        target=("stream", "cards"),
        owner="o",
        reason="r",
        change="opened",
    )

    assert shown(refused, Choice())
    assert shown(refused, Choice(frozenset({"denied"}), "mallory", "cards"))
    assert not shown(refused, Choice(frozenset({"alert"})))
    assert not shown(refused, Choice(principal="bob"))
    assert not shown(refused, Choice(stream="other"))
    assert shown(quarantined, Choice(stream="cards"))


def test_a_line_says_who_what_and_why() -> None:
    line = chosen(Entry(4, failed_login(1_700_000_000_123, "bob", "10.0.0.9")), Choice())

    assert line is not None
    assert (line.index, line.time) == (4, "2023-11-14 22:13:20.123Z")
    assert (line.who, line.decision) == ("bob@10.0.0.9", "failure")


def test_a_line_says_what_became_of_which_key() -> None:
    by = Caller("alice", mechanism="unix")
    told = {"time_milliseconds": 0, "ring": "cards", "change": "rotated", "by": by}

    lines = [
        chosen(Entry(0, key_change_event(**told, kid="0a" * 16, reason="drill")), Choice()),
        chosen(Entry(1, key_change_event(**told, succeeded=False, reason="away")), Choice()),
    ]

    assert [(it.who, it.what, it.decision, it.why) for it in lines if it] == [
        ("alice", f"rotated cards {'0a' * 16}", "success", "drill"),
        ("alice", "rotated cards", "failure", "away"),
    ]


def test_a_line_says_how_many_attempts_an_entry_counts() -> None:
    line = chosen(Entry(0, counted_logins(0, 37, "10.0.0.9")), Choice())
    nobody = chosen(Entry(0, counted_logins(0, 37)), Choice())

    assert line is not None
    assert nobody is not None
    assert (line.who, line.what, line.decision) == ("10.0.0.9", "×37", "failure")
    assert (nobody.who, nobody.what) == ("", "×37")


def test_an_entry_that_can_not_be_read_is_shown_whatever_is_chosen() -> None:
    line = chosen(Entry(0, b"{}"), Choice(principal="nobody"))

    assert line is not None
    assert line.kind == "unreadable"
