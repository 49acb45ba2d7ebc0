"""The documents that say what streams carry."""

from streamward.contracts.schema_files import SCHEMA_FILE
from streamward.model.contract import DataContract
from streamward.model.document import DocumentKind
from streamward.model.schema_registry import SchemaRegistry
from streamward.model.stream import DataClass, Namespace, Stream

DOCUMENT_KINDS = (
    DocumentKind("DataClass", DataClass, room="contracts"),
    DocumentKind("Namespace", Namespace, room="contracts", key=("prefix",)),
    DocumentKind("Stream", Stream, room="contracts", key=("name", "prefix")),
    DocumentKind("DataContract", DataContract, room="contracts", key=("id",)),
    DocumentKind("SchemaRegistry", SchemaRegistry, room="contracts"),
)

FILE_KINDS = (SCHEMA_FILE,)
