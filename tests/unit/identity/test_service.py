"""The life of stored passwords, over a real store and the code that checks them."""

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streamward.errors import InvalidArgument, NotFound, Unavailable
from streamward.identity.cipher import ColumnCipher, decoy_key, read_key
from streamward.identity.credential import State, StoredCredential, StoreUnavailable
from streamward.identity.service import IdentityService, Issued, NoStore, Settings, Wanted
from streamward.identity.store import CredentialStore, open_store
from streamward.model.credentials import CredentialClass
from streamward.model.entries import Caller
from streamward.secrets import Secret
from tests.support.log import MemoryLog
from tests.support.ocsf import problems

NOW = 1_767_571_200_000
DAY = 86_400_000
BY = Caller(principal="oncall", mechanism="unix", credential="oncall-login")
SHORT = CredentialClass(
    name="short", lifetime="30d", warn_before="7d", overlap="1h", unused_after="10d"
)
STRICT = CredentialClass(name="strict", unused_after="10d", disable_unused=True)


class Enforcer:
    """Remembers what connections would have felt."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.restored: list[str] = []
        self.forgotten = 0

    async def end(self, credential: str, owner: str, reason: str) -> None:
        self.ended.append(credential)

    async def restore(self, credential: str, owner: str, reason: str) -> None:
        self.restored.append(credential)

    async def forget(self) -> None:
        self.forgotten += 1


def make_verifier(password: bytes, iterations: int, mechanism: str, salt: bytes) -> str:
    from streamward import _core

    return _core.password_verifier(password, iterations, mechanism, salt)


class House:
    """A service with everything behind it."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.log, self.enforcer = MemoryLog(), Enforcer()
        self.stores: list[CredentialStore] = []
        self.file = folder / "identity.db"
        settings = Settings(
            open_store=self._open,
            identity=("one",),
            iterations=4096,
            classes={one.name: one for one in (SHORT, STRICT)},
            principals=frozenset({"api", "batch"}),
        )
        self.settings = settings
        self.service = IdentityService(
            self.log, self.enforcer, make_verifier, settings, lambda: self.now
        )

    def _open(self) -> CredentialStore:
        self.stores.append(open_store(None, self.file, ColumnCipher(Secret(b"k" * 32))))
        return self.stores[-1]

    def add(self, principal: str = "api", **wanted: Any) -> Issued:
        return asyncio.run(self.service.add(BY, Wanted(principal, **wanted)))

    def changes(self) -> list[tuple[str, str]]:
        found = self.log.of_kind("account_change")
        return [(one["credential"], one["account"]["change"]) for one in found]

    def state(self, identifier: str) -> State:
        return self.service.store.get(identifier).state(self.now)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.service.close()


def test_a_password_is_made_shown_once_and_entered(house: House) -> None:
    issued = house.add(id="api-1", class_name="short")

    credential = issued.credential
    assert len(issued.password.value) >= 43
    assert repr(issued.password) == "***"
    assert (credential.created, credential.expires) == (NOW, NOW + 30 * DAY)
    assert house.service.store.get("api-1") == credential
    assert all(issued.password.value not in one.value for one in credential.verifiers)
    assert house.changes() == [("api-1", "added")]
    assert not any(issued.password.value in leaf for leaf in house.log.leaves)
    assert house.enforcer.forgotten == 1


def test_every_entry_is_a_valid_event(house: House) -> None:
    import json

    house.add(id="api-1", class_name="short")
    asyncio.run(house.service.rotate(BY, "api-1"))
    asyncio.run(house.service.disable(BY, "api-1", "left"))
    asyncio.run(house.service.enable(BY, "api-1", "back"))
    asyncio.run(house.service.revoke(BY, "api-1", "left for good"))
    asyncio.run(house.service.remove(BY, "api-1", "cleared"))
    house.now += 25 * DAY
    asyncio.run(house.service.keep())

    changes = {change for _, change in house.changes()}
    assert changes == {
        "added", "rotated", "disabled", "enabled", "revoked", "removed", "expiring", "unused",
    }  # fmt: skip
    for leaf in house.log.leaves:
        document = json.loads(leaf)
        document["metadata"].setdefault("extensions", [{"name": "streaming", "version": "1.0.0"}])
        assert problems(document) == []


