"""Which classes a stream carries, and how sensitive that makes it."""

from collections.abc import Mapping
from dataclasses import dataclass

from streamward.model.document import Bundle
from streamward.model.stream import DataClass, Level, Stream


def declarations_of(bundle: Bundle, stream: str) -> tuple[Stream, ...]:
    """The documents that speak of a stream: by its name, or by a prefix that it starts with."""
    return bundle.once(_declared).speaking_of(stream)


@dataclass(frozen=True, slots=True)
class _Declared:
    """The documents of streams, by what they are for, each with its place among them."""

    by_name: Mapping[str, list[tuple[int, Stream]]]
    by_prefix: Mapping[str, list[tuple[int, Stream]]]
    prefix_length_max: int

    def speaking_of(self, stream: str) -> tuple[Stream, ...]:
        found = list(self.by_name.get(stream, ()))
        for length in range(min(len(stream), self.prefix_length_max) + 1):
            found += self.by_prefix.get(stream[:length], ())
        found.sort(key=lambda each: each[0])
        return tuple(declared for _, declared in found)


def _declared(bundle: Bundle) -> _Declared:
    by_name: dict[str, list[tuple[int, Stream]]] = {}
    by_prefix: dict[str, list[tuple[int, Stream]]] = {}
    for place, declared in enumerate(bundle.of(Stream)):
        if declared.name is not None:
            by_name.setdefault(declared.name, []).append((place, declared))
        if declared.prefix is not None:
            by_prefix.setdefault(declared.prefix, []).append((place, declared))
    return _Declared(by_name, by_prefix, max(map(len, by_prefix), default=-1))


def classes_of(bundle: Bundle, stream: str) -> tuple[str, ...]:
    """The classes that a stream carries, from its own document and those of its prefixes."""
    found = {name for declared in declarations_of(bundle, stream) for name in declared.classes}
    return tuple(sorted(found))


def level_of(bundle: Bundle, stream: str) -> Level:
    """The highest level of a stream's classes; restricted where nothing is known of it."""
    classes = classes_of(bundle, stream)
    if not classes:
        return Level.RESTRICTED
    found = [bundle.find(DataClass, name) for name in classes]
    levels = [Level.RESTRICTED if each is None else each.level for each in found]
    return max(levels, key=lambda level: level.rank)


def streams_carrying(bundle: Bundle, data_class: str) -> tuple[Stream, ...]:
    """The documents of streams that carry a class."""
    return tuple(stream for stream in bundle.of(Stream) if data_class in stream.classes)
