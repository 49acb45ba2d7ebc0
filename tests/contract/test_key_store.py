"""One suite for the key store, over SQLite and over PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from streamward.errors import InvalidArgument, NotFound
from streamward.keys.data_key import DataKey, KeyPlace, KeyState, Purpose, Ring, RingState
from streamward.keys.store import KeyStore, KeyStoreUnavailable, open_store
from tests.support.postgresql import binaries, postgresql

NOW = 1_800_000_000_000
TABLES = ("key_ring", "data_key", "key_place", "key_version")
RING = Ring("clinical", RingState.ACTIVE, 1, "hsm", "key-of-clinical", NOW, changed=NOW)

Open = Callable[[], KeyStore]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if binaries() is None:
        pytest.skip("PostgreSQL's server (`initdb`) is not installed")
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "sqlite":
        return None
    found: str = request.getfixturevalue("server")
    engine = sa.create_engine(found)
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {table}"))
    engine.dispose()
    return found


@pytest.fixture
def opener(url: str | None, tmp_path: Path) -> Iterator[Open]:
    opened: list[KeyStore] = []

    def open_one() -> KeyStore:
        opened.append(open_store(url, tmp_path / "state" / "keys.db"))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


def key(number: int, **fields: object) -> DataKey:
    base = DataKey(
        kid=f"{number:032x}",
        ring="clinical",
        ring_version=1,
        purpose=Purpose.DATA,
        provider="hsm",
        provider_key="key-of-clinical",
        provider_version="1",
        wrapped=bytes([number]) * 48,
        key_bytes=32,
        records_max=1 << 32,
        writer="gateway-a",
        created=NOW + number,
        expires=NOW + 3_600_000,
        changed=NOW,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def filled(store: KeyStore, *keys: DataKey) -> KeyStore:
    with store.transaction() as transaction:
        transaction.add_ring(RING)
        transaction.claim("hsm", "key-of-clinical", "clinical")
        for one in keys:
            transaction.add_key(one)
    return store


def test_what_is_kept_comes_back_after_another_start(opener: Open) -> None:
    everything = key(
        3, purpose=Purpose.DETERMINISTIC, records_max=None, expires=None, opened=NOW, reason="why",
        state=KeyState.REVOKED,
    )  # fmt: skip
    filled(opener(), key(1), key(2), everything)
    fields = {
        "state": "condemned", "requested": NOW, "requested_by": "alice", "due": NOW + 1,
        "approvals_needed": 2, "reason": "over",
    }  # fmt: skip
    with opener().transaction() as transaction:
        after = transaction.update_ring("clinical", fields, changed=NOW + 5)

    store = opener()

    assert store.rings() == [after] == [store.ring("clinical")]
    assert (after.state, after.approvals_needed) == (RingState.CONDEMNED, 2)
    assert [one.kid for one in store.keys("clinical")] == [key(n).kid for n in (3, 2, 1)]
    assert store.key(key(3).kid) == (everything, after)
    assert store.deterministic("clinical") == everything
    assert store.places() == [KeyPlace("hsm", "key-of-clinical", "clinical")]
    assert (store.ring("other"), store.key("0" * 32), store.keys("other")) == (None, None, [])


def test_what_may_be_there_once_is_there_once(opener: Open) -> None:
    only = key(1, purpose=Purpose.DETERMINISTIC)
    store = filled(opener(), only)

    with pytest.raises(InvalidArgument, match="there is a ring"), store.transaction() as one:
        one.add_ring(RING)
    with pytest.raises(InvalidArgument, match="such a key already"), store.transaction() as one:
        one.add_key(key(2, purpose=Purpose.DETERMINISTIC))
    with pytest.raises(InvalidArgument, match="such a key already"), store.transaction() as one:
        one.add_key(key(1))
    with store.transaction() as one:
        one.claim("hsm", "key-of-clinical", "clinical")
    with (
        pytest.raises(InvalidArgument, match="is that of the ring `clinical`"),
        store.transaction() as one,
    ):
        one.claim("hsm", "key-of-clinical", "billing")
    with pytest.raises(NotFound), store.transaction() as one:
        one.update_ring("billing", {"reason": "x"}, changed=NOW)

    assert [one.kid for one in store.keys("clinical")] == [only.kid]


def test_what_fails_half_way_changes_nothing(opener: Open) -> None:
    store = filled(opener(), key(1))

    with pytest.raises(RuntimeError), store.transaction() as transaction:
        transaction.shred("clinical", changed=NOW + 1)
        transaction.claim("hsm", "another", "clinical")
        raise RuntimeError("the log is full")

    assert store.keys("clinical") == [key(1)]
    assert len(store.places()) == 1


def test_shredding_erases_every_wrapped_key_of_a_ring_and_keeps_that_they_were(
    opener: Open,
) -> None:
    store = filled(opener(), key(1), key(2), key(3, ring="billing"))

    with store.transaction() as transaction:
        assert transaction.shred("clinical", changed=NOW + 9) == 2

    assert [(one.wrapped, one.state) for one in store.keys("clinical")] == [
        (None, KeyState.SHREDDED)
    ] * 2
    assert store.keys("billing") == [key(3, ring="billing")]


def test_who_holds_a_ring_is_waited_for(opener: Open) -> None:
    """What is decided about a ring under its lock is not changed by another gateway meanwhile."""
    first, second = filled(opener()), opener()
    held, order = threading.Event(), list[str]()

    def other() -> None:
        held.wait()
        with second.transaction() as transaction:
            found = transaction.ring("clinical", lock=True)
            assert found is not None
            order.append(f"second saw {found.state.value}")

    thread = threading.Thread(target=other)
    thread.start()
    with first.transaction() as transaction:
        transaction.ring("clinical", lock=True)
        held.set()
        # Time to get in, if nothing kept it out.
        thread.join(0.2)
        order.append("first")
        transaction.update_ring("clinical", {"state": "destroying"}, changed=NOW + 1)
    thread.join()

    assert order == ["first", "second saw destroying"]


def test_changes_are_seen_by_every_gateway(opener: Open) -> None:
    store, other = filled(opener(), key(1), key(2)), opener()
    assert other.changed_since(0) == frozenset()

    with store.transaction() as transaction:
        transaction.update_key(key(1).kid, {"state": "revoked"}, changed=NOW + 1)
    with store.transaction() as transaction:
        transaction.update_ring("clinical", {"state": "revoked"}, changed=NOW + 2)

    assert other.changed_since(NOW + 1) == {("clinical", NOW + 1), ("clinical", NOW + 2)}
    assert other.changed_since(NOW + 3) == frozenset()
    other.opened(key(2).kid, NOW + 10)
    other.opened(key(2).kid, NOW + 11)
    found = store.key(key(2).kid)
    assert found is not None
    assert found[0].opened == NOW + 10


def test_a_store_of_an_older_release_learns_whose_keys_are_whose(
    opener: Open, url: str | None, tmp_path: Path
) -> None:
    filled(opener(), key(1), key(2, provider="old", provider_key="before"))
    engine = sa.create_engine(url or f"sqlite:///{tmp_path / 'state' / 'keys.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE key_place"))
        connection.execute(sa.text("ALTER TABLE key_ring DROP COLUMN approvals_needed"))
        connection.execute(sa.text("UPDATE key_version SET version_num = '0001'"))
    engine.dispose()

    store = opener()

    assert store.places() == [
        KeyPlace("hsm", "key-of-clinical", "clinical"),
        KeyPlace("old", "before", "clinical"),
    ]
    assert store.rings() == [RING]


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://keys:hunter2@/keys?host={tmp_path}"
    with pytest.raises(KeyStoreUnavailable) as away:
        open_store(url, tmp_path / "keys.db")
    assert "hunter2" not in str(away.value)
