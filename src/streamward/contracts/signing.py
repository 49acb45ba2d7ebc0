"""How a stream is signed: by its own document, by that of a prefix, or by one of its classes."""

from collections.abc import Iterator

from streamward.contracts.sealing import of_its_classes, of_longest_prefix, text_of
from streamward.model.document import Bundle
from streamward.model.signing import Signing
from streamward.model.stream import DataClass, Stream


def signing_candidates(bundle: Bundle, declared: Stream) -> tuple[Signing, ...]:
    """The ways of signing that hold for a document; more than one is a contradiction."""
    if declared.sign is not None:
        return (declared.sign,)
    around = of_longest_prefix(bundle.once(_signs_of_prefixes), text_of(declared))
    if around is not None:
        return (around,)
    found = of_its_classes(bundle, declared, bundle.once(_signs_of_classes))
    return tuple(sign for index, sign in enumerate(found) if sign not in found[:index])


def _signs_of_prefixes(bundle: Bundle) -> dict[str, Signing]:
    declared = reversed(bundle.of(Stream))  # of two with one prefix, the first
    return {one.prefix: one.sign for one in declared if one.prefix is not None and one.sign}


def _signs_of_classes(bundle: Bundle) -> dict[str, Signing]:
    declared = reversed(bundle.of(DataClass))  # of two with one name, the first
    return {one.name: one.sign for one in declared if one.sign is not None}


def signing_of(bundle: Bundle, declared: Stream) -> Signing | None:
    """How the streams of a document are signed; None: they are not."""
    return next(iter(signing_candidates(bundle, declared)), None)


def signed_streams(bundle: Bundle) -> Iterator[tuple[Stream, Signing]]:
    """Every document whose streams are signed, and how; a topic is one of them as it is sealed."""
    for declared in bundle.of(Stream):
        sign = signing_of(bundle, declared)
        if sign is not None:
            yield declared, sign
