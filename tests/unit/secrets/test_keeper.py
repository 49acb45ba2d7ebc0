"""Leases, rotations and failing stores, on a clock that the test moves."""

import threading
from pathlib import Path

import pytest

from streamward.secrets import (
    Access,
    MaterialMissing,
    MaterialRefused,
    Secret,
    SecretKeeper,
    SecretUnavailable,
    StoreSettings,
)
from streamward.secrets import patience as patience_module
from streamward.secrets.ports import Lease, Reading
from streamward.secrets.reference import Location

PASSWORD = "vault:corporate/database/creds/gateway#password"
NAME = "vault:corporate/database/creds/gateway#username"
ROOT = Path("/nowhere")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class FakeStore:
    """Makes numbered secrets, with or without a lease; can be down, or refuse to renew."""

    def __init__(self, lease: Lease | None) -> None:
        self.lease, self.longer = lease, lease
        self.made, self.down, self.refuses_renewal, self.same_login = 0, False, False, True
        self.calls: list[str] = []

    def read(self, location: Location) -> Reading:
        self.calls.append("read")
        self._up()
        self.made += 1
        number = str(self.made if self.lease else 1).encode()
        values = {"username": Secret(b"user" + number), "password": Secret(b"word" + number)}
        return Reading(values, number.decode(), self.lease)

    def renew(self, lease: Lease) -> Lease:
        self.calls.append("renew")
        self._up()
        if self.refuses_renewal or self.longer is None:
            raise MaterialRefused("no longer")
        return self.longer

    def revoke(self, lease: Lease) -> None:
        self.calls.append("revoke")
        self._up()

    def tend(self) -> bool:
        same, self.same_login = self.same_login, True
        return same

    def _up(self) -> None:
        if self.down:
            raise SecretUnavailable("down")


class Setting:
    def __init__(self, lease: Lease | None) -> None:
        self.clock, self.store, self.accesses = Clock(), FakeStore(lease), list[Access]()
        self.keeper = SecretKeeper(
            lambda settings: self.store, self.accesses.append, self.clock, lambda: 7
        )
        self.settings = StoreSettings("vault", "corporate", 60.0, 600.0)
        self.keeper.configure([self.settings])

    def value(self, reference: str = PASSWORD) -> bytes:
        return self.keeper.resolve(reference, ROOT).value


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience_module, "BACKOFF_SECONDS_MAX", 0.0)
    monkeypatch.setattr(patience_module, "OPEN_SECONDS", 0.0)


@pytest.fixture
def leased() -> Setting:
    return Setting(Lease("lease-1", 90.0, renewable=True))


@pytest.fixture
def kept() -> Setting:
    return Setting(None)


def test_a_name_and_its_password_come_from_one_lease(leased: Setting) -> None:
    assert (leased.value(NAME), leased.value(PASSWORD)) == (b"user1", b"word1")
    assert leased.store.calls == ["read"]


def test_a_lease_is_renewed_after_two_thirds(leased: Setting) -> None:
    leased.value()
    leased.clock.now += 59
    assert leased.keeper.tend().changed == frozenset()
    assert leased.store.calls == ["read"]
    leased.clock.now += 2
    assert leased.keeper.tend().changed == frozenset()
    assert leased.store.calls == ["read", "renew"]
    leased.clock.now += 80
    assert leased.value() == b"word1", "the renewed lease still runs"


@pytest.mark.parametrize("how", ["refused", "shortened", "not renewable"])
def test_what_is_not_renewed_is_made_anew_before_the_end(leased: Setting, how: str) -> None:
    if how == "not renewable":
        leased.store.lease = Lease("lease-1", 90.0, renewable=False)
    leased.value(NAME)
    leased.value()
    leased.store.refuses_renewal = how == "refused"
    leased.store.longer = Lease("lease-1", 20.0, renewable=True)
    leased.clock.now += 61
    assert leased.keeper.tend().changed == {NAME, PASSWORD}
    assert (leased.value(NAME), leased.value()) == (b"user2", b"word2")


def test_while_the_store_is_down_a_lease_serves_until_its_end_and_no_longer(
    leased: Setting,
) -> None:
    leased.value()
    leased.store.down = True
    leased.clock.now += 89
    assert leased.keeper.tend().withheld == frozenset()
    assert leased.value() == b"word1"
    leased.clock.now += 2
    tended = leased.keeper.tend()
    assert (tended.changed, tended.withheld) == (frozenset(), {PASSWORD})
    with pytest.raises(SecretUnavailable):
        leased.value()
    leased.store.down = False
    leased.clock.now += 2
    assert leased.keeper.tend().changed == {PASSWORD}
    assert leased.value() == b"word2"


