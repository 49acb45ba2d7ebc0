"""The identity store: credentials in SQLite or PostgreSQL, verifiers encrypted."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from streamward.db import Tables, database_errors, migrate, open_engine
from streamward.errors import InvalidArgument, NotFound, StreamwardError
from streamward.identity.cipher import ColumnCipher
from streamward.identity.credential import StoredCredential, StoreUnavailable
from streamward.identity.tables import CREDENTIAL, METADATA
from streamward.secrets import Secret

TABLES: Final = Tables(
    METADATA,
    Path(__file__).parent / "migrations",
    version_table="identity_version",
    lock=0x5374726D,
)


def _database_errors() -> AbstractContextManager[None]:
    return database_errors("identity store", StoreUnavailable)


def _row_name(identifier: str, principal: str) -> str:
    return f"identity_credential\0{identifier}\0{principal}"


class CredentialStore:
    """Reads and changes credentials. Every method may block, and raises StoreUnavailable."""

    def __init__(self, engine: Engine, cipher: ColumnCipher) -> None:
        self._engine = engine
        self._cipher = cipher
        # What is decrypted for users that do not exist, so that both take the same time.
        self._decoy = cipher.encrypt(b'["' + b"x" * 330 + b'"]', "decoy")

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def migrate(self) -> None:
        """Bring the tables to this version, and encrypt with the first key what another one did."""
        with _database_errors():
            migrate(self._engine, TABLES, self._encrypt_anew)

    def _encrypt_anew(self, connection: Connection) -> None:
        columns = CREDENTIAL.c
        stale = sa.select(CREDENTIAL).where(columns.key_id != self._cipher.key_id)
        for row in connection.execute(stale).all():
            name = _row_name(row.id, row.principal)
            plain = self._cipher.decrypt(row.key_id, row.verifiers, name)
            values = {
                "verifiers": self._cipher.encrypt(plain.value, name),
                "key_id": self._cipher.key_id,
            }
            connection.execute(sa.update(CREDENTIAL).where(columns.id == row.id).values(values))

    def of_principal(self, principal: str) -> list[StoredCredential]:
        """All of a principal, the newest first."""
        with _database_errors(), self._engine.connect() as connection:
            return Transaction(connection, self._cipher).of_principal(principal)

    def decrypt_decoy(self) -> None:
        """Spend the time that it takes to read one verifier."""
        msgspec.json.decode(self._cipher.decrypt(self._cipher.key_id, self._decoy, "decoy").value)

    def all(self) -> list[StoredCredential]:
        """All credentials by principal, the newest first; without their verifiers."""
        columns = CREDENTIAL.c
        query = sa.select(CREDENTIAL).order_by(
            columns.principal, columns.created.desc(), columns.id
        )
        with _database_errors(), self._engine.connect() as connection:
            return [_read(row, None) for row in connection.execute(query)]

    def get(self, identifier: str) -> StoredCredential:
        """The credential of this id. Raises NotFound."""
        with _database_errors(), self._engine.connect() as connection:
            return Transaction(connection, self._cipher).get(identifier)

    def ended_since(self, changed_milliseconds: int) -> list[str]:
        """Ids of those that somebody, on any gateway, has ended since then."""
        columns = CREDENTIAL.c
        query = sa.select(columns.id).where(
            columns.changed >= changed_milliseconds,
            sa.or_(columns.disabled.is_not(None), columns.revoked),
        )
        with _database_errors(), self._engine.connect() as connection:
            return [str(row.id) for row in connection.execute(query)]

    def next_end(self) -> tuple[str, int] | None:
        """Which of those that hold ends first, and when (ms since 1970); its time may be over."""
        columns = CREDENTIAL.c
        query = (
            sa.select(columns.id, columns.expires)
            .where(columns.expires.is_not(None), columns.disabled.is_(None), ~columns.revoked)
            .order_by(columns.expires)
            .limit(1)
        )
        with _database_errors(), self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (str(row.id), int(row.expires))

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """Changes that all happen when the block ends well, else none of them."""
        with _database_errors(), self._engine.begin() as connection:
            yield Transaction(connection, self._cipher)

    def used(self, times: Mapping[str, int]) -> None:
        """Remember when credentials were used last; ids that are not here are nobody's business."""
        columns = CREDENTIAL.c
        with _database_errors(), self._engine.begin() as connection:
            for identifier, time in times.items():
                newer = sa.or_(columns.last_used.is_(None), columns.last_used < time)
                connection.execute(
                    sa.update(CREDENTIAL)
                    .where(columns.id == identifier, newer)
                    .values(last_used=time, unused_reported=None)
                )