def test_two_that_hold_at_once_are_asked_for_with_one_salt(house: House) -> None:
    first = house.add().credential
    second = asyncio.run(house.service.rotate(BY, first.id)).credential
    other = house.add("batch").credential

    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
        assert first.challenge(mechanism) == second.challenge(mechanism)
        assert first.challenge(mechanism) != other.challenge(mechanism)
    # Once nothing holds any longer, the next one gets a salt of its own.
    for one in (first, second):
        asyncio.run(house.service.revoke(BY, one.id, "end"))
    third = house.add().credential
    assert third.challenge("SCRAM-SHA-256") != first.challenge("SCRAM-SHA-256")


def test_a_rotation_ends_the_old_one_after_the_overlap(house: House) -> None:
    old = house.add(class_name="short").credential

    new = asyncio.run(house.service.rotate(BY, old.id)).credential

    assert house.state(old.id) is State.ACTIVE
    assert house.service.store.get(old.id).successor == new.id
    assert new.expires == NOW + 30 * DAY
    with pytest.raises(InvalidArgument, match="rotated already"):
        asyncio.run(house.service.rotate(BY, old.id))
    house.now += 3_600_000
    assert house.state(old.id) is State.EXPIRED
    assert house.state(new.id) is State.ACTIVE
    asyncio.run(house.service.keep())
    assert house.enforcer.ended == [old.id]
    assert house.state(old.id) is State.DISABLED


def test_an_overlap_lets_nobody_in_beyond_the_end_that_was_declared(house: House) -> None:
    old = house.add(class_name="short", expires=NOW + 60_000).credential
    asyncio.run(house.service.rotate(BY, old.id))
    assert house.service.store.get(old.id).expires == NOW + 60_000
    assert house.service.store.get(old.id).successor is not None


def test_only_a_password_that_holds_is_rotated(house: House) -> None:
    """Else whoever was shut out would get in again by another one."""
    asyncio.run(house.service.disable(BY, house.add(id="api-1").credential.id, "on leave"))
    house.add(id="api-2", expires=NOW + 5)
    house.add(id="api-3", not_before=NOW + DAY)
    house.now += 5
    for identifier, why in (("api-1", "disabled"), ("api-2", "expired"), ("api-3", "early")):
        with pytest.raises(InvalidArgument, match=f"is {why}; add another one"):
            asyncio.run(house.service.rotate(BY, identifier))
    assert len(asyncio.run(house.service.list())) == 3


def test_the_data_plane_forgets_what_was_ended(house: House) -> None:
    for verb in ("disable", "enable", "revoke", "remove"):
        if verb == "disable":
            house.add(id="api-1")
        before = house.enforcer.forgotten
        asyncio.run(getattr(house.service, verb)(BY, "api-1", "why"))
        assert house.enforcer.forgotten == before + 1, verb


