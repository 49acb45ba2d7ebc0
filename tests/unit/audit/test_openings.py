"""What entries only commit to: read into them, erased, and checked."""

import json
import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from streamward.audit import Follower
from streamward.audit.erasing import Erasing, Wanted
from streamward.audit.exposure import Question
from streamward.audit.index import Exposing, opened_index
from streamward.audit.index.searching import Search, found_indexes
from streamward.audit.journal import JournalWriter, journal_readers
from streamward.audit.openings import OpeningAltered, Openings, read_into
from streamward.audit.openings_check import checked_openings
from streamward.errors import NotFound, Unavailable
from streamward.model.event import Entry, canonical
from tests.support.leaves import Access

ADDRESS, OTHER = "203.0.113.7", "198.51.100.4"


class Log:
    """A log of two connections: entries 0 to 2 of mallory's, 3 of alice's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer = JournalWriter(folder)
        self.openings = Openings(folder)
        first = self.writer.commit("ip", ADDRESS, "mallory")
        second = self.writer.commit("ip", OTHER, "alice")
        mallory = Access(1, "mallory", "payments.cards")
        alice = Access(2, "alice", "payments.cards")
        for leaf, token in (
            (mallory.opened(1_000), first),
            (mallory.moved(1_500, 2_000, (0, 0, 9, 10, 100)), first),
            (mallory.moved(2_500, 3_000, (0, 10, 19, 10, 100)), first),
            (alice.opened(4_000), second),
        ):
            self.writer.record(committing(leaf, token))

    def erase(self, wanted: Wanted) -> int:
        erasing = Erasing(self.openings, journal_readers(self.folder), self.writer, lambda: 9_000)
        return erasing.erase(wanted, "oncall", "asked for").values

    def entries(self) -> list[Entry]:
        batches = Follower(journal_readers(self.folder)).drain()
        return [entry for batch in batches for entry in batch.entries]

    def checked(self) -> dict[str, int]:
        return checked_openings(self.openings, self.entries())

    @property
    def file(self) -> Path:
        (found,) = (self.folder / "openings").glob("*.swo")
        return found

    def places(self) -> list[int]:
        return [place for place, _ in self.openings.all()]


def committing(leaf: bytes, token: str) -> bytes:
    document = json.loads(leaf)
    document["src_endpoint"] = {"uid": token}
    return canonical(document)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    yield made
    made.writer.close()


def test_entries_are_read_with_what_they_commit_to_and_hashed_without(log: Log) -> None:
    entries = log.entries()

    assert [entry.event.source for entry in entries] == [ADDRESS] * 3 + [OTHER]
    assert all(ADDRESS.encode() not in entry.leaf for entry in entries)
    assert log.checked() == {"open": 2, "erased": 0, "lost": 0}


def test_nothing_of_the_value_can_be_told_from_the_leaf(log: Log) -> None:
    again = log.writer.commit("ip", ADDRESS, "mallory")

    tokens = {entry.event.src_endpoint.uid for entry in map(raw, log.entries())}  # type: ignore[union-attr]

    assert again not in tokens
    assert len({token.rpartition(":")[2] for token in (*tokens, again) if token}) == 3


def raw(entry: Entry) -> Entry:
    return Entry(entry.index, entry.leaf)


def test_an_opening_opens_its_commitment_and_no_other(log: Log) -> None:
    token = log.writer.commit("ip", ADDRESS, "mallory")
    _, place, commitment = token.split(":")
    opening = dict(log.openings.all())[int(place)]
    assert opening.opens(commitment)
    for at in range(len(commitment)):
        other = "A" if commitment[at] != "A" else "B"
        assert not opening.opens(commitment[:at] + other + commitment[at + 1 :])
    assert not opening.opens(commitment[:-1])


def test_what_is_erased_of_a_subject_is_gone_and_the_leaves_are_the_same(log: Log) -> None:
    leaves = [entry.leaf for entry in log.entries()]

    erased = log.erase(Wanted(subject="mallory"))

    entries = log.entries()
    assert erased == 1
    assert [entry.leaf for entry in entries[:4]] == leaves
    assert [entry.event.source for entry in entries[:4]] == [None] * 3 + [OTHER]
    assert [entry.event.place for entry in entries[:4]] == ["erased"] * 3 + [OTHER]
    assert ADDRESS.encode() not in log.file.read_bytes()
    assert b"mallory" not in log.file.read_bytes()
    assert entries[4].event.streaming.openings == ("0",)
    assert entries[4].event.streaming.principal == "oncall"
    assert log.checked() == {"open": 1, "erased": 1, "lost": 0}


def test_entries_choose_what_is_erased_and_there_must_be_something(log: Log) -> None:
    with pytest.raises(NotFound):
        log.erase(Wanted(subject="nobody"))
    with pytest.raises(NotFound):
        log.erase(Wanted(subject="mallory", entries=(3, 3)))

    assert log.erase(Wanted(entries=(3, 3))) == 1
    assert [entry.event.place for entry in log.entries()[:4]] == [ADDRESS] * 3 + ["erased"]


def test_what_a_crash_left_to_erase_is_found_and_finished(log: Log) -> None:
    class Crashes:
        record = staticmethod(log.writer.record)

        def erase(self, places: Any) -> int:
            raise KeyboardInterrupt

    erasing = Erasing(log.openings, journal_readers(log.folder), Crashes(), lambda: 9_000)
    with pytest.raises(KeyboardInterrupt):
        erasing.erase(Wanted(subject="mallory"), "oncall", "asked for")
    with pytest.raises(OpeningAltered, match="says that it was erased, and it is there"):
        log.checked()

    log.erase(Wanted(subject="mallory"))

    assert log.checked() == {"open": 1, "erased": 1, "lost": 0}


def test_the_index_holds_no_address_and_answers_with_it_while_it_is_known(log: Log) -> None:
    path, readers = log.folder / "index.sqlite", journal_readers(log.folder)

    def answered() -> tuple[list[str], list[int]]:
        with opened_index(readers, path, "") as index:
            question = Question(principal="mallory")
            answer = Exposing(index, question, address=log.openings.address).answer()
            places = tuple(at for at, one in log.openings.all() if one.value == ADDRESS)
            indexes = found_indexes(index, Search(address=ADDRESS, places=places))
        return [line.address for line in answer.lines], indexes

    before = answered()
    log.erase(Wanted(subject="mallory"))
    after = answered()

    assert before == ([ADDRESS], [2, 1, 0])
    assert after == (["erased"], [])
    assert ADDRESS.encode() not in path.read_bytes()


def test_a_proof_shows_what_its_entry_commits_to(log: Log) -> None:
    entry = log.entries()[0]
    (first, second) = (opening for _, opening in log.openings.all())

    opened = read_into(entry.leaf, [first])

    assert json.loads(opened)["src_endpoint"] == {"ip": ADDRESS}
    with pytest.raises(OpeningAltered):
        read_into(entry.leaf, [second])


def overwrite(log: Log, change: Callable[[bytes], bytes]) -> None:
    content = log.file.read_bytes()
    log.file.write_bytes(change(content))


TAMPERED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "another value": (lambda it: rewritten(it, b"203.0.113.7", b"203.0.113.8"), "not what entry 0"),
    "another salt": (lambda it: rewritten(it, b'"salt":"', b'"salt":"A'), "not what entry 0"),
    "another field": (lambda it: rewritten(it, b'"ip"', b'"id"'), "not what entry 0"),
    "one put in the place of another": (lambda it: second_first(it), "entry 0"),
    "blanked without an entry": (lambda it: blanked(it), "entry 0 commits to is gone"),
    "blanked to the letter": (lambda it: b" " * len(it), "entry 0 commits to can't be read"),
    "no JSON": (lambda it: rewritten(it, b'"salt":', b'"salt"!'), "is not what entry 0"),
    "cut off": (lambda it: it[: len(it) // 2 + 20], "entry 3"),
    "emptied": (lambda it: b"", "entry 0 commits to is gone"),
    "no opening any more": (lambda it: b"\xff" * len(it), "entry 0 commits to can't be read"),
    "another checksum": (lambda it: it[:4] + b"0000" + it[8:], "entry 0 commits to can't be read"),
    "an unbelievable length": (lambda it: b"\xff\xff\xff\x7f" + it[4:], "entry 0"),
}


def frames(content: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(content):
        end = at + 8 + int.from_bytes(content[at : at + 4], "little")
        found.append(content[at:end])
        at = end
    return found


def second_first(content: bytes) -> bytes:
    first, second = frames(content)
    return second + first


def blanked(content: bytes) -> bytes:
    first, second = frames(content)
    return framed(b" " * (len(first) - 8)) + second


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "little") + crc32c(payload).to_bytes(4, "little") + payload


def crc32c(data: bytes) -> int:
    """Castagnoli's, as RFC 3720 has it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def rewritten(content: bytes, old: bytes, new: bytes) -> bytes:
    """With a checksum that fits."""
    first, second = frames(content)
    assert old in first
    return framed(first[8:].replace(old, new, 1)) + second


