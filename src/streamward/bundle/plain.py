"""Plain documents, read by the compiled module; where their parts stand is found out when asked.

That is most often never: a place is told with a mistake, and most documents have none.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from streamward.model.document import FieldPath, Place


def read(text: str, date: Callable[[str], Any]) -> tuple[Any, int] | None:
    """What a document says, and the lines before its first key; None: it isn't plain."""
    found = _reader()
    return None if found is None else found(text, date)


@functools.cache
def _reader() -> Any:
    try:
        from streamward import _core
    except ImportError:
        return None
    return _core.plain_document


class Places(Mapping[FieldPath, Place]):
    """The place of the whole, and of its parts once one of them is asked for."""

    __slots__ = ("_find", "_known")

    def __init__(self, start: Place, find: Callable[[], Mapping[FieldPath, Place]]) -> None:
        self._known: Mapping[FieldPath, Place] = {(): start}
        self._find: Callable[[], Mapping[FieldPath, Place]] | None = find

    def _all(self) -> Mapping[FieldPath, Place]:
        if self._find is not None:
            self._known, self._find = self._find(), None
        return self._known

    def __getitem__(self, path: FieldPath) -> Place:
        return (self._all() if path else self._known)[path]

    def __iter__(self) -> Iterator[FieldPath]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
