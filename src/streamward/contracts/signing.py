"""How a stream is signed: by its own document, by that of a prefix, or by one of its classes."""

from collections.abc import Iterator

from streamward.contracts.sealing import classes_under, text_of
from streamward.model.document import Bundle
from streamward.model.signing import Signing
from streamward.model.stream import DataClass, Stream


def signing_candidates(bundle: Bundle, declared: Stream) -> tuple[Signing, ...]:
    """The ways of signing that hold for a document; more than one is a contradiction."""
    if declared.sign is not None:
        return (declared.sign,)
    text = text_of(declared)
    around = [
        (other.prefix, other.sign)
        for other in bundle.of(Stream)
        if other.sign is not None and other.prefix is not None and text.startswith(other.prefix)
    ]
    if around:
        return (max(around, key=lambda each: len(each[0]))[1],)
    classes = (bundle.find(DataClass, name) for name in classes_under(bundle, declared))
    found = [each.sign for each in classes if each is not None and each.sign is not None]
    return tuple(sign for index, sign in enumerate(found) if sign not in found[:index])


def signing_of(bundle: Bundle, declared: Stream) -> Signing | None:
    """How the streams of a document are signed; None: they are not."""
    return next(iter(signing_candidates(bundle, declared)), None)


def signed_streams(bundle: Bundle) -> Iterator[tuple[Stream, Signing]]:
    """Every document whose streams are signed, and how; a topic is one of them as it is sealed."""
    for declared in bundle.of(Stream):
        sign = signing_of(bundle, declared)
        if sign is not None:
            yield declared, sign