@pytest.mark.parametrize("name", TAMPERED)
def test_a_changed_opening_is_found_and_never_read_into_an_entry(log: Log, name: str) -> None:
    change, told = TAMPERED[name]
    overwrite(log, change)

    with pytest.raises(OpeningAltered, match=told):
        log.checked()
    assert {entry.event.source for entry in log.entries()} <= {ADDRESS, OTHER, None}
    assert all(entry.event.source in (ADDRESS, None) for entry in log.entries()[:3])


def test_a_file_of_openings_that_is_removed_is_missed(log: Log) -> None:
    log.file.unlink()

    assert [entry.event.place for entry in log.entries()] == ["missing"] * 4
    with pytest.raises(OpeningAltered, match="entry 0"):
        log.checked()


def test_openings_put_back_from_a_copy_are_found(log: Log) -> None:
    copy = log.file.read_bytes()
    log.erase(Wanted(subject="mallory"))
    log.file.write_bytes(copy)

    with pytest.raises(OpeningAltered, match="entry 4 says that it was erased, and it is there"):
        log.checked()


def test_behind_bytes_that_are_no_opening_those_of_a_subject_are_still_found(log: Log) -> None:
    damaged = len(frames(log.file.read_bytes())[0])
    overwrite(log, lambda it: b"\xff" * 9 + it[9:])

    erasing = Erasing(log.openings, journal_readers(log.folder), log.writer, lambda: 9_000)
    done = erasing.erase(Wanted(subject="alice"), "oncall", "asked for")

    assert done.values == 1
    assert done.unreadable == {f"openings/{log.file.name}": damaged}
    assert OTHER.encode() not in log.file.read_bytes()


