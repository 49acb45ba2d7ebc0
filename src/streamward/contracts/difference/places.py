"""Where a bundle says what it does with records of a topic, as `FILE:LINE`."""

from collections.abc import Iterable

from streamward.contracts.classification import classes_of
from streamward.contracts.contract import contracts
from streamward.contracts.sealing import ByStream, by_stream, sealing_of
from streamward.model.document import Bundle, Document, Noun
from streamward.model.keys import AccessClass, KeyRing
from streamward.model.manifest import Manifest
from streamward.model.stream import DataClass, Stream


def of_seal(bundle: Bundle, topic: str) -> str:
    """What says how it is sealed, or else what says anything of it."""
    sealed, declared = bundle.once(_stream_documents)
    document = sealed.on(topic) or declared.on(topic)
    if document is None:
        return _head(bundle)
    value = document.value
    if isinstance(value, Stream) and value.seal is None:
        for name in classes_of(bundle, topic):
            found = _named(bundle, DataClass, name)
            if isinstance(found, Document) and getattr(found.value, "seal", None) is not None:
                return _line(found, "seal")
    return _line(document, "seal")


def of_ring(bundle: Bundle, ring: str) -> str:
    """What says for whom a ring opens."""
    document = _named(bundle, KeyRing, ring)
    return _head(bundle) if document is None else _line(document, "access_class")


def of_contract(bundle: Bundle, topic: str, *path: str | int) -> str:
    """A field in the contract of a topic, or where there is none what says anything of it."""
    document = bundle.once(_contracts).get(topic)
    return of_seal(bundle, topic) if document is None else _line(document, *(path or ("schema", 0)))


def of_readers(old: Bundle, new: Bundle, access_classes: Iterable[str], topic: str) -> str:
    """The first of these access classes that names other readers; else, of roles, the first."""
    documents = [_named(new, AccessClass, name) for name in sorted(access_classes)]
    found = [it for it in documents if it is not None]
    changed = [it for it in found if it.value != old.find(AccessClass, it.name)]
    document = next(iter(changed or found), None)
    return of_seal(new, topic) if document is None else _line(document, "readers")


def _contracts(bundle: Bundle) -> dict[str, Document]:
    return {
        contract.object.stream: document for document, contract in reversed([*contracts(bundle)])
    }


def _named(bundle: Bundle, kind: type[Noun], name: str) -> Document | None:
    return bundle.once(_by_name).get((kind, name))


def _by_name(bundle: Bundle) -> dict[tuple[type[Noun], str], Document]:
    kinds = (AccessClass, DataClass, KeyRing)
    return {(kind, it.name): it for kind in kinds for it in bundle.documents_of(kind)}


def _stream_documents(bundle: Bundle) -> tuple[ByStream[Document], ByStream[Document]]:
    """Documents of streams that are sealed, and all of them."""
    every = [(it.value, it) for it in bundle.documents_of(Stream) if isinstance(it.value, Stream)]
    sealed = [each for each in every if sealing_of(bundle, each[0]) is not None]
    return by_stream(sealed), by_stream(every)


def _head(bundle: Bundle) -> str:
    head = next(iter(bundle.documents_of(Manifest)), None)
    return "streamward.yaml:1" if head is None else _line(head)


def _line(document: Document, *path: str | int) -> str:
    place = document.place(*path)
    return f"{place.file}:{place.line}"
