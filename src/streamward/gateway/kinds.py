"""The documents that say where brokers are and where clients connect."""

from streamward.model.document import DocumentKind
from streamward.model.topology import Cluster, Listener

DOCUMENT_KINDS = (
    DocumentKind("Cluster", Cluster, room="gateway"),
    DocumentKind("Listener", Listener, room="gateway"),
)
