"""What of a client's own may be used through the client that wraps it."""

from typing import Any, ClassVar


class Wrapped:
    """A client behind another one, which hands on what is listed.

    SECURITY: whatever isn't listed is refused, for a library may grow another way in or out of
    which records would pass unsealed, unopened or unverified.
    """

    _handed_on: ClassVar[frozenset[str]]

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name in self._handed_on:
            return getattr(self._client, name)
        what = f"`{type(self).__name__}` has no `{name}`"
        if not name.startswith("_") and hasattr(self._client, name):
            what += ": records would pass by it as they are; use its own methods"
        raise AttributeError(what)
