"""A place in the log that outlives its process."""

from pathlib import Path

import pytest

from streamward.audit import Subscription
from streamward.errors import InvalidArgument, Unavailable
from tests.support.log import MemoryLog, denied


def log_of(number: int) -> MemoryLog:
    log = MemoryLog()
    log.leaves.extend(denied(i, "m", f"s{i}") for i in range(number))
    return log


def indexes(log: MemoryLog, path: Path, *, done: int | None = None) -> list[int]:
    """What a follower sees that marks as done only the first so many batches."""
    seen = []
    with Subscription(log.open_reader, path, "streamward/0") as subscription:
        for number, batch in enumerate(subscription.present()):
            seen += [entry.index for entry in batch.entries]
            if done is None or number < done:
                subscription.done(batch)
    return seen


def test_what_was_not_marked_as_done_comes_again_and_nothing_is_missed(tmp_path: Path) -> None:
    log, path = log_of(1_100), tmp_path / "folder" / "cursor"

    first = indexes(log, path, done=1)
    log.leaves.append(denied(0, "m", "later"))
    second = indexes(log, path)

    assert first == list(range(1_100))
    assert second == list(range(512, 1_101))
    assert indexes(log, path) == []


def test_one_process_at_a_time_uses_a_cursor(tmp_path: Path) -> None:
    log, path = log_of(1), tmp_path / "cursor"
    with (
        Subscription(log.open_reader, path, "streamward/0"),
        pytest.raises(Unavailable, match="another follower"),
    ):
        Subscription(log.open_reader, path, "streamward/0")
    assert indexes(log, path) == [0]


def test_a_cursor_of_another_log_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    log, path = log_of(1), tmp_path / "cursor"
    indexes(log, path)
    for _ in range(2):
        with pytest.raises(InvalidArgument, match="of the log `streamward/0`"):
            Subscription(log.open_reader, path, "streamward/1")
    path.write_bytes(b"{")
    with pytest.raises(InvalidArgument, match="is no cursor"):
        Subscription(log.open_reader, path, "streamward/0")
