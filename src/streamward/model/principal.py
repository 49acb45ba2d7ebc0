"""Who calls: people and programs, what they prove it with, their roles and tenants."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from streamward.model.document import Noun
from streamward.model.fields import (
    AuthorityName,
    Name,
    RoleName,
    TenantName,
    Text,
    TokenIssuerName,
    VerifierReference,
)


class PrincipalType(StrEnum):
    """A person or a program; the policy tells them apart."""

    USER = "user"
    SERVICE = "service"


class Tenant(Noun):
    """A group of principals and name prefixes that is kept apart from others."""

    name: Name
    description: Text | None = None


class Role(Noun):
    """A bundle of rights that principals hold; a role has the rights of those that it includes."""

    name: Name
    description: Text | None = None
    includes: tuple[RoleName, ...] = Field(default=(), max_length=100)


class CertificateCredential(Noun):
    """A TLS client certificate, by its whole subject, by one alternative name, or by a rule."""

    id: Name
    """Unique over all principals: the log names it, and it can be revoked alone."""
    type: Literal["certificate"]
    subject: Annotated[str, StringConstraints(min_length=3, max_length=1000)] | None = None
    """RFC 4514 text, such as `CN=payments-api,O=Example`."""
    san: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None
    """A subject alternative name, such as `spiffe://example.org/payments-api`."""
    mapped_name: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None
    """The name that the issuer's mapping rules make of the subject."""
    issuer: AuthorityName | None = None
    """Who must have signed it; without it, the listener's own `client_ca`."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if [self.subject, self.san, self.mapped_name].count(None) != 2:
            raise ValueError("give exactly one of `subject`, `san` and `mapped_name`")
        return self


class PasswordCredential(Noun):
    """A password, known only by its verifier (RFC 5803 text, SCRAM-SHA-256 or -512)."""

    id: Name
    type: Literal["password"]
    verifier: VerifierReference
    """RFC 5803 text, as `streamward identity verifier` prints it."""


class TokenCredential(Noun):
    """Tokens that an issuer makes for one subject."""

    id: Name
    type: Literal["token"]
    issuer: TokenIssuerName
    subject: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    """What the issuer's `subject_claim` says, letter by letter."""


class BrokerCredential(Noun):
    """A proof that the brokers check: the principal's name is the user name of SASL.

    On clusters with `identity: client` only.
    """

    id: Name
    type: Literal["broker"]


class UnixUserCredential(Noun):
    """A user of the machine that the gateway runs on, at the control door only."""

    id: Name
    type: Literal["unix_user"]
    user: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """A login name, or `@owner`: whoever runs the gateway."""


Credential = Annotated[
    CertificateCredential
    | PasswordCredential
    | TokenCredential
    | BrokerCredential
    | UnixUserCredential,
    Field(discriminator="type"),
]


class Principal(Noun):
    """Somebody or something that may call, and how it proves who it is."""

    name: Name
    type: PrincipalType
    description: Text | None = None
    tenant: TenantName
    roles: tuple[RoleName, ...] = Field(default=(), max_length=100)
    mfa: bool = False
    """Whether whoever holds the credentials has shown a second factor."""
    device_posture: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    """The state of the device that it calls from, for rules to ask for."""
    credentials: tuple[Credential, ...] = Field(default=(), max_length=20)
