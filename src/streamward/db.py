"""Databases of rooms: SQLite in a file or PostgreSQL by URL, and the migrations of their tables."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from streamward.errors import InvalidArgument, StreamwardError
from streamward.forks import PerProcess

WAIT_SECONDS: Final = 4
"""For a connection, a lock or a statement: the data plane waits five seconds for an answer."""

POOL_SIZE: Final = 4
_migrating: Final = PerProcess(threading.Lock)
"""Alembic keeps what it is doing in global names: one room at a time."""


@contextmanager
def database_errors(what: str, failure: type[StreamwardError]) -> Iterator[None]:
    """Raise `failure` for an error of the database. A driver's message isn't told: it may hold the
    URL, and with it the password.
    """
    try:
        yield
    except StreamwardError:
        raise
    except SQLAlchemyError as error:
        kind = type(error.__cause__ or error).__name__
        raise failure(f"the {what} can't be used (`{kind}`)") from None


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a room, and how older ones become these."""

    metadata: sa.MetaData
    """As the last migration leaves them."""
    migrations: Path
    """A folder of Alembic's, whose `env.py` takes its connection from the attributes."""
    version_table: str
    """Where Alembic keeps which revision they are of."""
    lock: int
    """PostgreSQL's advisory lock: one gateway of many migrates, the others wait."""

    @property
    def newest(self) -> str:
        """The last revision: the name of each migration's file begins with its own."""
        return max(file.name for file in self.migrations.glob("versions/[0-9]*.py"))[:4]


def migrate(engine: Engine, tables: Tables, then: Callable[[Connection], None]) -> None:
    """Bring the tables of a room to this version, then do what is left in the same transaction."""
    with _migrating.value, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(tables.lock)))
        version = sa.Table(
            tables.version_table,
            sa.MetaData(),
            sa.Column("version_num", sa.String(32), primary_key=True),
        )
        if not sa.inspect(connection).has_table(version.name):
            tables.metadata.create_all(connection)
            version.create(connection)
            connection.execute(sa.insert(version).values(version_num=tables.newest))
        elif connection.execute(sa.select(version)).scalars().all() != [tables.newest]:
            upgrade(connection, tables.migrations)
        then(connection)


def upgrade(connection: Connection, migrations: Path, revision: str = "head") -> None:
    """Run the migrations that are due, up to this one."""
    # A gateway whose tables are of this version, which is nearly always, does without 12 MB.
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(migrations).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, revision)


def open_engine(url: str | None, sqlite_file: Path, what: str) -> Engine:
    """The database at this URL, or in this file of SQLite's, which is made for its owner alone.

    Raises InvalidArgument for a URL that can't be one.
    """
    return _sqlite(sqlite_file) if url is None else _server(url, what)


def _sqlite(file: Path) -> Engine:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Nobody else may read it, not even for the moment until SQLite has made it.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    engine = sa.create_engine(
        URL.create("sqlite", database=str(file)), connect_args={"timeout": WAIT_SECONDS}
    )

    def prepare(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        # What is deleted is overwritten: a wrapped key that was shredded must not stay in the file.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    sa.event.listen(engine, "connect", prepare)
    return engine


def _server(text: str, what: str) -> Engine:
    try:
        url = make_url(text.strip())
    except ArgumentError:
        raise InvalidArgument(f"the {what}'s URL can't be read") from None
    if url.get_backend_name() != "postgresql":
        raise InvalidArgument(
            f"`{url.get_backend_name()}` is not a database of the {what}: use PostgreSQL"
        )
    options = f"-c statement_timeout={WAIT_SECONDS}s -c lock_timeout={WAIT_SECONDS}s"
    try:
        return sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={"connect_timeout": WAIT_SECONDS, "options": options},
            pool_size=POOL_SIZE,
            pool_timeout=WAIT_SECONDS,
            pool_pre_ping=True,
        )
    except ImportError as error:
        raise InvalidArgument(
            "PostgreSQL needs the extra `postgresql`: `pip install 'streamward[postgresql]'`"
        ) from error
