"""The documents that say which keys there are, where they lie, and for whom they open."""

from streamward.model.document import DocumentKind
from streamward.model.keys import AccessClass, KeyProvider, KeyRing, KeyStore
from streamward.model.signing import SigningKey

DOCUMENT_KINDS = (
    DocumentKind("AccessClass", AccessClass, room="keys"),
    DocumentKind("KeyProvider", KeyProvider, room="keys"),
    DocumentKind("KeyRing", KeyRing, room="keys"),
    DocumentKind("KeyStore", KeyStore, room="keys"),
    DocumentKind("SigningKey", SigningKey, room="keys"),
)
