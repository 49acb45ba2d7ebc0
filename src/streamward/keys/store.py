"""The key store: rings and wrapped data keys in SQLite or PostgreSQL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from streamward.db import Tables, database_errors, migrate, open_engine
from streamward.errors import InvalidArgument, NotFound, StreamwardError, Unavailable
from streamward.keys.data_key import DataKey, KeyPlace, KeyState, Purpose, Ring, RingState
from streamward.keys.tables import DATA_KEY, KEY_PLACE, KEY_RING, METADATA

TABLES: Final = Tables(
    METADATA, Path(__file__).parent / "migrations", version_table="key_version", lock=0x5374726B
)

OPENED_MILLISECONDS: Final = 3_600_000
"""How exactly it is known when a data key was opened last."""


class KeyStoreUnavailable(Unavailable):
    """The database of wrapped keys can't be used now."""

    code = "key.store_unavailable"
    help = "Look at the database; data keys in use serve until they end."


def _errors() -> Any:
    return database_errors("key store", KeyStoreUnavailable)


class KeyStore:
    """Reads and changes rings and data keys. Every method may block; raises KeyStoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def migrate(self) -> None:
        """Bring the tables to this version."""
        with _errors():
            migrate(self._engine, TABLES, lambda _: None)

    def rings(self) -> list[Ring]:
        """All rings that were ever used, by name."""
        with _errors(), self._engine.connect() as connection:
            rows = connection.execute(sa.select(KEY_RING).order_by(KEY_RING.c.name))
            return [_ring(row) for row in rows]

    def ring(self, name: str) -> Ring | None:
        """What has become of a ring; None: it was never used."""
        with _errors(), self._engine.connect() as connection:
            return Transaction(connection).ring(name)

    def key(self, kid: str) -> tuple[DataKey, Ring] | None:
        """A data key, and what has become of its ring."""
        with _errors(), self._engine.connect() as connection:
            transaction = Transaction(connection)
            found = transaction.key(kid)
            ring = None if found is None else transaction.ring(found.ring)
            return None if found is None or ring is None else (found, ring)

    def keys(self, ring: str) -> list[DataKey]:
        """All data keys of a ring, the newest first."""
        with _errors(), self._engine.connect() as connection:
            return Transaction(connection).keys(ring)

    def deterministic(self, ring: str) -> DataKey | None:
        """The deterministic key of a ring, if it has one."""
        query = sa.select(DATA_KEY).where(DATA_KEY.c.only == ring)
        with _errors(), self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _key(row)

    def places(self) -> list[KeyPlace]:
        """Every provider's key that wraps, or ever wrapped, data keys of a ring."""
        columns = KEY_PLACE.c
        query = sa.select(KEY_PLACE).order_by(columns.provider, columns.provider_key)
        with _errors(), self._engine.connect() as connection:
            return [KeyPlace(**row._mapping) for row in connection.execute(query)]

    def opened(self, kid: str, now: int) -> None:
        """Remember that a key was opened, to the hour."""
        columns = DATA_KEY.c
        long_ago = sa.or_(columns.opened.is_(None), columns.opened < now - OPENED_MILLISECONDS)
        with _errors(), self._engine.begin() as connection:
            connection.execute(
                sa.update(DATA_KEY).where(columns.kid == kid, long_ago).values(opened=now)
            )

    def changed_since(self, changed_milliseconds: int) -> frozenset[tuple[str, int]]:
        """Rings that somebody, on any gateway, has revoked, rotated or destroyed since then; and
        those of whose data keys one was revoked; with when.
        """
        rings, keys = KEY_RING.c, DATA_KEY.c
        revoked = keys.state != KeyState.ACTIVE.value
        with _errors(), self._engine.connect() as connection:
            changed = connection.execute(
                sa.select(rings.name, rings.changed).where(
                    rings.changed >= changed_milliseconds, rings.changed > rings.created
                )
            ).all()
            revoked_keys = connection.execute(
                sa.select(keys.ring, keys.changed).where(
                    keys.changed >= changed_milliseconds, revoked
                )
            ).all()
        return frozenset((str(name), int(at)) for name, at in (*changed, *revoked_keys))

    def erase_traces(self) -> None:
        """Have SQLite write over what was erased; other databases do so when they are vacuumed."""
        if self._engine.dialect.name == "sqlite":
            with _errors(), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """Changes that all happen when the block ends well, else none of them."""
        with _errors(), self._engine.begin() as connection:
            yield Transaction(connection)


