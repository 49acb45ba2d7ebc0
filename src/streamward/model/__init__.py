"""The nouns that all rooms share. Pure: no I/O, no clock."""

from streamward.model.action import Action, ResourceType, action_of, applies, implied
from streamward.model.decision import Decision, Effect
from streamward.model.document import (
    Bundle,
    Check,
    Document,
    DocumentKind,
    FileKind,
    Mistake,
    Noun,
    Place,
    SourceFile,
)
from streamward.model.grant import Grant
from streamward.model.manifest import Environment, Manifest
from streamward.model.network import Network
from streamward.model.principal import (
    BrokerCredential,
    CertificateCredential,
    Credential,
    PasswordCredential,
    Principal,
    PrincipalType,
    Role,
    Tenant,
    UnixUserCredential,
)
from streamward.model.resource import Resource
from streamward.model.stream import DataClass, Level, Namespace, Requirements, Stream
from streamward.model.topology import Cluster, Listener

__all__ = [
    "Action",
    "BrokerCredential",
    "Bundle",
    "CertificateCredential",
    "Check",
    "Cluster",
    "Credential",
    "DataClass",
    "Decision",
    "Document",
    "DocumentKind",
    "Effect",
    "Environment",
    "FileKind",
    "Grant",
    "Level",
    "Listener",
    "Manifest",
    "Mistake",
    "Namespace",
    "Network",
    "Noun",
    "PasswordCredential",
    "Place",
    "Principal",
    "PrincipalType",
    "Requirements",
    "Resource",
    "ResourceType",
    "Role",
    "SourceFile",
    "Stream",
    "Tenant",
    "UnixUserCredential",
    "action_of",
    "applies",
    "implied",
]
