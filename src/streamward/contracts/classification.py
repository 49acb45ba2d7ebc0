"""Which classes a stream carries, and how sensitive that makes it."""

from streamward.model.document import Bundle
from streamward.model.stream import DataClass, Level, Stream


def declarations_of(bundle: Bundle, stream: str) -> tuple[Stream, ...]:
    """The documents that speak of a stream: by its name, or by a prefix that it starts with."""
    return tuple(
        declared
        for declared in bundle.of(Stream)
        if declared.name == stream
        or (declared.prefix is not None and stream.startswith(declared.prefix))
    )


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
