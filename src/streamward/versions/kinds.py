"""The document that says where versions are kept, and what must hold of it."""

from collections.abc import Iterator

from streamward.model.document import Bundle, DocumentKind, Mistake
from streamward.model.version_history import VersionHistory

DOCUMENT_KINDS = (DocumentKind("VersionHistory", VersionHistory, room="versions"),)


def one_history(bundle: Bundle) -> Iterator[Mistake]:
    """A bundle has one history."""
    for document in bundle.documents_of(VersionHistory)[1:]:
        yield document.mistake(
            "a bundle has at most one document of kind VersionHistory",
            suggestion="remove one of them",
        )


def another_key_than_before(bundle: Bundle) -> Iterator[Mistake]:
    """Previous keys are other keys, and there is a present one."""
    for document in bundle.documents_of(VersionHistory):
        history = document.value
        assert isinstance(history, VersionHistory)
        for index, previous in enumerate(history.previous_keys):
            if history.key is None:
                what = "`previous_keys` without `key`: there is no key to change to"
                yield document.mistake(what, "previous_keys", suggestion="declare `key`")
                break
            if previous == history.key:
                what = "a previous key is the same as `key`"
                yield document.mistake(what, "previous_keys", index, suggestion="remove it")


CHECKS = (one_history, another_key_than_before)
