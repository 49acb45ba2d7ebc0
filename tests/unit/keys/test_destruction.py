"""Crypto-shredding: asked for, waited for, approved by somebody else, done, proved."""

import sqlite3
from collections.abc import Mapping
from typing import Any

import pytest

from streamward.errors import InvalidArgument, NotPermitted, StreamwardError
from streamward.keys.data_key import KeyState, Ring
from streamward.keys.destruction import PartitionPreview, StreamPreview, digest
from streamward.keys.hygiene import hygiene
from streamward.keys.ports import Destroyed, KeyRefused, KeyUnavailable
from streamward.keys.providers.local_file import LocalFile
from streamward.model.entries import Caller
from tests.unit.keys.conftest import HOUR, Room, ring

ALICE, BOB = Caller("alice"), Caller("bob")


def declared(room: Room, **fields: object) -> None:
    wanted: Mapping[str, Any] = {"destruction": {"wait": "2h"}} | fields
    room.holder.configure(room.settings(ring(**wanted)))


def test_a_ring_is_destroyed_after_its_waiting_time(room: Room) -> None:
    declared(room)
    made = [room.answers.data_key({"ring": "clinical"}) for _ in range(3)]
    wrapped = [room.key(one["kid"]).wrapped for one in made]
    room.answers.deterministic_key({"ring": "clinical"})

    asked = room.destruction.ask(ALICE, "clinical", "the study is over")

    assert asked.state == "condemned"
    assert asked.ring is not None
    assert asked.ring.due == room.time.now + 2 * HOUR
    assert room.forgotten == ["clinical"], "the data plane has let go of its keys"
    assert room.answers.open_key({"kid": made[0]["kid"]}) == {"unknown": True}
    with pytest.raises(KeyRefused, match="to be destroyed"):
        room.answers.data_key({"ring": "clinical"})
    room.time.now += 2 * HOUR - 1
    room.destruction.finish_due()
    with pytest.raises(InvalidArgument, match="waits another"):
        room.destruction.finish(ALICE, "clinical")
    room.time.now += 1
    room.destruction.finish_due()

    report = room.keys.show("clinical")
    assert report.state == "destroyed"
    assert {key.state for key in report.keys} == {KeyState.SHREDDED}
    assert room.log.changes == ["condemned", "destroying", "destroyed"]
    proof = room.log.entries[-1]["streaming"]["key"]
    assert (proof["data_keys"], proof["kids"]) == (4, digest(report.keys))
    # Nothing that could open a record is left, in the store (while it runs on) or at the provider.
    stored = b"".join(file.read_bytes() for file in room.folder.iterdir())
    assert not [one for one in wrapped if one is None or one in stored]
    assert b"versions" in stored
    assert b'"versions":[]' in stored


def test_nothing_brings_a_destroyed_ring_back(room: Room) -> None:
    declared(room)
    made = room.answers.data_key({"ring": "clinical"})
    wrapped = room.key(made["kid"]).wrapped
    room.destruction.ask(ALICE, "clinical", "over")
    room.time.now += 2 * HOUR
    room.destruction.finish_due()

    assert room.answers.open_key({"kid": made["kid"]}) == {"unknown": True}
    for verb in (room.keys.restore, room.keys.revoke, room.destruction.ask):
        with pytest.raises(InvalidArgument, match="is destroyed"):
            verb(ALICE, "clinical", "back")
    with pytest.raises(InvalidArgument, match="is shredded already"):
        room.keys.restore(ALICE, "clinical", "back", kid=made["kid"])
    assert room.key(made["kid"]).state is KeyState.SHREDDED
    with pytest.raises(KeyRefused, match="is destroyed"):
        room.answers.data_key({"ring": "clinical"})
    # Not even a backup of the database, while the provider's key is gone.
    with sqlite3.connect(room.database) as database:
        database.execute("update key_ring set state = 'active'")
        database.execute("update data_key set state = 'active', wrapped = ?", (wrapped,))
    database.close()
    with pytest.raises(KeyRefused, match="was destroyed"):
        room.answers.open_key({"kid": made["kid"]})
    with sqlite3.connect(room.database) as database:
        database.execute("delete from key_ring")
    database.close()
    with pytest.raises(KeyRefused, match="no other one takes its name"):
        room.answers.data_key({"ring": "clinical"})


