"""What the data plane is told: data keys that are stored first, and keys that records name."""

import base64
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from streamward.errors import NotFound, StreamwardError
from streamward.keys.holder import NoRings
from streamward.keys.ports import KeyRefused
from streamward.keys.providers.local_file import LocalFile
from streamward.model.entries import Caller
from tests.unit.keys.conftest import HOUR, NOW, Room, ring

ALICE = Caller("alice")


def test_a_data_key_is_bounded_and_opens_by_its_id(room: Room) -> None:
    made = room.answers.data_key({"type": "data_key", "ring": "clinical"})

    assert made["expires"] == NOW + HOUR
    assert made["refresh"] == NOW + 0.8 * HOUR
    assert (made["records_max"], made["ring_version"]) == (1000, 1)
    assert len(base64.b64decode(made["key"])) == 32
    opened = room.answers.open_key({"type": "open_key", "kid": made["kid"]})
    assert opened == {
        "ring": "clinical",
        "ring_version": 1,
        "key": made["key"],
        "until": NOW + 300_000,
    }


def test_each_question_makes_another_data_key(room: Room) -> None:
    made = [room.answers.data_key({"ring": "clinical"}) for _ in range(5)]

    assert len({one["kid"] for one in made}) == len({one["key"] for one in made}) == 5
    assert {room.key(one["kid"]).writer for one in made} == {"gateway-a"}


def test_a_key_for_a_program_says_so(room: Room) -> None:
    made = [room.answers.data_key({"ring": "clinical", "writer": it}) for it in ("api", "x" * 300)]

    writers = [room.key(one["kid"]).writer for one in made]
    assert writers[0] == "api at gateway-a"
    assert len(writers[1]) == 200


def test_a_program_is_told_whether_its_key_may_go_on(room: Room) -> None:
    kid = room.answers.data_key({"ring": "clinical"})["kid"]

    assert "unknown" not in room.answers.confirm_key({"kid": kid})
    assert room.answers.confirm_key({"kid": "0" * 32}) == {"unknown": True}


def test_no_data_key_is_known_that_is_not_durable(tmp_path: Path) -> None:
    first = Room(tmp_path)
    made = first.answers.data_key({"ring": "clinical"})
    # As after a crash: nothing is closed, and another process reads the files.
    second = Room(tmp_path, writer="gateway-b")

    assert second.answers.open_key({"kid": made["kid"]})["key"] == made["key"]


def test_no_key_is_readable_in_what_is_stored(room: Room) -> None:
    made = room.answers.data_key({"ring": "clinical"})
    room.holder.close()
    plain = base64.b64decode(made["key"])

    for file in room.folder.iterdir():
        stored = file.read_bytes()
        assert plain not in stored
        assert made["key"].encode() not in stored
        assert plain.hex().encode() not in stored
        assert file.stat().st_mode & 0o077 == 0, file


def test_an_expired_data_key_still_opens(room: Room) -> None:
    made = room.answers.data_key({"ring": "clinical"})
    room.time.now += 1000 * HOUR

    assert room.answers.open_key({"kid": made["kid"]})["key"] == made["key"]


@pytest.mark.parametrize(
    "kid", ["", "0" * 32, "0" * 31, "A" * 32, "http://a/", "x" * 10_000, None, 7, ["0" * 32]]
)
def test_a_kid_that_is_nobodys_is_unknown(room: Room, kid: object) -> None:
    room.answers.data_key({"ring": "clinical"})

    assert room.answers.open_key({"kid": kid}) == {"unknown": True}


def test_a_kid_in_capital_letters_is_another_one(room: Room) -> None:
    made = room.answers.data_key({"ring": "clinical"})

    assert room.answers.open_key({"kid": made["kid"].upper() + "\n"}) == {"unknown": True}


def test_the_deterministic_key_is_one_for_all_writers(tmp_path: Path) -> None:
    rooms = [Room(tmp_path, writer=f"gateway-{number}") for number in range(4)]

    with ThreadPoolExecutor(8) as threads:
        asked = [
            threads.submit(rooms[n % 4].answers.deterministic_key, {"ring": "clinical"})
            for n in range(16)
        ]
    found = [one.result() for one in asked]

    assert len({(one["kid"], one["key"]) for one in found}) == 1
    assert found[0]["expires"] is None
    assert len(rooms[0].holder.store.keys("clinical")) == 1


