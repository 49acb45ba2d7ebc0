"""The document that a bundle has exactly one of: its own head."""

from collections.abc import Iterator

from streamward.model.document import Bundle, DocumentKind, Mistake, Place
from streamward.model.manifest import Manifest

DOCUMENT_KINDS = (DocumentKind("Bundle", Manifest, room="bundle"),)


def one_head(bundle: Bundle) -> Iterator[Mistake]:
    """Exactly one document of kind Bundle."""
    heads = bundle.documents_of(Manifest)
    if not heads and not bundle.names("Bundle"):
        yield Mistake(
            Place("streamward.yaml", 1),
            "no document of kind Bundle",
            "Bundle",
            "add one with `name`, `environment` and `owner`, in `streamward.yaml` for example",
        )
    for head in heads[1:]:
        first = heads[0].place()
        yield head.mistake(
            "a bundle has one document of kind Bundle", suggestion=f"first in {first}"
        )


CHECKS = (one_head,)
