"""Where what is refused of a stream is copied to: as its document, a prefix or a class says."""

from collections.abc import Iterator

from streamward.contracts.contract import contracts, sources_of, validation_of
from streamward.contracts.sealing import (
    ByStream,
    by_stream,
    of_its_classes,
    of_longest_prefix,
    sealing_of,
    text_of,
)
from streamward.contracts.signing import signing_of
from streamward.model.document import Bundle
from streamward.model.stream import DataClass, Stream


def dead_letter_candidates(bundle: Bundle, declared: Stream) -> tuple[str, ...]:
    """The streams that are to take what is refused; more than one is a contradiction."""
    if declared.dead_letter is not None:
        return (declared.dead_letter,)
    around = of_longest_prefix(bundle.once(_of_prefixes), text_of(declared))
    if around is not None:
        found = [around]
    else:
        found = of_its_classes(bundle, declared, bundle.once(_of_classes))
    # A stream that takes them carries the same classes, and may have the same prefix.
    return tuple(name for name in dict.fromkeys(found) if name != declared.name)


def _of_prefixes(bundle: Bundle) -> dict[str, str]:
    declared = reversed(bundle.of(Stream))  # of two with one prefix, the first
    return {one.prefix: one.dead_letter for one in declared if one.prefix and one.dead_letter}


def _of_classes(bundle: Bundle) -> dict[str, str]:
    declared = reversed(bundle.of(DataClass))  # of two with one name, the first
    return {one.name: one.dead_letter for one in declared if one.dead_letter}


def dead_letter_of(bundle: Bundle, declared: Stream) -> str | None:
    """The stream that takes what is refused of the streams of a document; None: nothing does."""
    return next(iter(dead_letter_candidates(bundle, declared)), None)


def streams_with_dead_letters(bundle: Bundle) -> Iterator[tuple[Stream, str]]:
    """Every document whose streams have dead letters, and the stream that takes them."""
    for declared in bundle.of(Stream):
        target = dead_letter_of(bundle, declared)
        if target is not None:
            yield declared, target


def dead_letter_on(bundle: Bundle, stream: str) -> str | None:
    """The stream that takes what is refused of a topic; None: nothing is copied."""
    target = bundle.once(_targets).on(stream)
    return None if target == stream else target


def _targets(bundle: Bundle) -> ByStream[str]:
    return by_stream(streams_with_dead_letters(bundle))


def refuses(bundle: Bundle, declared: Stream) -> bool:
    """Whether any record of a document's streams can be refused for what it is."""
    seal, sign = sealing_of(bundle, declared), signing_of(bundle, declared)
    if seal is not None and seal.on_violation == "refuse":
        return True
    # Who does not sign as it must is refused on write, whatever becomes of it on read.
    if sign is not None and (sign.on_violation == "refuse" or sign.by == "producer"):
        return True
    for _, contract in contracts(bundle):
        said, stream = validation_of(contract), contract.object.stream
        below = declared.prefix is not None and stream.startswith(declared.prefix)
        held = "refuse" in (said.write, said.read) and any(sources_of(contract))
        if held and (stream == declared.name or below):
            return True
    return False