def test_a_deterministic_key_has_the_length_it_was_made_with(room: Room) -> None:
    made = room.answers.deterministic_key({"ring": "clinical", "bytes": 64})

    assert len(base64.b64decode(made["key"])) == 64
    assert room.answers.deterministic_key({"ring": "clinical", "bytes": 64})["key"] == made["key"]
    with pytest.raises(StreamwardError, match="has 64 bytes, not 32"):
        room.answers.deterministic_key({"ring": "clinical"})
    with pytest.raises(StreamwardError, match="has 32 or 64 bytes"):
        room.answers.deterministic_key({"ring": "clinical", "bytes": 16})


def test_a_deterministic_key_that_was_revoked_seals_nothing(room: Room) -> None:
    made = room.answers.deterministic_key({"ring": "clinical"})
    room.keys.revoke(ALICE, "clinical", "stolen", kid=made["kid"])

    with pytest.raises(KeyRefused, match="the deterministic key of the ring `clinical` is revoked"):
        room.answers.deterministic_key({"ring": "clinical"})

    room.keys.restore(ALICE, "clinical", "found", kid=made["kid"])
    assert room.answers.deterministic_key({"ring": "clinical"}) == made


@pytest.mark.parametrize("question", ["data_key", "deterministic_key"])
@pytest.mark.parametrize(
    ("change", "why"), [("revoke", "is revoked"), ("rotate", "was rotated meanwhile")]
)
def test_no_key_is_made_for_a_ring_that_was_changed_meanwhile(
    room: Room, monkeypatch: pytest.MonkeyPatch, question: str, change: str, why: str
) -> None:
    room.answers.data_key({"ring": "clinical"})
    other = Room(room.folder, room.time, writer="gateway-b")
    wrap = LocalFile.wrap

    def meanwhile(provider: LocalFile, *arguments: Any) -> Any:
        wrapped = wrap(provider, *arguments)
        monkeypatch.undo()
        if change == "revoke":
            other.keys.revoke(ALICE, "clinical", "stolen")
        else:
            other.keys.rotate(ALICE, "clinical")
        return wrapped

    monkeypatch.setattr(LocalFile, "wrap", meanwhile)
    with pytest.raises(KeyRefused, match=why):
        room.answers.answerers()[question]({"ring": "clinical"})

    assert len(room.holder.store.keys("clinical")) == 1
    other.holder.close()


def test_a_key_of_another_length_than_it_was_made_with_is_not_given(room: Room) -> None:
    kid = room.answers.data_key({"ring": "clinical"})["kid"]
    with sqlite3.connect(room.database) as database:
        database.execute("update data_key set key_bytes = 64")
    database.close()

    with pytest.raises(KeyRefused, match="has another length"):
        room.answers.open_key({"kid": kid})


def test_a_ring_that_nobody_declares_gives_nothing(room: Room) -> None:
    made = room.answers.data_key({"ring": "clinical"})

    with pytest.raises(NotFound, match="declares no KeyRing `other`"):
        room.answers.data_key({"ring": "other"})
    room.holder.configure(room.settings(ring("other")))
    assert room.answers.open_key({"kid": made["kid"]}) == {"unknown": True}
    room.holder.configure(None)
    with pytest.raises(NoRings):
        room.answers.data_key({"ring": "clinical"})


def test_a_wrapped_key_that_was_moved_or_changed_does_not_open(room: Room) -> None:
    one, other = (room.answers.data_key({"ring": "clinical"}) for _ in range(2))
    wrapped = room.key(one["kid"]).wrapped
    assert wrapped is not None
    database = sqlite3.connect(room.database)

    for stored in (wrapped, wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"", wrapped[:5]):
        with database:
            database.execute(
                "update data_key set wrapped = ? where kid = ?", (stored, other["kid"])
            )
        with pytest.raises(KeyRefused, match="was changed"):
            room.answers.open_key({"kid": other["kid"]})
    with database:
        database.execute("update data_key set ring_version = 2 where kid = ?", (one["kid"],))
    with pytest.raises(KeyRefused, match="was changed"):
        room.answers.open_key({"kid": one["kid"]})


def test_opening_is_remembered_to_the_hour(room: Room) -> None:
    made = room.answers.data_key({"ring": "clinical"})
    assert room.key(made["kid"]).opened is None

    room.answers.open_key({"kid": made["kid"]})
    room.time.now += HOUR // 2
    room.answers.open_key({"kid": made["kid"]})
    assert room.key(made["kid"]).opened == NOW
    room.time.now += HOUR
    room.answers.open_key({"kid": made["kid"]})
    assert room.key(made["kid"]).opened == NOW + HOUR + HOUR // 2
