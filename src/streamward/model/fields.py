"""The types of fields that several nouns share."""

from typing import Annotated

from pydantic import StringConstraints

from streamward.model.document import Material, RefersTo

Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$")
]
"""A name that people choose: letters, digits and `. _ @ -`, starting with a letter or digit."""

StreamText = Annotated[
    str, StringConstraints(min_length=1, max_length=249, pattern=r"^[A-Za-z0-9._-]+$")
]
"""What Kafka allows in the name of a topic."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]

_REFERENCE = StringConstraints(max_length=1000, pattern=r"^(file|env|vault|aws-sm):.+$")
_X509_REFERENCE = StringConstraints(max_length=1000, pattern=r"^(file|env|vault|aws-sm|spiffe):.+$")
CertificateReference = Annotated[str, _X509_REFERENCE, Material("certificate")]
AuthorityReference = Annotated[str, _X509_REFERENCE, Material("ca")]
RevocationListReference = Annotated[str, _REFERENCE, Material("crl")]
KeyReference = Annotated[str, _X509_REFERENCE, Material("key")]
VerifierReference = Annotated[str, _REFERENCE, Material("verifier")]
RecordKeyReference = Annotated[str, _REFERENCE, Material("record_key")]
PublicKeyReference = Annotated[str, _REFERENCE, Material("public_key")]
SigningKeyReference = Annotated[str, _REFERENCE, Material("signing_key")]
StoreKeyReference = Annotated[str, _REFERENCE, Material("store_key")]
DatabaseReference = Annotated[str, _REFERENCE, Material("database_url")]
MaskSecretReference = Annotated[str, _REFERENCE, Material("mask_secret")]
PasswordReference = Annotated[str, _REFERENCE, Material("password")]

AccessClassName = Annotated[Name, RefersTo("AccessClass")]
AuthorityName = Annotated[Name, RefersTo("CertificateAuthority")]
ClassName = Annotated[Name, RefersTo("DataClass")]
ClusterName = Annotated[Name, RefersTo("Cluster")]
KeyProviderName = Annotated[Name, RefersTo("KeyProvider")]
KeyRingName = Annotated[Name, RefersTo("KeyRing")]
NetworkName = Annotated[Name, RefersTo("Network")]
PrincipalName = Annotated[Name, RefersTo("Principal")]
RegistryName = Annotated[Name, RefersTo("SchemaRegistry")]
SigningKeyName = Annotated[Name, RefersTo("SigningKey")]
RoleName = Annotated[Name, RefersTo("Role")]
TokenIssuerName = Annotated[Name, RefersTo("TokenIssuer")]
TenantName = Annotated[Name, RefersTo("Tenant")]
