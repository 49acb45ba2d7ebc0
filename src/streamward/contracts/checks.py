"""What must hold between streams, their classes and the controls that these require."""

from collections.abc import Iterator

from streamward.contracts import contract_checks, seal_checks
from streamward.model.document import Bundle, Document, Mistake
from streamward.model.stream import DataClass, Namespace, Stream
from streamward.model.topology import Listener


def unclassified_streams(bundle: Bundle) -> Iterator[Mistake]:
    """Streams that carry no class: they are treated as restricted."""
    for document in bundle.documents_of(Stream):
        assert isinstance(document.value, Stream)
        if not document.value.classes:
            yield document.mistake(
                f"`{document.name}` carries no data class, so it counts as restricted",
                suggestion="add `classes:` with what the stream carries",
                severity="warning",
            )


def ownerless_classes(bundle: Bundle) -> Iterator[Mistake]:
    """Classes that nobody answers for."""
    for document in bundle.documents_of(DataClass):
        assert isinstance(document.value, DataClass)
        if document.value.owner is None:
            yield document.mistake(
                f"nobody answers for the data class `{document.name}`",
                suggestion="add `owner:`",
                severity="warning",
            )


def repeated_classes(bundle: Bundle) -> Iterator[Mistake]:
    """A stream that names one class twice."""
    for document in bundle.documents_of(Stream):
        assert isinstance(document.value, Stream)
        seen: set[str] = set()
        for index, name in enumerate(document.value.classes):
            if name in seen:
                what = f"data class `{name}` stands twice"
                yield document.mistake(what, "classes", index, suggestion="remove one")
            seen.add(name)


def tls_where_required(bundle: Bundle) -> Iterator[Mistake]:
    """Streams whose class requires TLS, while clients can come in without."""
    plain = [d for d in bundle.documents_of(Listener) if _is_plain(d)]
    if not plain:
        return
    requiring = {c.name for c in bundle.of(DataClass) if c.requires.tls}
    for document in bundle.documents_of(Stream):
        assert isinstance(document.value, Stream)
        for index, name in enumerate(document.value.classes):
            if name in requiring:
                what = f"`{document.name}` carries `{name}`, which requires TLS"
                offers = f"listener `{plain[0].name}` at {plain[0].place()} has none"
                yield document.mistake(f"{what}, but {offers}", "classes", index, suggestion=_ADD)


_ADD = "add `tls:` to the listener, or remove it"


def _is_plain(document: Document) -> bool:
    return isinstance(document.value, Listener) and document.value.tls is None


def foreign_streams(bundle: Bundle) -> Iterator[Mistake]:
    """Streams outside of every namespace: no tenant owns their names."""
    prefixes = [namespace.prefix for namespace in bundle.of(Namespace)]
    if not prefixes:
        return
    for document in bundle.documents_of(Stream):
        if not any(document.name.startswith(prefix) for prefix in prefixes):
            yield document.mistake(
                f"`{document.name}` is in no namespace, so no tenant owns it",
                suggestion="declare a Namespace whose prefix it starts with",
                severity="warning",
            )


CHECKS = (
    unclassified_streams,
    ownerless_classes,
    repeated_classes,
    tls_where_required,
    foreign_streams,
    *seal_checks.CHECKS,
    *contract_checks.CHECKS,
)
