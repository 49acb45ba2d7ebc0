"""Bounded memory for detectors, keyed on the time of events and saved as JSON."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

KEYS_MAX: Final = 10_000
"""Entities that one detector remembers; the one least recently seen goes first."""

PAIRS_MAX: Final = 100_000
"""Pairs that a first-seen set remembers."""


class DistinctWindow:
    """For each key the distinct values seen within a sliding window of event time.

    At most `values_max` values a key (the oldest go first) and `keys_max` keys.
    """

    def __init__(self, window_milliseconds: int, values_max: int, keys_max: int = KEYS_MAX) -> None:
        self._window = window_milliseconds
        self._values_max = values_max
        self._keys_max = keys_max
        self._keys: OrderedDict[str, OrderedDict[str, tuple[int, int]]] = OrderedDict()

    def add(self, key: str, value: str, time: int, index: int) -> tuple[int, ...]:
        """Note a value; returns the entries of the distinct values now in the window, in order."""
        values = self._keys.setdefault(key, OrderedDict())
        self._keys.move_to_end(key)
        values[value] = (time, index)
        values.move_to_end(value)
        expired = [name for name, (seen, _) in values.items() if seen <= time - self._window]
        for name in expired:
            del values[name]
        while len(values) > self._values_max:
            values.popitem(last=False)
        while len(self._keys) > self._keys_max:
            self._keys.popitem(last=False)
        return tuple(entry for _, entry in values.values())

    def forget(self, key: str) -> None:
        """Drop a key."""
        self._keys.pop(key, None)

    def save(self) -> list[Any]:
        """As JSON; the order is part of the state."""
        return [
            [key, [[value, time, index] for value, (time, index) in values.items()]]
            for key, values in self._keys.items()
        ]

    def load(self, saved: list[Any]) -> None:
        """Take up what `save` gave."""
        self._keys = OrderedDict(
            (str(key), OrderedDict((str(v), (int(t), int(i))) for v, t, i in values))
            for key, values in saved
        )


class FirstSeen:
    """A set of texts that forgets the one least recently seen; that can only repeat a finding."""

    def __init__(self, items_max: int = PAIRS_MAX) -> None:
        self._items_max = items_max
        self._items: OrderedDict[str, None] = OrderedDict()

    def add(self, item: str) -> bool:
        """Note an item; True where it was not there."""
        new = item not in self._items
        self._items[item] = None
        self._items.move_to_end(item)
        while len(self._items) > self._items_max:
            self._items.popitem(last=False)
        return new

    def save(self) -> list[str]:
        """As JSON."""
        return list(self._items)

    def load(self, saved: list[Any]) -> None:
        """Take up what `save` gave."""
        self._items = OrderedDict((str(item), None) for item in saved)


class QuietPeriods:
    """Until when (event time) an entity raises no further alert."""

    def __init__(self, quiet_milliseconds: int, keys_max: int = KEYS_MAX) -> None:
        self._quiet = quiet_milliseconds
        self._keys_max = keys_max
        self._until: OrderedDict[str, int] = OrderedDict()

    def pass_through(self, key: str, time: int) -> bool:
        """Whether a finding at this time may be raised; if so, the quiet period begins."""
        if time < self._until.get(key, time):
            return False
        self._until[key] = time + self._quiet
        self._until.move_to_end(key)
        while len(self._until) > self._keys_max:
            self._until.popitem(last=False)
        return True

    def save(self) -> dict[str, int]:
        """As JSON."""
        return dict(self._until)

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        self._until = OrderedDict((str(key), int(until)) for key, until in saved.items())
