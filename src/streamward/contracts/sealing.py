"""How a stream is sealed: by its own document, by that of a prefix, or by one of its classes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from streamward.contracts.classification import classes_of
from streamward.model.document import Bundle
from streamward.model.sealing import Sealing
from streamward.model.stream import DataClass, Namespace, Stream

NAME_CHARACTERS_MAX: Final = 249
"""Longest name of a Kafka topic."""

T = TypeVar("T")


def text_of(declared: Stream) -> str:
    """The name or the prefix of a document."""
    return declared.name or declared.prefix or ""


def classes_under(bundle: Bundle, declared: Stream) -> tuple[str, ...]:
    """The classes of every topic that a document speaks of; those of the prefixes it has too."""
    # Each of a dozen checks asks it of every stream.
    known = bundle.once(_known_classes)
    key = text_of(declared), declared.classes
    found = known.get(key)
    if found is None:
        found = known[key] = tuple(sorted({*declared.classes, *classes_of(bundle, key[0])}))
    return found


def _known_classes(_: Bundle) -> dict[tuple[str, tuple[str, ...]], tuple[str, ...]]:
    return {}


def of_its_classes(bundle: Bundle, declared: Stream, said: Mapping[str, T]) -> list[T]:
    """What is said of the classes of every topic that a document speaks of."""
    if not said:
        return []
    return [said[name] for name in classes_under(bundle, declared) if name in said]


def candidates(bundle: Bundle, declared: Stream) -> tuple[Sealing, ...]:
    """The ways of sealing that hold for a document; more than one is a contradiction."""
    if declared.seal is not None:
        return (declared.seal,)
    around = of_longest_prefix(bundle.once(_seals_of_prefixes), text_of(declared))
    if around is not None:
        return (around,)
    found = of_its_classes(bundle, declared, bundle.once(_seals_of_classes))
    return tuple(seal for index, seal in enumerate(found) if seal not in found[:index])


def _seals_of_prefixes(bundle: Bundle) -> dict[str, Sealing]:
    declared = reversed(bundle.of(Stream))  # of two with one prefix, the first
    return {one.prefix: one.seal for one in declared if one.prefix is not None and one.seal}


def _seals_of_classes(bundle: Bundle) -> dict[str, Sealing]:
    declared = reversed(bundle.of(DataClass))  # of two with one name, the first
    return {one.name: one.seal for one in declared if one.seal is not None}


def of_longest_prefix(by_prefix: Mapping[str, T], text: str) -> T | None:
    """What is said of the longest prefix that a text has."""
    if not by_prefix:
        return None
    for length in range(min(len(text), NAME_CHARACTERS_MAX), -1, -1):
        found = by_prefix.get(text[:length])
        if found is not None:
            return found
    return None


@dataclass(frozen=True, slots=True)
class ByStream(Generic[T]):
    """What documents of streams say, to be found for a topic."""

    by_name: Mapping[str, T]
    by_prefix: Mapping[str, T]

    def on(self, stream: str) -> T | None:
        """What the document of its name says of a topic, or else that of its longest prefix."""
        return self.by_name.get(stream) or of_longest_prefix(self.by_prefix, stream)


def by_stream(said: Iterable[tuple[Stream, T]]) -> ByStream[T]:
    """Finds it by topic; of two documents with one name or prefix the first counts."""
    by_name: dict[str, T] = {}
    by_prefix: dict[str, T] = {}
    for declared, one in said:
        if declared.name is not None:
            by_name.setdefault(declared.name, one)
        if declared.prefix is not None:
            by_prefix.setdefault(declared.prefix, one)
    return ByStream(by_name, by_prefix)


def sealing_of(bundle: Bundle, declared: Stream) -> Sealing | None:
    """How the streams of a document are sealed; None: they are not."""
    return next(iter(candidates(bundle, declared)), None)


def sealed_streams(bundle: Bundle) -> Iterator[tuple[Stream, Sealing]]:
    """Every document whose streams are sealed, and how.

    A topic is sealed as the document of its name says, or else that of its longest prefix: a
    document takes over what the prefixes around it say, so none of these is left out by it.
    """
    for declared in bundle.of(Stream):
        seal = sealing_of(bundle, declared)
        if seal is not None:
            yield declared, seal


def tenant_of(bundle: Bundle, text: str) -> str | None:
    """The tenant that owns a name: that of the longest namespace that it starts with."""
    return of_longest_prefix(bundle.once(_tenants_of_prefixes), text)


def _tenants_of_prefixes(bundle: Bundle) -> dict[str, str]:
    return {one.prefix: one.tenant for one in bundle.of(Namespace)}
