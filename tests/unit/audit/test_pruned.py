"""Questions to a log whose oldest entries were pruned, with an index from before and one anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streamward.audit.exposure import Exposure, Question
from streamward.audit.index import Exposing, Index, opened_index
from streamward.audit.index.searching import Search, found
from streamward.audit.report import caveats
from streamward.errors import InvalidArgument
from tests.support.leaves import Access
from tests.support.log import MemoryLog, MemoryReader

OLDEST = 3


class PrunedLog(MemoryLog):
    """Holds the entries from `oldest` on; a cursor before that is refused, as the journal does."""

    oldest = 0

    def open_reader(self, cursor: str) -> MemoryReader:
        if cursor and int(cursor) < self.oldest:
            raise InvalidArgument("the segment is not there (pruned, or of another log)")
        return MemoryReader(self, int(cursor or self.oldest))


@pytest.fixture
def log() -> PrunedLog:
    log, access = PrunedLog(), Access(1)
    log.leaves.append(access.opened(1_000))
    log.leaves += [
        access.moved(time, time + 900, (0, time, time + 9, 10, 100))
        for time in range(2_000, 8_000, 1_000)
    ]
    return log


@contextmanager
def pruned(log: PrunedLog, path: Path, *, indexed_before: bool) -> Iterator[Index]:
    if indexed_before:
        with opened_index(log.open_reader, path):
            pass
    log.oldest = OLDEST
    with opened_index(log.open_reader, path) as index:
        yield index


def answer(index: Index, **asked: int) -> Exposure:
    question = Question(principal="mallory", **asked)
    return Exposing(index, question, indexes=True, oldest=OLDEST).answer()


def test_an_index_from_before_tells_all_and_says_what_can_not_be_shown(
    log: PrunedLog, tmp_path: Path
) -> None:
    with pruned(log, tmp_path / "index.sqlite", indexed_before=True) as index:
        told = answer(index)

    (line,) = told.lines
    assert line.entries.every == tuple(map(str, range(7)))
    assert (told.log.first_entry, told.log.entries, told.log.oldest_kept) == ("0", "7", "3")
    assert told.complete
    assert [each for each in caveats(told) if "pruned since" in each]


def test_an_index_made_anew_says_that_the_answer_begins_later(
    log: PrunedLog, tmp_path: Path
) -> None:
    with pruned(log, tmp_path / "index.sqlite", indexed_before=False) as index:
        told, later = answer(index), answer(index, since=6_500)

    (line,) = told.lines
    assert line.entries.opened == ()
    assert line.entries.indexes == ("3", "4", "5", "6")
    assert (told.log.first_entry, told.log.entries) == ("3", "4")
    assert not told.complete
    assert [each for each in caveats(told) if "entries before 3 were pruned" in each]
    assert later.complete
    assert not [each for each in caveats(later) if "pruned" in each]


@pytest.mark.parametrize("indexed_before", [True, False])
def test_a_search_gives_what_is_there_and_names_what_was_pruned(
    log: PrunedLog, tmp_path: Path, indexed_before: bool
) -> None:
    with pruned(log, tmp_path / "index.sqlite", indexed_before=indexed_before) as index:
        told = found(index, Search(principal="mallory"), OLDEST)
        page = found(index, Search(principal="mallory", limit=5), OLDEST)
        shown = list(index.entries([1, 5], OLDEST))

    assert [entry.index for entry in told.entries] == [6, 5, 4, 3]
    assert told.pruned == ((2, 1, 0) if indexed_before else ())
    assert told.last is None
    assert page.last == (2 if indexed_before else None)
    assert [entry.index for entry in shown] == [5]