def test_what_another_gateway_has_ended_meanwhile_is_no_trouble(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.add(id="api-1", expires=NOW + 5)
    asyncio.run(house.service.revoke(BY, "api-1", "left"))
    house.now += 5
    found = iter([("api-1", NOW + 5), None])
    monkeypatch.setattr(house.service.store, "next_end", lambda: next(found))
    assert asyncio.run(house.service.end_what_is_over()) is None
    assert house.state("api-1") is State.REVOKED


def test_as_much_is_decrypted_for_whoever_is_not_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.add(id="api-1")
    decoys: list[None] = []
    monkeypatch.setattr(house.service.store, "decrypt_decoy", lambda: decoys.append(None))
    for principal, count in (("api", 3), ("nobody", 4)):
        decoys.clear()
        house.service.passwords(principal)
        assert len(decoys) == count


def test_a_rotation_without_overlap_is_felt_at_once(house: House) -> None:
    old = house.add().credential
    asyncio.run(house.service.rotate(BY, old.id, 0))
    assert house.enforcer.ended == [old.id]
    assert house.state(old.id) is State.EXPIRED


def test_what_is_disabled_can_come_back_and_what_is_revoked_can_not(house: House) -> None:
    house.add(id="api-1")
    asyncio.run(house.service.disable(BY, "api-1", "on leave"))
    assert (house.state("api-1"), house.enforcer.ended) == (State.DISABLED, ["api-1"])
    with pytest.raises(InvalidArgument, match="disabled already"):
        asyncio.run(house.service.disable(BY, "api-1", "again"))
    asyncio.run(house.service.enable(BY, "api-1", "back"))
    assert (house.state("api-1"), house.enforcer.restored) == (State.ACTIVE, ["api-1"])
    with pytest.raises(InvalidArgument, match="revoke it first"):
        asyncio.run(house.service.remove(BY, "api-1", "gone"))
    assert house.state("api-1") is State.ACTIVE
    asyncio.run(house.service.revoke(BY, "api-1", "lost"))
    assert house.state("api-1") is State.REVOKED
    for verb in (house.service.enable, house.service.disable, house.service.revoke):
        with pytest.raises(InvalidArgument):
            asyncio.run(verb(BY, "api-1", "no"))
    asyncio.run(house.service.remove(BY, "api-1", "gone"))
    with pytest.raises(NotFound):
        house.service.store.get("api-1")


def test_what_is_not_entered_does_not_happen(house: House) -> None:
    house.add(id="api-1")
    house.log.failing = True
    for step in (
        lambda: house.add(id="api-2"),
        lambda: asyncio.run(house.service.rotate(BY, "api-1")),
        lambda: asyncio.run(house.service.revoke(BY, "api-1", "lost")),
        lambda: asyncio.run(house.service.disable(BY, "api-1", "lost")),
    ):
        with pytest.raises(Unavailable, match="log is full"):
            step()
    assert [one.id for one in house.service.store.all()] == ["api-1"]
    assert house.state("api-1") is State.ACTIVE
    assert house.enforcer.ended == []


@pytest.mark.parametrize(
    ("verb", "entered"),
    [
        ("rotate", ["rotated", "added", "added", "rotated"]),
        ("revoke", ["revoked", "revoked"]),
        ("enable", ["enabled", "enabled"]),
    ],
)
def test_what_the_store_can_not_keep_is_taken_back_in_the_log(
    house: House, monkeypatch: pytest.MonkeyPatch, verb: str, entered: list[str]
) -> None:
    house.add(id="api-1")
    if verb == "enable":
        asyncio.run(house.service.disable(BY, "api-1", "on leave"))
    before, state = len(house.changes()), house.state("api-1")
    transaction = house.service.store.transaction

    @contextmanager
    def unkept() -> Iterator[Any]:
        with transaction() as begun:
            yield begun
            raise StoreUnavailable("the database went away")

    monkeypatch.setattr(house.service.store, "transaction", unkept)
    house.enforcer.ended.clear()
    words = [] if verb == "rotate" else ["why"]
    with pytest.raises(StoreUnavailable):
        asyncio.run(getattr(house.service, verb)(BY, "api-1", *words))

    assert [change for _, change in house.changes()[before:]] == entered
    leaves = [json.loads(leaf) for leaf in house.log.leaves[before:]]
    kept = [leaf["status_id"] for leaf in leaves]
    assert kept == [1] * (len(entered) // 2) + [2] * (len(entered) // 2)
    assert all("did not happen" in leaf["streaming"]["reason"] for leaf in leaves[len(kept) // 2 :])
    assert {wrong for leaf in leaves for wrong in problems(leaf)} == set()
    assert house.state("api-1") is state
    assert house.enforcer.ended == []


def test_an_end_that_was_brought_forward_is_felt_when_it_comes(house: House) -> None:
    house.add(id="api-1")
    house.add(id="batch-1", principal="batch", expires=NOW + 9_000)
    asyncio.run(house.service.rotate(BY, "api-1", 5_000))
    assert asyncio.run(house.service.end_what_is_over()) == NOW + 5_000
    house.now += 5_000
    assert asyncio.run(house.service.end_what_is_over()) == NOW + 9_000
    assert house.enforcer.ended == ["api-1"]
    house.now += 4_000
    assert asyncio.run(house.service.end_what_is_over()) is None
    assert house.enforcer.ended == ["api-1", "batch-1"]


def test_what_has_no_meaning_is_refused(house: House) -> None:
    for _ in range(4):
        house.add()
    with pytest.raises(InvalidArgument, match="4 passwords already"):
        house.add()
    with pytest.raises(NotFound, match="no principal `nobody`"):
        house.add("nobody")
    with pytest.raises(NotFound, match="no CredentialClass `long`"):
        house.add("batch", class_name="long")
    with pytest.raises(InvalidArgument, match="before it begins"):
        house.add("batch", expires=NOW)
    for start, end in ((NOW + 2, NOW + 1), (NOW - 9, NOW - 1), (NOW - 9, NOW)):
        with pytest.raises(InvalidArgument, match="before it begins"):
            house.add("batch", not_before=start, expires=end)
    with pytest.raises(NotFound):
        asyncio.run(house.service.revoke(BY, "nothing", "x"))


def test_time_warns_once_and_then_ends(house: House) -> None:
    house.add(id="api-1", class_name="short")
    house.service.store.used({"api-1": NOW + 29 * DAY})
    house.now += 23 * DAY
    asyncio.run(house.service.keep())
    asyncio.run(house.service.keep())
    house.now += 7 * DAY
    asyncio.run(house.service.keep())
    asyncio.run(house.service.keep())
    assert house.changes()[1:] == [("api-1", "expiring"), ("api-1", "disabled")]
    assert house.enforcer.ended == ["api-1"]


def test_what_nobody_uses_is_reported_or_ended(house: House) -> None:
    house.add(id="api-1", class_name="short")
    house.add(id="api-2", class_name="strict")
    house.add(id="api-3")
    house.add("batch", id="batch-1", class_name="strict")
    house.service.store.used({"batch-1": NOW + 9 * DAY})
    house.now += 10 * DAY
    for _ in range(2):
        asyncio.run(house.service.keep())
    assert house.changes()[4:] == [("api-1", "unused"), ("api-2", "disabled")]


def test_the_data_plane_is_told_what_holds_first(house: House) -> None:
    for number in range(3):
        house.add(id=f"old-{number}")
        asyncio.run(house.service.revoke(BY, f"old-{number}", "end"))
    for number in range(3):
        house.now += 1
        house.add(id=f"new-{number}")

    told = house.service.passwords("api")["credentials"]

    assert [one["id"] for one in told[:3]] == ["new-2", "new-1", "new-0"]
    assert [one["disabled"] for one in told] == [False, False, False, True]
    assert house.service.passwords("nobody") == {"credentials": []}
    # What has ended does not push out what holds, however much later it was made.
    for number in range(4):
        house.now += 1
        late = house.add("batch", id=f"late-{number}").credential
        if number:
            asyncio.run(house.service.revoke(BY, late.id, "end"))
    house.now += 1
    asyncio.run(house.service.revoke(BY, house.add("batch", id="late-4").credential.id, "end"))
    told = house.service.passwords("batch")["credentials"]
    assert [one["id"] for one in told] == ["late-0", "late-4", "late-3", "late-2"]


def test_the_data_plane_is_told_all_that_keeps_a_password_from_letting_in() -> None:
    one = StoredCredential("x", "api", None, (Secret(b"v"),), NOW, NOW + 5, NOW + 9)
    told = one.answer()
    assert told == {
        "id": "x",
        "verifiers": ["v"],
        "not_before": NOW + 5,
        "expires": NOW + 9,
        "disabled": False,
        "issued": NOW,
    }
    for ended in (replace(one, disabled=NOW), replace(one, revoked=True)):
        assert ended.answer() == told | {"disabled": True}
    at = {time: one.state(NOW + time) for time in (4, 5, 8, 9)}
    assert at == {4: State.EARLY, 5: State.ACTIVE, 8: State.ACTIVE, 9: State.EXPIRED}
    for time in (4, 5, 9):
        assert replace(one, disabled=NOW).state(NOW + time) is State.DISABLED
        assert replace(one, disabled=NOW, revoked=True).state(NOW + time) is State.REVOKED


def test_a_store_that_is_down_is_left_alone_for_a_moment(house: House) -> None:
    opened = 0

    def broken() -> CredentialStore:
        nonlocal opened
        opened += 1
        raise StoreUnavailable("down")

    house.service.configure(replace(house.settings, open_store=broken, identity=("two",)))
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            house.service.passwords("api")
    assert opened == 1
    house.now += 1_000
    with pytest.raises(StoreUnavailable):
        house.service.passwords("api")
    assert opened == 2
    house.service.configure(house.settings)
    assert house.service.passwords("api") == {"credentials": []}


def test_a_store_that_does_not_answer_is_not_asked_again_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each question may take seconds, and there may be many."""
    asked = 0

    def away(principal: str) -> list[StoredCredential]:
        nonlocal asked
        asked += 1
        raise StoreUnavailable("down")

    with monkeypatch.context() as patch:
        patch.setattr(house.service.store, "of_principal", away)
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                house.service.passwords("api")
    assert asked == 1
    with pytest.raises(StoreUnavailable):
        house.service.passwords("api")
    house.now += 1_000
    assert house.service.passwords("api") == {"credentials": []}


def test_without_a_store_there_is_nothing_to_ask(house: House) -> None:
    house.service.configure(None)
    assert not house.service.declared
    assert not house.service.knows("api-1")
    with pytest.raises(NoStore):
        house.add()


def test_a_key_is_32_bytes_in_base64_and_leads_to_others() -> None:
    key = read_key(Secret(base64.b64encode(b"k" * 32) + b"\n"))
    assert key.value == b"k" * 32
    assert decoy_key(key).value != key.value
    for wrong in (b"", b"no base64!", base64.b64encode(b"k" * 31)):
        with pytest.raises(InvalidArgument, match="32 bytes"):
            read_key(Secret(wrong))