@pytest.mark.parametrize("instead", ["a link", "a pipe"])
def test_openings_are_read_from_files_only_and_nobody_waits(log: Log, instead: str) -> None:
    content, file = log.file.read_bytes(), log.file
    file.unlink()
    if instead == "a pipe":
        os.mkfifo(file)
    else:
        (log.folder / "elsewhere").write_bytes(content)
        file.symlink_to(log.folder / "elsewhere")

    with pytest.raises(Unavailable, match=file.name):
        log.checked()
    with pytest.raises(Unavailable, match=file.name):
        log.erase(Wanted(subject="mallory"))


def test_many_openings_are_erased_with_few_descriptors(log: Log) -> None:
    for _ in range(300):
        log.writer.commit("ip", ADDRESS, "mallory")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 20, hard))
    try:
        erased = log.erase(Wanted(subject="mallory"))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert erased == 301


def power_cut(folder: Path) -> None:
    """As it would be after the machine went down before the newest opening was on disk."""
    (file,) = (folder / "openings").glob("*.swo")
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2 + 20])
    (folder / "running").write_text("another boot\n")


def test_openings_that_a_power_loss_took_along_are_told_of_and_not_taken_for_removed(
    log: Log,
) -> None:
    log.writer.close()
    power_cut(log.folder)

    log.writer = JournalWriter(log.folder)

    told = [entry.event for entry in log.entries()[4:]]
    assert [event.kind for event in told] == ["lifecycle", "gap"]
    assert told[0].streaming.openings_from is not None
    assert told[1].streaming.reason is not None
    assert "machine went down" in told[1].streaming.reason
    assert log.checked() == {"open": 1, "erased": 0, "lost": 1}
    assert [entry.event.place for entry in log.entries()[:4]] == [ADDRESS] * 3 + ["unreadable"]
    log.writer.close()
    log.writer = JournalWriter(log.folder)
    assert len(log.entries()) == 6, "it is told once"

    log.file.unlink()

    with pytest.raises(OpeningAltered, match="entry 0 commits to is gone"):
        log.checked()
