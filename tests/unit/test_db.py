"""Tables that are made at once are those that all migrations make one after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from streamward import db
from streamward.identity import store as identity_store
from streamward.keys import store as key_store

ROOMS = pytest.mark.parametrize(
    "tables", [identity_store.TABLES, key_store.TABLES], ids=["identity", "keys"]
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = db.open_engine(None, tmp_path / "room.db", "room")
    yield engine
    engine.dispose()


def migrations(tables: db.Tables) -> ScriptDirectory:
    configuration = Config()
    configuration.set_main_option("script_location", str(tables.migrations))
    return ScriptDirectory.from_config(configuration)


@ROOMS
def test_fresh_tables_are_made_without_migrations(
    tables: db.Tables, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "upgrade", lambda *_: pytest.fail("nothing was to be migrated"))

    for _ in range(2):
        db.migrate(engine, tables, lambda _: None)

    with engine.connect() as connection:
        version = connection.execute(sa.text(f"select * from {tables.version_table}")).one()
        context = MigrationContext.configure(connection)
        # The version is Alembic's own table.
        differences = [
            each
            for each in compare_metadata(context, tables.metadata)
            if not (each[0] == "remove_table" and each[1].name == tables.version_table)
        ]
    assert list(version) == migrations(tables).get_heads() == [tables.newest]
    assert differences == []


@ROOMS
def test_tables_of_every_older_version_become_the_same(
    tables: db.Tables, tmp_path: Path, engine: Engine
) -> None:
    db.migrate(engine, tables, lambda _: None)
    fresh = sa.inspect(engine)
    for revision in migrations(tables).walk_revisions():
        older = db.open_engine(None, tmp_path / f"{revision.revision}.db", "room")
        with older.begin() as connection:
            db.upgrade(connection, tables.migrations, revision.revision)

        db.migrate(older, tables, lambda _: None)

        migrated = sa.inspect(older)
        names = sorted(fresh.get_table_names())
        assert sorted(migrated.get_table_names()) == names
        for name in names:
            # A column that came later stands last.
            assert columns(migrated, name) == columns(fresh, name)
            assert (
                migrated.get_pk_constraint(name)["constrained_columns"]
                == (fresh.get_pk_constraint(name)["constrained_columns"])
            )
            assert indexes(migrated, name) == indexes(fresh, name)
            assert unique(migrated, name) == unique(fresh, name)
        with older.connect() as connection:
            version = connection.execute(sa.text(f"select * from {tables.version_table}"))
            assert version.scalars().all() == [tables.newest]
        older.dispose()


def columns(inspector: sa.Inspector, table: str) -> dict[str, tuple[str, bool]]:
    found = inspector.get_columns(table)
    return {each["name"]: (str(each["type"]), each["nullable"]) for each in found}


def indexes(inspector: sa.Inspector, table: str) -> set[tuple[str | None, tuple[str | None, ...]]]:
    return {(each["name"], tuple(each["column_names"])) for each in inspector.get_indexes(table)}


def unique(inspector: sa.Inspector, table: str) -> set[tuple[str, ...]]:
    return {tuple(each["column_names"]) for each in inspector.get_unique_constraints(table)}
