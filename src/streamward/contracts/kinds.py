"""The documents that say what streams carry."""

from streamward.model.document import DocumentKind
from streamward.model.stream import DataClass, Namespace, Stream

DOCUMENT_KINDS = (
    DocumentKind("DataClass", DataClass, room="contracts"),
    DocumentKind("Namespace", Namespace, room="contracts", key=("prefix",)),
    DocumentKind("Stream", Stream, room="contracts", key=("name", "prefix")),
)