def test_two_persons_where_the_bundle_says_so(room: Room) -> None:
    declared(room, destruction={"wait": "2h", "approvals": 2})
    room.answers.data_key({"ring": "clinical"})
    with pytest.raises(InvalidArgument, match="nobody has asked"):
        room.destruction.approve(BOB, "clinical")
    room.destruction.ask(ALICE, "clinical", "over")
    room.time.now += 3 * HOUR

    room.destruction.finish_due()
    with pytest.raises(
        InvalidArgument, match="waits for the approval of somebody else than `alice`"
    ):
        room.destruction.finish(BOB, "clinical")
    with pytest.raises(NotPermitted, match="somebody else must approve"):
        room.destruction.approve(ALICE, "clinical")
    assert room.keys.show("clinical").state == "condemned"

    room.destruction.approve(BOB, "clinical")
    with pytest.raises(InvalidArgument, match="no further approval"):
        room.destruction.approve(Caller("carol"), "clinical")
    room.destruction.finish_due()
    assert room.keys.show("clinical").state == "destroyed"
    assert [entry["streaming"].get("principal") for entry in room.log.entries] == [
        "alice",
        "bob",
        None,
        None,
    ]


def test_an_approval_does_not_outlive_what_it_was_for(room: Room) -> None:
    declared(room, destruction={"wait": "2h", "approvals": 2})
    room.answers.data_key({"ring": "clinical"})
    room.destruction.ask(ALICE, "clinical", "over")
    room.destruction.approve(BOB, "clinical")
    restored = room.keys.restore(ALICE, "clinical", "not over").ring
    assert restored is not None
    assert (restored.due, restored.requested_by, restored.approved_by) == (None, None, None)
    room.destruction.ask(ALICE, "clinical", "over after all")
    room.time.now += 3 * HOUR

    room.destruction.finish_due()

    assert room.keys.show("clinical").state == "condemned"


def test_a_legal_hold_stops_it_at_each_step(room: Room) -> None:
    declared(room, legal_hold=True)
    made = room.answers.data_key({"ring": "clinical"})
    with pytest.raises(InvalidArgument, match="under legal hold"):
        room.destruction.ask(ALICE, "clinical", "over")
    declared(room)
    room.destruction.ask(ALICE, "clinical", "over")
    declared(room, legal_hold=True, destruction={"wait": "2h", "approvals": 2})
    with pytest.raises(InvalidArgument, match="under legal hold"):
        room.destruction.approve(BOB, "clinical")
    declared(room, legal_hold=True)
    room.time.now += 3 * HOUR

    room.destruction.finish_due()

    with pytest.raises(InvalidArgument, match="under legal hold"):
        room.destruction.finish(ALICE, "clinical")
    room.keys.restore(ALICE, "clinical", "the court wants it")
    assert room.answers.open_key({"kid": made["kid"]})["key"] == made["key"]


def test_what_a_provider_did_not_do_is_tried_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(room)
    room.answers.data_key({"ring": "clinical"})
    room.destruction.ask(ALICE, "clinical", "over")
    room.time.now += 3 * HOUR
    room.key_file.chmod(0o644)
    room.log.full = True

    room.destruction.finish_due()
    assert room.keys.show("clinical").state == "condemned"
    room.log.full = False
    room.key_file.chmod(0o600)
    room.destruction.finish_due()

    assert room.keys.show("clinical").state == "destroyed"


def test_a_preview_says_what_goes(room: Room) -> None:
    room.answers.data_key({"ring": "clinical"})
    part = PartitionPreview(0, (("0", "41"),), 42)
    room.written = (StreamPreview("visits", (part,)),)

    found = room.destruction.preview("clinical")

    assert (found.data_keys, found.streams[0].records) == (1, 42)
    with pytest.raises(StreamwardError):
        room.destruction.preview("nobody's")


