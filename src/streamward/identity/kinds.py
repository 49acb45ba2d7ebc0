"""The documents that say who may call."""

from streamward.model.authority import CertificateAuthority
from streamward.model.credentials import CredentialClass, IdentityStore
from streamward.model.device_inventory import DeviceInventory
from streamward.model.document import DocumentKind
from streamward.model.principal import Principal, Role, Tenant
from streamward.model.token_issuer import TokenIssuer

DOCUMENT_KINDS = (
    DocumentKind("Tenant", Tenant, room="identity"),
    DocumentKind("Role", Role, room="identity"),
    DocumentKind("CertificateAuthority", CertificateAuthority, room="identity"),
    DocumentKind("Principal", Principal, room="identity"),
    DocumentKind("TokenIssuer", TokenIssuer, room="identity"),
    DocumentKind("DeviceInventory", DeviceInventory, room="identity"),
    DocumentKind("IdentityStore", IdentityStore, room="identity"),
    DocumentKind("CredentialClass", CredentialClass, room="identity"),
)
