"""Rotation re-wraps, revocation closes at once and can be taken back; each with its entry."""

import sqlite3
from dataclasses import replace

import pytest

from streamward.errors import InvalidArgument, NotFound, Unavailable
from streamward.keys.answers import KeyAnswers
from streamward.keys.data_key import KeyState, RingState
from streamward.keys.ports import KeyRefused, KeyUnavailable
from streamward.keys.providers.local_file import LocalFile
from streamward.model.entries import Caller
from streamward.model.keys import KeyProvider
from tests.unit.keys.conftest import HOUR, Room, ring

ALICE = Caller("alice")


def test_rotation_wraps_every_key_anew_and_changes_none(room: Room) -> None:
    made = [room.answers.data_key({"ring": "clinical"}) for _ in range(3)]
    fixed = room.answers.deterministic_key({"ring": "clinical"})
    before = {one["kid"]: room.key(one["kid"]).wrapped for one in made}
    room.time.now += HOUR

    report = room.keys.rotate(ALICE, "clinical")

    assert report.ring is not None
    assert (report.ring.version, report.ring.rotated) == (2, room.time.now)
    for one in made:
        key = room.key(one["kid"])
        assert (key.provider_version, key.ring_version) == ("2", 1)
        assert key.wrapped != before[one["kid"]]
        opened = room.answers.open_key({"kid": one["kid"]})
        assert (opened["key"], opened["ring_version"]) == (one["key"], 1)
    assert room.answers.deterministic_key({"ring": "clinical"})["key"] == fixed["key"]
    assert room.answers.data_key({"ring": "clinical"})["ring_version"] == 2
    assert room.log.changes == ["rotating", "rotated", "rewrapped"]
    assert room.log.entries[2]["streaming"]["key"]["data_keys"] == 4
    assert room.forgotten == ["clinical"]


def test_rotation_moves_a_ring_to_the_key_that_the_bundle_names_now(room: Room) -> None:
    made = room.answers.data_key({"ring": "clinical"})
    room.holder.configure(room.settings(ring(provider="other", key="elsewhere")))
    # Until then the old provider goes on.
    assert room.key(room.answers.data_key({"ring": "clinical"})["kid"]).provider == "local"

    room.keys.rotate(ALICE, "clinical")

    assert room.key(made["kid"]).provider == "other"
    room.key_file.unlink()
    assert room.answers.open_key({"kid": made["kid"]})["key"] == made["key"]


def test_a_key_that_cannot_be_wrapped_anew_stays_and_is_told(room: Room) -> None:
    good, bad = (room.answers.data_key({"ring": "clinical"}) for _ in range(2))
    with sqlite3.connect(room.database) as database:
        database.execute("update data_key set wrapped = x'00' where kid = ?", (bad["kid"],))
    database.close()

    room.keys.rotate(ALICE, "clinical")

    assert room.key(good["kid"]).provider_version == "2"
    assert room.key(bad["kid"]).provider_version == "1"
    entry = room.log.entries[-1]
    assert (entry["status_id"], entry["streaming"]["key"]["failed"]) == (2, 1)
    assert bad["kid"] in entry["streaming"]["reason"]
    checked = room.keys.verify()[0]
    assert (checked.opened, [kid for kid, _ in checked.failures]) == (1, [bad["kid"]])
    assert not checked.sound


def test_rotation_comes_by_its_cadence(room: Room) -> None:
    room.holder.configure(room.settings(ring(rotate="30d")))
    room.answers.data_key({"ring": "clinical"})

    room.keys.rotate_due()
    assert room.log.changes == []
    room.time.now += 30 * 24 * HOUR
    room.keys.rotate_due()
    room.keys.rotate_due()

    assert room.log.changes == ["rotating", "rotated", "rewrapped"]
    assert "principal" not in room.log.entries[0]["streaming"]


