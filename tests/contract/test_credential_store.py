"""One suite for the identity store, over SQLite and over PostgreSQL."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from streamward.errors import InvalidArgument, NotFound
from streamward.identity.cipher import ColumnCipher, Undecryptable
from streamward.identity.credential import StoredCredential, StoreUnavailable
from streamward.identity.store import CredentialStore, open_store
from streamward.secrets import Secret
from tests.support.postgresql import binaries, postgresql

NOW = 1_767_571_200_000
KEY, OTHER_KEY = Secret(b"k" * 32), Secret(b"o" * 32)
VERIFIERS = (Secret(b"SCRAM-SHA-256$4096:c2FsdA==$a:b"), Secret(b"SCRAM-SHA-512$4096:c2FsdA==$c:d"))

Open = Callable[..., CredentialStore]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if binaries() is None:
        pytest.skip("PostgreSQL's server (`initdb`) is not installed")
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("server")
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE IF EXISTS identity_credential"))
            connection.execute(sa.text("DROP TABLE IF EXISTS identity_version"))
        engine.dispose()
    opened: list[CredentialStore] = []

    def open_one(key: Secret = KEY, *previous: Secret) -> CredentialStore:
        store = open_store(url, tmp_path / "state" / "identity.db", ColumnCipher(key, previous))
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        store.close()


def credential(
    identifier: str = "api-1", principal: str = "api", **fields: object
) -> StoredCredential:
    base = StoredCredential(identifier, principal, "service", VERIFIERS, NOW)
    return replace(base, **fields)  # type: ignore[arg-type]


def add(store: CredentialStore, *credentials: StoredCredential) -> None:
    with store.transaction() as transaction:
        for one in credentials:
            transaction.add(one, changed=NOW)


def test_what_is_added_comes_back_after_another_start(opener: Open) -> None:
    everything = credential(
        not_before=NOW + 1, expires=NOW + 2, disabled=NOW + 3, revoked=True, reason="a reason",
        last_used=NOW + 4, expiry_warned=NOW + 5, unused_reported=NOW + 6, successor="api-2",
    )  # fmt: skip
    add(opener(), everything, credential("api-0", created=NOW - 1), credential("b-1", "b"))

    store = opener()

    assert store.get("api-1") == everything
    assert [one.id for one in store.of_principal("api")] == ["api-1", "api-0"]
    assert store.of_principal("nobody") == []
    listed = store.all()
    assert [one.id for one in listed] == ["api-1", "api-0", "b-1"]
    assert not any(one.verifiers for one in listed)


def test_an_id_is_given_once_and_what_fails_changes_nothing(opener: Open) -> None:
    store = opener()
    add(store, credential())

    with pytest.raises(InvalidArgument, match="`api-1` already"):
        add(store, credential("api-2"), credential())

    assert [one.id for one in store.all()] == ["api-1"]


def test_what_is_not_recorded_does_not_happen(opener: Open) -> None:
    store = opener()
    add(store, credential())

    with pytest.raises(RuntimeError), store.transaction() as transaction:
        transaction.update("api-1", {"disabled": NOW}, changed=NOW)
        transaction.add(credential("api-2"), changed=NOW)
        transaction.remove("api-1")
        raise RuntimeError("the log can't be written")

    assert store.all() == [replace(credential(), verifiers=())]


def test_a_change_is_seen_and_what_is_not_there_is_named(opener: Open) -> None:
    store = opener()
    add(store, credential())

    with store.transaction() as transaction:
        after = transaction.update("api-1", {"disabled": NOW, "reason": "left"}, changed=NOW + 7)

    assert after == store.get("api-1") == credential(disabled=NOW, reason="left")
    assert store.ended_since(NOW + 7) == ["api-1"]
    assert store.ended_since(NOW + 8) == []
    with store.transaction() as transaction:
        assert transaction.remove("api-1").id == "api-1"
    for what in ("get", "remove"):
        with pytest.raises(NotFound, match="`api-1`"), store.transaction() as transaction:
            getattr(transaction, what)("api-1")


def test_what_ends_next_is_what_holds_and_has_an_end(opener: Open) -> None:
    store = opener()
    assert store.next_end() is None
    add(
        store,
        credential("for-ever"),
        credential("late", expires=NOW + 2),
        credential("soon", expires=NOW + 1),
        credential("gone", expires=NOW, disabled=NOW),
        credential("revoked", expires=NOW, revoked=True),
    )
    assert store.next_end() == ("soon", NOW + 1)


def test_the_last_use_only_moves_on(opener: Open) -> None:
    store = opener()
    add(store, credential(unused_reported=NOW), credential("api-2"))

    store.used({"api-1": NOW + 9, "nobody's": NOW})
    store.used({"api-1": NOW + 8})

    assert store.get("api-1").last_used == NOW + 9
    assert store.get("api-1").unused_reported is None
    assert store.get("api-2").last_used is None


def test_another_key_encrypts_anew_and_an_unknown_one_reads_nothing(opener: Open) -> None:
    add(opener(KEY), credential())
    with pytest.raises(Undecryptable, match="not among the bundle's"):
        opener(OTHER_KEY)

    rotated = opener(OTHER_KEY, KEY)

    assert rotated.get("api-1").verifiers == VERIFIERS
    assert opener(OTHER_KEY).get("api-1").verifiers == VERIFIERS
    with pytest.raises(Undecryptable):
        opener(KEY)


def test_verifiers_lie_encrypted_and_belong_to_their_row(opener: Open) -> None:
    store = opener()
    add(store, credential(), *map(credential, ("api-2", "api-3")), credential("b-1", "b"))
    engine = store._engine
    columns = "SELECT id, verifiers FROM identity_credential"
    with engine.begin() as connection:
        rows = {row.id: bytes(row.verifiers) for row in connection.execute(sa.text(columns))}
        assert not any(b"SCRAM" in value for value in rows.values())
        assert len(set(rows.values())) == 4
        # Somebody who can write the table gives another row the verifiers of one it knows.
        swap = sa.text("UPDATE identity_credential SET verifiers = :value WHERE id = 'b-1'")
        connection.execute(swap, {"value": rows["api-1"]})
        # Or those of a password that was revoked to another one of the same principal.
        swap = sa.text("UPDATE identity_credential SET verifiers = :value WHERE id = 'api-3'")
        connection.execute(swap, {"value": rows["api-1"]})
        # Or the row to another principal.
        connection.execute(
            sa.text("UPDATE identity_credential SET principal = 'root' WHERE id = 'api-2'")
        )

    for identifier in ("b-1", "api-2", "api-3"):
        with pytest.raises(Undecryptable):
            store.get(identifier)
    assert store.get("api-1").verifiers == VERIFIERS


def test_a_decoy_takes_a_decryption(opener: Open) -> None:
    opener().decrypt_decoy()


def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        open_store(None, tmp_path / "state" / "identity.db", ColumnCipher(KEY)).close()
    finally:
        os.umask(before)
    files = list((tmp_path / "state").iterdir())
    assert files
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_a_database_that_is_not_there_or_none_is_told_without_its_password(tmp_path: Path) -> None:
    cipher = ColumnCipher(KEY)
    file = tmp_path / "identity.db"
    with pytest.raises(StoreUnavailable) as told:
        open_store("postgresql://user:canary@127.0.0.1:1/none", file, cipher)
    assert "canary" not in str(told.value)
    assert told.value.__cause__ is None
    for url in ("no url canary", "mysql://user:canary@host/none"):
        with pytest.raises(InvalidArgument) as refused:
            open_store(url, file, cipher)
        assert "canary" not in str(refused.value)
    file.write_bytes(b"this is no database, and will not be taken for one" * 100)
    with pytest.raises(StoreUnavailable):
        open_store(None, file, cipher)
    with sqlite3.connect(":memory:") as healthy:
        assert healthy.execute("SELECT 1").fetchone() == (1,)
