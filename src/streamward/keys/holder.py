"""The store and the providers of a bundle, opened when they are first needed."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamward.errors import InvalidArgument, NotFound
from streamward.keys.ports import KeyRefused, Provider
from streamward.model.keys import KeyProvider, KeyRing

if TYPE_CHECKING:
    # With its libraries it takes 30 MB, which a gateway without key rings does not need.
    from streamward.keys.store import KeyStore


@dataclass(frozen=True, slots=True)
class Settings:
    """What a bundle says about keys."""

    open_store: Callable[[], "KeyStore"]
    identity: str
    """What, if it changes, means another store: it is opened anew."""
    open_provider: Callable[[KeyProvider], Provider]
    providers: Mapping[str, KeyProvider]
    rings: Mapping[str, KeyRing]
    writer: str
    """Who seals: the name of this gateway."""


class NoRings(InvalidArgument):
    """The bundle declares no key ring."""

    code = "key.no_rings"
    help = "Add documents of the kinds KeyProvider, AccessClass and KeyRing to the bundle."


class KeyHolder:
    """What the bundle in force declares, with one store and a provider of each name."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._store: KeyStore | None = None
        self._providers: dict[str, tuple[KeyProvider, Provider]] = {}

    def configure(self, settings: Settings | None) -> None:
        """Take what another bundle says; what it says anew is opened anew."""
        with self._lock:
            before, self._settings = self._settings, settings
            declared = {} if settings is None else settings.providers
            for name, (document, provider) in list(self._providers.items()):
                if declared.get(name) != document:
                    del self._providers[name]
                    provider.close()
            same = before is not None and settings is not None
            if same and before is not None and settings is not None:
                same = before.identity == settings.identity
            if not same and self._store is not None:
                self._store.close()
                self._store = None

    def rest(self) -> None:
        """Let go of connections to the database that nobody uses at this moment."""
        store = self._store
        if store is not None:
            store.close()

    def close(self) -> None:
        """Let go of the database and of all providers."""
        self.configure(None)

    @property
    def declared(self) -> bool:
        """Whether the bundle has key rings."""
        return self._settings is not None

    @property
    def settings(self) -> Settings:
        """What the bundle says. Raises NoRings where it says nothing."""
        if self._settings is None:
            raise NoRings("the bundle has no key ring")
        return self._settings

    @property
    def store(self) -> "KeyStore":
        """The store, opened when it is first needed. Raises KeyStoreUnavailable."""
        with self._lock:
            settings = self.settings
            if self._store is None:
                self._store = settings.open_store()
            return self._store

    def provider(self, name: str) -> Provider:
        """The provider of a name. Raises KeyRefused where the bundle declares none."""
        with self._lock:
            declared = self.settings.providers.get(name)
            if declared is None:
                raise KeyRefused(f"the bundle declares no KeyProvider `{name}`")
            found = self._providers.get(name)
            if found is None:
                found = self._providers[name] = declared, self.settings.open_provider(declared)
            return found[1]

    def backend(self, name: str) -> str:
        """What a provider is apart from its name: two documents of the same settings are one."""
        declared = self.settings.providers.get(name)
        return name if declared is None else declared.backend

    def ring(self, name: str) -> KeyRing:
        """A declared ring. Raises NotFound."""
        found = self.settings.rings.get(name)
        if found is None:
            raise NotFound(f"the bundle declares no KeyRing `{name}`")
        return found