def test_a_revoked_ring_seals_and_opens_nothing_until_it_is_restored(room: Room) -> None:
    made = room.answers.data_key({"ring": "clinical"})

    room.keys.revoke(ALICE, "clinical", "stolen")

    assert room.forgotten == ["clinical"]
    assert room.answers.open_key({"kid": made["kid"]}) == {"unknown": True}
    for ask in (room.answers.data_key, room.answers.deterministic_key):
        with pytest.raises(KeyRefused, match="the ring `clinical` is revoked"):
            ask({"ring": "clinical"})
    with pytest.raises(InvalidArgument, match="is revoked"):
        room.keys.rotate(ALICE, "clinical")
    with pytest.raises(InvalidArgument, match="revoked already"):
        room.keys.revoke(ALICE, "clinical", "again")
    room.keys.restore(ALICE, "clinical", "found again")
    assert room.answers.open_key({"kid": made["kid"]})["key"] == made["key"]
    assert room.log.changes == ["revoked", "restoring", "restored"]


def test_the_provider_refuses_a_revoked_ring_too(room: Room) -> None:
    made = room.answers.data_key({"ring": "clinical"})
    room.keys.revoke(ALICE, "clinical", "stolen")
    # Whoever writes into the database can't open anything by that.
    with sqlite3.connect(room.database) as database:
        database.execute("update key_ring set state = 'active'")
    database.close()

    with pytest.raises(KeyRefused, match="is disabled"):
        room.answers.open_key({"kid": made["kid"]})


def test_one_data_key_can_be_revoked(room: Room) -> None:
    bad, good = (room.answers.data_key({"ring": "clinical"}) for _ in range(2))

    room.keys.revoke(ALICE, "clinical", "leaked", bad["kid"])

    assert room.answers.open_key({"kid": bad["kid"]}) == {"unknown": True}
    assert room.answers.open_key({"kid": good["kid"]})["key"] == good["key"]
    assert room.forgotten == ["clinical"]
    room.keys.restore(ALICE, "clinical", "it had not", bad["kid"])
    assert room.key(bad["kid"]).state is KeyState.ACTIVE
    with pytest.raises(NotFound, match="has no data key"):
        room.keys.revoke(ALICE, "clinical", "x", "0" * 32)


def test_a_data_key_is_changed_by_the_name_of_its_own_ring_only(room: Room) -> None:
    """Who may revoke and restore is decided by the ring that they name."""
    room.holder.configure(room.settings(ring(), ring("billing")))
    room.answers.data_key({"ring": "clinical"})
    kid = room.answers.data_key({"ring": "billing"})["kid"]

    with pytest.raises(NotFound, match="`clinical` has no data key"):
        room.keys.revoke(ALICE, "clinical", "stolen", kid=kid)
    room.keys.revoke(ALICE, "billing", "stolen", kid=kid)
    with pytest.raises(NotFound, match="`clinical` has no data key"):
        room.keys.restore(ALICE, "clinical", "found", kid=kid)

    assert room.answers.open_key({"kid": kid}) == {"unknown": True}
    assert room.log.changes == ["revoked"]


def test_what_cannot_be_recorded_does_not_happen(room: Room) -> None:
    made = room.answers.data_key({"ring": "clinical"})
    room.log.full = True

    for verb in (room.keys.revoke, room.destruction.ask):
        with pytest.raises(Unavailable):
            verb(ALICE, "clinical", "why")
    with pytest.raises(Unavailable):
        room.keys.revoke(ALICE, "clinical", "why", made["kid"])

    assert room.keys.show("clinical").state == RingState.ACTIVE
    assert room.answers.open_key({"kid": made["kid"]})["key"] == made["key"]


def test_a_ring_of_nobody_or_one_that_was_never_used_is_told(room: Room) -> None:
    with pytest.raises(NotFound, match="never used"):
        room.keys.rotate(ALICE, "clinical")
    with pytest.raises(NotFound, match="declares no KeyRing `other`"):
        room.keys.revoke(ALICE, "other", "x")
    assert [one.state for one in room.keys.rings()] == ["unused"]


def test_what_another_gateway_changed_is_seen_once(room: Room) -> None:
    store = room.holder.store
    made = room.answers.data_key({"ring": "clinical"})
    assert store.changed_since(0) == frozenset()

    room.time.now += 1
    room.keys.revoke(ALICE, "clinical", "leaked", made["kid"])
    room.time.now += 1
    room.keys.rotate(ALICE, "clinical")

    names = {name for name, _ in store.changed_since(0)}
    assert names == {"clinical"}
    assert store.changed_since(room.time.now + 1) == frozenset()


