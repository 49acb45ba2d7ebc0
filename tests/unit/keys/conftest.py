"""A bundle's keys without a bundle: a local file, SQLite, a clock that is told the time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from streamward.errors import Unavailable
from streamward.keys.answers import KeyAnswers
from streamward.keys.data_key import DataKey
from streamward.keys.destruction import Destruction, StreamPreview
from streamward.keys.holder import KeyHolder, Settings
from streamward.keys.ports import Provider
from streamward.keys.providers.local_file import LocalFile
from streamward.keys.service import KeyService
from streamward.keys.store import open_store
from streamward.model.keys import KeyProvider, KeyRing
from tests.support.ocsf import problems

NOW = 1_800_000_000_000
HOUR = 3_600_000


@dataclass
class Time:
    now: int = NOW

    def __call__(self) -> int:
        return self.now


def ring(name: str = "clinical", **fields: object) -> KeyRing:
    declared = {
        "name": name,
        "data_class": "health",
        "access_class": "doctors",
        "provider": "local",
        "key": f"key-of-{name}",
        "data_keys": {"records_max": 1000, "lifetime": "1h"},
    }
    return KeyRing.model_validate(declared | fields)


class Log:
    """Entries as they were recorded; each must be valid OCSF."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.full = False

    def record(self, entry: bytes) -> int:
        if self.full:
            raise Unavailable("the journal can't be written")
        document = json.loads(entry)
        assert problems(document) == []
        self.entries.append(document)
        return len(self.entries) - 1

    @property
    def changes(self) -> list[str]:
        return [one["streaming"]["key"]["change"] for one in self.entries]


@dataclass
class Room:
    folder: Path
    time: Time = field(default_factory=Time)
    rings: tuple[KeyRing, ...] = ()
    writer: str = "gateway-a"

    def __post_init__(self) -> None:
        self.holder = KeyHolder(self.settings(*(self.rings or (ring(),))))
        self.answers = KeyAnswers(self.holder, self.time)
        self.log = Log()
        self.forgotten: list[str] = []
        self.written: tuple[StreamPreview, ...] = ()
        self.keys = KeyService(self.holder, self.log, self.forgotten.append, self.time)
        self.destruction = Destruction(self.keys, lambda _: self.written)

    @property
    def key_file(self) -> Path:
        return self.folder / "local.json"

    @property
    def database(self) -> Path:
        return self.folder / "keys.db"

    def settings(self, *rings: KeyRing) -> Settings:
        return Settings(
            open_store=lambda: open_store(None, self.database),
            identity="sqlite",
            open_provider=self.open_provider,
            providers={
                name: KeyProvider(name=name, type="local-file") for name in ("local", "other")
            },
            rings={one.name: one for one in rings},
            writer=self.writer,
        )

    def open_provider(self, declared: KeyProvider) -> Provider:
        return LocalFile(self.folder / f"{declared.name}.json")

    def key(self, kid: str) -> DataKey:
        found = self.holder.store.key(kid)
        assert found is not None
        return found[0]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.holder.close()
