"""Checks that hold for every kind: names are unique, and what is referred to exists."""

import functools
from collections.abc import Iterator

from streamward.model.document import Bundle, Document, FieldPath, Mistake, RefersTo
from streamward.model.marks import marked, marked_fields
from streamward.model.nearest import meant


def duplicates(bundle: Bundle) -> Iterator[Mistake]:
    """Two documents of one kind with the same name, also where one is broken otherwise."""
    documents = bundle.documents
    if bundle.parts:
        named = (part.document for part in bundle.parts if part.document.name)
        documents = tuple(sorted((*documents, *named), key=Document.place))
    seen: dict[tuple[str, str], Document] = {}
    for document in documents:
        first = seen.setdefault((document.kind, document.name), document)
        if first is not document:
            yield document.mistake(
                f"`{document.name}` is declared twice",
                suggestion=f"first in {first.place()}; rename or remove one",
            )


def unknown_references(bundle: Bundle) -> Iterator[Mistake]:
    """Names of documents that stand nowhere.

    A broken document counts as being there, and what it names itself must be there too.
    """
    names_of = functools.cache(bundle.names)
    for document, path, mark, name in _references(bundle):
        names = names_of(mark.kind)
        if name not in names:
            yield document.mistake(
                f"there is no {mark.kind} `{name}`",
                *path,
                suggestion=meant(name, names) or f"declare a document of kind {mark.kind}",
            )


def _references(bundle: Bundle) -> Iterator[tuple[Document, FieldPath, RefersTo, str]]:
    for document in bundle.documents:
        for path, mark, name in marked(document.value, RefersTo):
            yield document, path, mark, name
    for part in bundle.parts:
        for path, mark, name in marked_fields(part.kind.model, part.fields, RefersTo):
            yield part.document, path, mark, name