def test_a_provider_is_asked_for_nothing_that_is_not_in_the_log(room: Room) -> None:
    room.answers.data_key({"ring": "clinical"})
    kept = room.key_file.read_bytes()
    room.log.full = True
    with pytest.raises(Unavailable):
        room.keys.rotate(ALICE, "clinical")
    assert room.key_file.read_bytes() == kept, "it made no other version"
    room.log.full = False
    room.keys.revoke(ALICE, "clinical", "stolen")
    kept, room.log.full = room.key_file.read_bytes(), True

    with pytest.raises(Unavailable):
        room.keys.restore(ALICE, "clinical", "found")

    assert room.key_file.read_bytes() == kept, "it is disabled still"


def test_what_a_provider_did_not_do_is_in_the_log_and_tried_again_in_time(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise KeyUnavailable("the provider does not answer")

    room.holder.configure(room.settings(ring(rotate="30d")))
    room.answers.data_key({"ring": "clinical"})
    room.time.now += 30 * 24 * HOUR
    with monkeypatch.context() as patch:
        patch.setattr(LocalFile, "rotate", away)
        patch.setattr(LocalFile, "disable", away)
        room.keys.rotate_due()
        room.keys.rotate_due()
        assert [
            (one["streaming"]["key"]["change"], one["status_id"]) for one in room.log.entries
        ] == [
            ("rotating", 1),
            ("rotated", 2),
        ]
        room.keys.revoke(ALICE, "clinical", "stolen")
        assert room.log.changes[2:] == ["revoked", "revoked"]
        assert "is not disabled" in room.log.entries[-1]["streaming"]["reason"]
        patch.setattr(LocalFile, "enable", away)
        with pytest.raises(KeyUnavailable):
            room.keys.restore(ALICE, "clinical", "found")
        assert room.log.changes[4:] == ["restoring", "restored"]
        assert room.log.entries[-1]["status_id"] == 2
    room.keys.restore(ALICE, "clinical", "found")
    room.time.now += HOUR

    room.keys.rotate_due()

    report = room.keys.show("clinical")
    assert report.ring is not None
    assert report.ring.version == 2


def test_a_key_of_a_provider_is_one_ring_s(room: Room) -> None:
    room.answers.data_key({"ring": "clinical"})
    other = ring("billing", key="key-of-clinical")
    room.holder.configure(room.settings(ring(), other))
    for ask in (room.answers.data_key, room.answers.deterministic_key):
        with pytest.raises(InvalidArgument, match="is that of the ring `clinical`"):
            ask({"ring": "billing"})
    # Nor once the ring has moved away: it wrapped what its backups hold.
    room.holder.configure(room.settings(ring(key="another"), other))
    room.keys.rotate(ALICE, "clinical")
    with pytest.raises(InvalidArgument, match="is that of the ring `clinical`"):
        room.answers.data_key({"ring": "billing"})
    room.holder.configure(room.settings(ring(key="another"), ring("billing")))
    room.answers.data_key({"ring": "billing"})
    room.holder.configure(room.settings(ring(key="another"), ring("billing", key="another")))

    with pytest.raises(InvalidArgument, match="give the ring `billing` one of its own"):
        room.keys.rotate(ALICE, "billing")


def test_two_names_of_one_provider_are_one_provider(room: Room) -> None:
    shared = KeyProvider.model_validate(
        {"name": "x", "type": "local-file", "local_file": {"path": str(room.folder / "one.json")}}
    )
    settings = room.settings(ring(), ring("billing", provider="other", key="key-of-clinical"))
    providers = {
        name: shared.model_copy(update={"name": name, "timeout": 1000 + len(name)})
        for name in ("local", "other")
    }
    room.holder.configure(replace(settings, providers=providers))
    room.answers.data_key({"ring": "clinical"})

    with pytest.raises(InvalidArgument, match="is that of the ring `clinical`"):
        room.answers.data_key({"ring": "billing"})


def test_the_beginning_of_a_ring_is_in_the_log_where_there_is_one(room: Room) -> None:
    answers = KeyAnswers(room.holder, room.time, room.log)
    room.log.full = True
    with pytest.raises(Unavailable):
        answers.data_key({"ring": "clinical"})
    room.log.full = False

    answers.data_key({"ring": "clinical"})
    answers.data_key({"ring": "clinical"})

    assert room.log.changes == ["begun"]
