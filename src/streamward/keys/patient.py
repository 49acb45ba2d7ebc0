"""A provider that is asked with patience: attempts with pauses, and a circuit breaker."""

from streamward.keys.ports import Context, Destroyed, KeyUnavailable, Provider, Wrapped
from streamward.secrets import Secret
from streamward.secrets.patience import Patience


class PatientProvider:
    """Any provider, asked again where that may help, and left alone where it goes on failing."""

    def __init__(self, name: str, provider: Provider, patience: Patience | None = None) -> None:
        self._provider = provider
        self._patience = patience or Patience(name, what="key provider", failure=KeyUnavailable)

    def create(self, key: str) -> None:
        """Make the key unless it is there."""
        self._patience.call(lambda: self._provider.create(key))

    def wrap(self, key: str, plain: Secret, context: Context) -> Wrapped:
        """Encrypt a key under the newest version."""
        return self._patience.call(lambda: self._provider.wrap(key, plain, context))

    def unwrap(self, key: str, wrapped: Wrapped, context: Context) -> Secret:
        """The key that was wrapped in this context."""
        return self._patience.call(lambda: self._provider.unwrap(key, wrapped, context))

    def rotate(self, key: str) -> str:
        """Make a new version. Asked twice, it may have made two: the older one is of no use."""
        return self._patience.call(lambda: self._provider.rotate(key))

    def disable(self, key: str) -> bool:
        """Let the key do nothing until it is enabled."""
        return self._patience.call(lambda: self._provider.disable(key))

    def enable(self, key: str) -> None:
        """Take back what `disable` did."""
        self._patience.call(lambda: self._provider.enable(key))

    def destroy(self, key: str) -> Destroyed:
        """Destroy every version, for ever."""
        return self._patience.call(lambda: self._provider.destroy(key))

    def health(self, key: str) -> None:
        """Raises what stands in the way of using the key; asked once."""
        self._provider.health(key)

    def close(self) -> None:
        """Let go of connections."""
        self._provider.close()
