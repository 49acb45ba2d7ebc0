"""The documents that say where brokers are, where clients connect, and how much they may ask."""

from streamward.model.audit_log import AuditLog
from streamward.model.control_door import ControlDoor
from streamward.model.document import DocumentKind
from streamward.model.limits import Quota
from streamward.model.secret_store import SecretStore
from streamward.model.topology import Cluster, Listener, Metrics

DOCUMENT_KINDS = (
    DocumentKind("AuditLog", AuditLog, room="gateway"),
    DocumentKind("Cluster", Cluster, room="gateway"),
    DocumentKind("ControlDoor", ControlDoor, room="gateway"),
    DocumentKind("Listener", Listener, room="gateway"),
    DocumentKind("Metrics", Metrics, room="gateway"),
    DocumentKind("SecretStore", SecretStore, room="gateway"),
    DocumentKind("Quota", Quota, room="gateway", key=("id",)),
)
