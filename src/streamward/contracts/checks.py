"""What must hold between streams, their classes and the controls that these require."""

import datetime
from collections.abc import Iterator

from streamward import clock
from streamward.contracts import (
    contract_checks,
    coverage_checks,
    dead_letter_checks,
    mask_checks,
    registry_checks,
    seal_checks,
    sign_checks,
)
from streamward.contracts.classification import declarations_of
from streamward.model.document import Bundle, Document, Mistake
from streamward.model.stream import DataClass, Level, Namespace, Stream
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


def overdue_reviews(bundle: Bundle) -> Iterator[Mistake]:
    """Classes that nobody has looked at for longer than was declared."""
    today = datetime.datetime.fromtimestamp(clock.now_milliseconds() / 1000, tz=datetime.UTC).date()
    for document in bundle.documents_of(DataClass):
        assert isinstance(document.value, DataClass)
        review = document.value.review_by
        if review is not None and review < today:
            yield document.mistake(
                f"the review of the data class `{document.name}` was due on {review}",
                "review_by",
                suggestion="look whether level, owner and controls still hold; set the next day",
                severity="warning",
            )


_SENSITIVE = Level.CONFIDENTIAL.rank


def public_beside_sensitive(bundle: Bundle) -> Iterator[Mistake]:
    """A public class on a stream that carries something else too, by itself or by a prefix."""
    levels = {it.name: it.level for it in bundle.of(DataClass)}
    worse_than_internal = {name for name, it in levels.items() if it.rank >= _SENSITIVE}
    for document in bundle.documents_of(Stream):
        stream = document.value
        assert isinstance(stream, Stream)
        own = [name for name in stream.classes if levels.get(name) is Level.PUBLIC]
        if not own or bundle.broken:
            continue
        for other in declarations_of(bundle, document.name):
            worse = [name for name in other.classes if name in worse_than_internal]
            if worse:
                via = "" if other is stream else f" by the prefix `{other.prefix}`"
                yield document.mistake(
                    f"`{document.name}` is declared public, and carries `{worse[0]}` too{via}",
                    "classes",
                    stream.classes.index(own[0]),
                    suggestion=f"remove `{own[0]}`, or move the stream out of that prefix",
                    severity="warning",
                )
                break


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
    overdue_reviews,
    public_beside_sensitive,
    repeated_classes,
    tls_where_required,
    foreign_streams,
    *seal_checks.CHECKS,
    *dead_letter_checks.CHECKS,
    *sign_checks.CHECKS,
    *contract_checks.CHECKS,
    *registry_checks.CHECKS,
    *mask_checks.CHECKS,
    *coverage_checks.CHECKS,
)