def test_a_new_login_ends_the_leases_of_the_old_one(leased: Setting) -> None:
    leased.value()
    leased.store.same_login = False
    assert leased.keeper.tend().changed == {PASSWORD}
    assert leased.store.calls == ["read", "read"], "nothing of the old login is renewed"


def test_a_rotated_secret_is_noticed_and_an_unchanged_one_is_no_change(kept: Setting) -> None:
    kept.value()
    kept.clock.now += 61
    assert kept.keeper.tend().changed == frozenset()
    kept.store.lease = Lease("", 60.0, renewable=False)  # numbers its secrets from now on
    kept.clock.now += 61
    assert kept.keeper.tend().changed == {PASSWORD}
    assert kept.value() == b"word3"


def test_without_a_lease_a_secret_is_held_for_the_declared_time(kept: Setting) -> None:
    kept.value()
    kept.store.down = True
    kept.clock.now += 599
    assert kept.keeper.tend().withheld == frozenset()
    assert kept.value() == b"word1"
    kept.clock.now += 2
    assert kept.keeper.tend().withheld == {PASSWORD}


def test_what_nobody_refers_to_is_given_back(leased: Setting) -> None:
    leased.value()
    leased.keeper.retain([PASSWORD])
    assert leased.store.calls == ["read"]
    leased.keeper.retain([])
    assert leased.store.calls == ["read", "revoke"]


def test_a_reload_with_the_same_store_keeps_what_is_held(leased: Setting) -> None:
    leased.value()
    leased.keeper.configure([StoreSettings("vault", "corporate", 60.0, 600.0)])
    leased.value()
    assert leased.store.calls == ["read"]
    leased.keeper.configure([StoreSettings("vault", "corporate", 61.0, 600.0)])
    leased.value()
    assert leased.store.calls == ["read", "read"]


def test_a_field_that_is_not_there_and_a_store_that_is_not_declared(leased: Setting) -> None:
    with pytest.raises(MaterialMissing, match="no such field"):
        leased.value("vault:corporate/database/creds/gateway#pin")
    with pytest.raises(MaterialRefused, match="no SecretStore `other`"):
        leased.value("vault:other/database/creds/gateway#pin")


def test_each_access_is_told_with_its_outcome_and_never_the_value(
    leased: Setting, tmp_path: Path
) -> None:
    leased.value()
    leased.clock.now += 61
    leased.keeper.tend()
    leased.store.down = True
    leased.clock.now += 61
    leased.keeper.tend()
    (tmp_path / "password").write_text("canary")
    (tmp_path / "password").chmod(0o600)
    leased.keeper.resolve("file:password", tmp_path, private=True)
    with pytest.raises(MaterialMissing):
        leased.keeper.resolve("env:NOBODY_SETS_IT", tmp_path, {}, private=True)
    told = [
        (each.operation, each.references, each.store, each.version, each.reason)
        for each in leased.accesses
    ]
    assert told == [
        ("read", (PASSWORD,), "corporate", "1", None),
        ("renew", (PASSWORD,), "corporate", "1", None),
        ("renew", (PASSWORD,), "corporate", "1", "down"),
        ("read", (PASSWORD,), "corporate", None, "down"),
        ("read", ("file:password",), None, None, None),
        (
            "read",
            ("env:NOBODY_SETS_IT",),
            None,
            None,
            "the environment variable `NOBODY_SETS_IT` is not set",
        ),
    ]
    assert "word" not in str(told).replace("password", "")
    assert "canary" not in str(told)


def test_what_is_held_is_there_while_a_store_is_waited_for(leased: Setting) -> None:
    assert leased.value() == b"word1"
    answers = list[bytes]()
    other = threading.Thread(target=lambda: answers.append(leased.value()))
    asked = leased.store.renew

    def slowly(lease: Lease) -> Lease:
        other.start()
        other.join(10.0)
        return asked(lease)

    leased.store.renew = slowly  # type: ignore[method-assign]
    leased.clock.now += 61
    leased.keeper.tend()
    assert answers == [b"word1"]
