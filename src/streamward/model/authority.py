"""Who signs certificates of clients, and for whose names."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from streamward.model.document import Noun
from streamward.model.fields import (
    AuthorityReference,
    Name,
    RevocationListReference,
    Text,
)

TrustDomain = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[a-z0-9._-]+$")
]
"""The name of a SPIFFE trust domain, as in `spiffe://example.org/…`."""


class CertificateAuthority(Noun):
    """Who signs certificates of clients. It speaks for no names but those declared to be its own.

    These are the credentials that name it as their `issuer`.
    """

    name: Name
    description: Text | None = None
    ca: AuthorityReference
    crls: tuple[RevocationListReference, ...] = Field(default=(), max_length=20)
    """Lists of what it has revoked (CRL). With any, certificates of the whole chain are looked up;
    a list that has expired lets nobody in."""
    unknown_revocation: Literal["refuse", "accept"] = "refuse"
    """What becomes of a certificate on which no list says anything, where there are `crls`."""
    trust_domains: tuple[TrustDomain, ...] = Field(default=(), max_length=100)
    """SPIFFE trust domains for which it may vouch, such as `example.org`."""
    mapping_rules: Annotated[str, StringConstraints(min_length=1, max_length=16_384)] | None = None
    """How a subject becomes the `mapped_name` of a credential: text for Kafka's
    `ssl.principal.mapping.rules`."""