def _read(row: Row[Any], cipher: ColumnCipher | None) -> StoredCredential:
    """The credential in a row; without a cipher, without its verifiers."""
    fields = dict(row._mapping)
    encrypted, key_id = fields.pop("verifiers"), fields.pop("key_id")
    del fields["changed"]
    texts: list[str] = []
    if cipher is not None:
        plain = cipher.decrypt(key_id, encrypted, _row_name(row.id, row.principal))
        texts = msgspec.json.decode(plain.value, type=list[str])
    return StoredCredential(
        verifiers=tuple(Secret(text.encode()) for text in texts),
        **fields | {"revoked": bool(row.revoked)},
    )


class Transaction:
    """Reads and changes credentials on one connection."""

    def __init__(self, connection: Connection, cipher: ColumnCipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def of_principal(self, principal: str) -> list[StoredCredential]:
        """All of a principal, the newest first."""
        columns = CREDENTIAL.c
        query = (
            sa.select(CREDENTIAL)
            .where(columns.principal == principal)
            .order_by(columns.created.desc(), columns.id)
        )
        return [_read(row, self._cipher) for row in self._connection.execute(query)]

    def get(self, identifier: str) -> StoredCredential:
        """The credential of this id. Raises NotFound."""
        query = sa.select(CREDENTIAL).where(CREDENTIAL.c.id == identifier)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"the identity store has no credential `{identifier}`")
        return _read(row, self._cipher)

    def add(self, credential: StoredCredential, *, changed: int) -> None:
        """Add a credential. Raises InvalidArgument for an id that is there already."""
        texts = [secret.value.decode() for secret in credential.verifiers]
        name = _row_name(credential.id, credential.principal)
        fields = {
            column.name: getattr(credential, column.name)
            for column in CREDENTIAL.c
            if column.name not in ("verifiers", "key_id", "changed")
        }
        values = fields | {
            "verifiers": self._cipher.encrypt(msgspec.json.encode(texts), name),
            "key_id": self._cipher.key_id,
            "changed": changed,
        }
        try:
            self._connection.execute(sa.insert(CREDENTIAL).values(values))
        except IntegrityError:
            raise InvalidArgument(f"there is a credential `{credential.id}` already") from None

    def update(
        self, identifier: str, fields: Mapping[str, Any], *, changed: int
    ) -> StoredCredential:
        """Change fields of a credential; gives what it becomes. Raises NotFound."""
        before = self.get(identifier)
        values = dict(fields) | {"changed": changed}
        self._connection.execute(
            sa.update(CREDENTIAL).where(CREDENTIAL.c.id == identifier).values(values)
        )
        return replace(before, **fields)

    def remove(self, identifier: str) -> StoredCredential:
        """Remove a credential; gives what it was. Raises NotFound."""
        before = self.get(identifier)
        self._connection.execute(sa.delete(CREDENTIAL).where(CREDENTIAL.c.id == identifier))
        return before


def open_store(url: str | None, sqlite_file: Path, cipher: ColumnCipher) -> CredentialStore:
    """The store at this URL, or in this file of SQLite's; its tables are brought up to date.

    Raises InvalidArgument for a URL that can't be one, StoreUnavailable.
    """
    store = CredentialStore(open_engine(url, sqlite_file, "identity store"), cipher)
    try:
        store.migrate()
    except StreamwardError:
        store.close()
        raise
    return store