class Transaction:
    """Reads and changes rings and data keys on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ring(self, name: str, *, lock: bool = False) -> Ring | None:
        """What has become of a ring; `lock`: and let nobody change it until the end."""
        query = sa.select(KEY_RING).where(KEY_RING.c.name == name)
        if lock:
            # SQLite has one writer at a time: to write anything is its lock.
            columns = KEY_RING.c
            self._connection.execute(
                sa.update(KEY_RING).where(columns.name == name).values(changed=columns.changed)
            )
            query = query.with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _ring(row)

    def add_ring(self, ring: Ring) -> None:
        """Begin a ring. Raises InvalidArgument for one that is there."""
        try:
            self._connection.execute(sa.insert(KEY_RING).values(asdict(ring)))
        except IntegrityError:
            raise InvalidArgument(f"there is a ring `{ring.name}` already") from None

    def update_ring(self, name: str, fields: Mapping[str, Any], *, changed: int) -> Ring:
        """Change fields of a ring; gives what it becomes. Raises NotFound."""
        values = dict(fields) | {"changed": changed}
        self._connection.execute(sa.update(KEY_RING).where(KEY_RING.c.name == name).values(values))
        after = self.ring(name)
        if after is None:
            raise NotFound(f"the key store has no ring `{name}`")
        return after

    def claim(self, provider: str, provider_key: str, ring: str) -> None:
        """Have a provider's key be this ring's for ever. Raises InvalidArgument where it is
        another's: destroying one ring would destroy the other.
        """
        columns = KEY_PLACE.c
        owner = sa.select(columns.ring).where(
            columns.provider == provider, columns.provider_key == provider_key
        )
        found = self._connection.execute(owner).scalar_one_or_none()
        if found is None:
            values = {"provider": provider, "provider_key": provider_key, "ring": ring}
            try:
                with self._connection.begin_nested():
                    self._connection.execute(sa.insert(KEY_PLACE).values(values))
            except IntegrityError:
                found = self._connection.execute(owner).scalar_one_or_none()
        if found not in (None, ring):
            what = f"the key `{provider_key}` of `{provider}` is that of the ring `{found}`"
            raise InvalidArgument(f"{what}; give the ring `{ring}` one of its own")

    def key(self, kid: str) -> DataKey | None:
        """One data key."""
        query = sa.select(DATA_KEY).where(DATA_KEY.c.kid == kid)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _key(row)

    def keys(self, ring: str) -> list[DataKey]:
        """All data keys of a ring, the newest first."""
        columns = DATA_KEY.c
        query = (
            sa.select(DATA_KEY)
            .where(columns.ring == ring)
            .order_by(columns.created.desc(), columns.kid)
        )
        return [_key(row) for row in self._connection.execute(query)]

    def add_key(self, key: DataKey) -> None:
        """Add a data key. Raises InvalidArgument for a second deterministic key of a ring."""
        only = key.ring if key.purpose is Purpose.DETERMINISTIC else None
        try:
            self._connection.execute(sa.insert(DATA_KEY).values(asdict(key) | {"only": only}))
        except IntegrityError:
            raise InvalidArgument(f"the ring `{key.ring}` has such a key already") from None

    def update_key(self, kid: str, fields: Mapping[str, Any], *, changed: int) -> DataKey:
        """Change fields of a data key; gives what it becomes. Raises NotFound."""
        values = dict(fields) | {"changed": changed}
        self._connection.execute(sa.update(DATA_KEY).where(DATA_KEY.c.kid == kid).values(values))
        after = self.key(kid)
        if after is None:
            raise NotFound(f"the key store has no data key `{kid}`")
        return after

    def shred(self, ring: str, *, changed: int) -> int:
        """Erase every wrapped key of a ring, and keep that they were; how many."""
        values = {"wrapped": None, "state": KeyState.SHREDDED.value, "changed": changed}
        done = self._connection.execute(
            sa.update(DATA_KEY).where(DATA_KEY.c.ring == ring).values(values)
        )
        return int(done.rowcount)


def _ring(row: Row[Any]) -> Ring:
    fields = dict(row._mapping)
    return Ring(**fields | {"state": RingState(row.state)})


def _key(row: Row[Any]) -> DataKey:
    fields = dict(row._mapping)
    del fields["only"]
    closed = {"state": KeyState(row.state), "purpose": Purpose(row.purpose)}
    return DataKey(**fields | closed)


def open_store(url: str | None, sqlite_file: Path) -> KeyStore:
    """The store at this URL, or in this file of SQLite's; its tables are brought up to date.

    Raises InvalidArgument for a URL that can't be one, KeyStoreUnavailable.
    """
    store = KeyStore(open_engine(url, sqlite_file, "key store"))
    try:
        store.migrate()
    except StreamwardError:
        store.close()
        raise
    return store