def test_a_destruction_that_has_begun_is_not_taken_back_on_another_gateway(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(room)
    made = room.answers.data_key({"ring": "clinical"})
    room.destruction.ask(ALICE, "clinical", "over")
    other = Room(room.folder, room.time, writer="gateway-b")
    room.time.now += 2 * HOUR
    destroy = LocalFile.destroy
    refused: list[StreamwardError] = []

    def meanwhile(provider: LocalFile, key: str) -> Destroyed:
        if not refused:
            with pytest.raises(InvalidArgument, match="is destroying") as told:
                other.keys.restore(BOB, "clinical", "not over")
            refused.append(told.value)
            # The other gateway's own look finds the same, and finishes it.
            other.destruction.finish_due()
        return destroy(provider, key)

    monkeypatch.setattr(LocalFile, "destroy", meanwhile)
    report = room.destruction.finish(ALICE, "clinical")

    assert refused
    assert (report.state, other.keys.show("clinical").state) == ("destroyed", "destroyed")
    assert room.answers.open_key({"kid": made["kid"]}) == {"unknown": True}
    # One beginning and one proof, whoever gave it.
    assert room.log.changes == ["condemned", "destroying"]
    assert other.log.changes == ["destroyed"]
    other.holder.close()


def test_what_was_restored_meanwhile_is_not_destroyed(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(room)
    made = room.answers.data_key({"ring": "clinical"})
    room.destruction.ask(ALICE, "clinical", "over")
    other = Room(room.folder, room.time, writer="gateway-b")
    room.time.now += 2 * HOUR
    used = room.keys.used

    def looked(name: str) -> Ring:
        found = used(name)
        other.keys.restore(BOB, name, "not over")
        return found

    monkeypatch.setattr(room.keys, "used", looked)
    with pytest.raises(InvalidArgument, match="nobody has asked"):
        room.destruction.finish(ALICE, "clinical")

    assert room.answers.open_key({"kid": made["kid"]})["key"] == made["key"]
    other.holder.close()


def test_a_destruction_that_was_broken_off_goes_on(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> Destroyed:
        raise KeyUnavailable("the provider does not answer")

    declared(room)
    room.answers.data_key({"ring": "clinical"})
    room.destruction.ask(ALICE, "clinical", "over")
    room.time.now += 2 * HOUR
    with monkeypatch.context() as patch:
        patch.setattr(LocalFile, "destroy", away)
        room.destruction.finish_due()
        assert room.keys.show("clinical").state == "destroying"
        with pytest.raises(KeyRefused, match="being destroyed"):
            room.answers.data_key({"ring": "clinical"})
        assert next(one.what for one in hygiene(room.keys.show("clinical"), room.time.now)) == (
            "its destruction has begun and is not done"
        )
    declared(room, legal_hold=True)
    room.destruction.finish_due()
    assert room.keys.show("clinical").state == "destroying", "a hold stops also what has begun"
    declared(room)
    room.destruction.finish_due()

    assert room.keys.show("clinical").state == "destroyed"
    assert room.log.changes == ["condemned", "destroying", "destroyed"]


def test_a_weaker_bundle_does_not_weaken_what_was_asked_for_under_a_stronger(room: Room) -> None:
    declared(room, destruction={"wait": "2h", "approvals": 2})
    room.answers.data_key({"ring": "clinical"})
    asked = room.destruction.ask(ALICE, "clinical", "over")
    declared(room, destruction={"wait": "1s", "approvals": 1})

    with pytest.raises(InvalidArgument, match="waits for the approval of somebody else"):
        room.destruction.finish(ALICE, "clinical")
    with pytest.raises(NotPermitted, match="somebody else must approve"):
        room.destruction.approve(ALICE, "clinical")
    room.destruction.approve(BOB, "clinical")
    with pytest.raises(InvalidArgument, match="waits another"):
        room.destruction.finish(ALICE, "clinical")

    assert asked.ring is not None
    assert asked.ring.approvals_needed == 2


def test_a_bundle_that_asks_for_a_second_person_later_is_obeyed(room: Room) -> None:
    declared(room)
    room.answers.data_key({"ring": "clinical"})
    room.destruction.ask(ALICE, "clinical", "over")
    with pytest.raises(InvalidArgument, match="no further approval"):
        room.destruction.approve(BOB, "clinical")
    declared(room, destruction={"wait": "2h", "approvals": 2})
    room.time.now += 3 * HOUR

    with pytest.raises(InvalidArgument, match="waits for the approval of somebody else"):
        room.destruction.finish(ALICE, "clinical")

    room.destruction.approve(BOB, "clinical")
    assert room.destruction.finish(ALICE, "clinical").state == "destroyed"


def test_nobody_approves_what_they_have_asked_for_meanwhile_on_another_gateway(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(room, destruction={"wait": "2h", "approvals": 2})
    room.answers.data_key({"ring": "clinical"})
    room.destruction.ask(ALICE, "clinical", "over")
    other = Room(room.folder, room.time, writer="gateway-b")
    declared(other, destruction={"wait": "2h", "approvals": 2})
    used = room.keys.used

    def looked(name: str) -> Ring:
        found = used(name)
        other.keys.restore(ALICE, name, "not over")
        other.destruction.ask(BOB, name, "over, I say")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(room.keys, "used", looked)
        with pytest.raises(InvalidArgument, match="was changed meanwhile"):
            room.destruction.approve(BOB, "clinical")

    ring_of_bob = room.keys.show("clinical").ring
    assert ring_of_bob is not None
    assert (ring_of_bob.requested_by, ring_of_bob.approved_by) == ("bob", None)
    assert room.log.changes == ["condemned"]
    other.holder.close()


def test_a_rotation_brings_no_key_back_that_was_destroyed_meanwhile(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(room)
    kid = room.answers.data_key({"ring": "clinical"})["kid"]
    other = Room(room.folder, room.time, writer="gateway-b")
    declared(other)
    wrap = LocalFile.wrap

    def meanwhile(provider: LocalFile, *arguments: Any) -> Any:
        wrapped = wrap(provider, *arguments)
        other.destruction.ask(ALICE, "clinical", "over")
        room.time.now += 2 * HOUR
        other.destruction.finish_due()
        return wrapped

    monkeypatch.setattr(LocalFile, "wrap", meanwhile)
    room.keys.rotate(BOB, "clinical")

    assert other.log.changes == ["condemned", "destroying", "destroyed"]
    assert (room.key(kid).state, room.key(kid).wrapped) == (KeyState.SHREDDED, None)
    assert "is not active any more" in room.log.entries[-1]["streaming"]["reason"]
    other.holder.close()


def test_every_key_that_ever_wrapped_something_of_a_ring_is_destroyed(room: Room) -> None:
    declared(room)
    made = room.answers.data_key({"ring": "clinical"})
    before = room.key(made["kid"])
    declared(room, provider="other", key="elsewhere")
    room.keys.rotate(ALICE, "clinical")
    room.destruction.ask(ALICE, "clinical", "over")
    room.time.now += 2 * HOUR

    room.destruction.finish_due()

    # A backup of the store of before holds the data key as it was wrapped then.
    provider = room.holder.provider("local")
    with pytest.raises(KeyRefused, match="was destroyed"):
        provider.unwrap(before.provider_key, before.under, before.context)
    with pytest.raises(KeyRefused, match="was destroyed"):
        room.holder.provider("other").health("elsewhere")


def test_a_key_that_another_ring_uses_too_is_kept_and_told(room: Room) -> None:
    """Stores of an older release may hold such rings; the other one may be under legal hold."""
    room.holder.configure(room.settings(ring(destruction={"wait": "2h"}), ring("held")))
    for name in ("clinical", "held"):
        room.answers.data_key({"ring": name})
    with sqlite3.connect(room.database) as database:
        database.execute(
            "update key_place set provider_key = 'key-of-clinical ' where ring = 'held'"
        )
        database.execute("update key_place set ring = 'held' where ring = 'clinical'")
    database.close()
    room.destruction.ask(ALICE, "clinical", "over")
    room.keys.holder.provider("local").enable("key-of-clinical")
    room.time.now += 2 * HOUR

    room.destruction.finish_due()

    assert room.keys.show("clinical").state == "destroyed"
    assert {key.state for key in room.keys.show("clinical").keys} == {KeyState.SHREDDED}
    assert "is kept: it is that of `held` too" in room.log.entries[-1]["streaming"]["reason"]
    room.holder.provider("local").health("key-of-clinical")
