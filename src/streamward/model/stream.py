"""What a stream may carry, and what its content asks of those who touch it."""

import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from streamward.model.conditions import Conditions
from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import ClassName, Name, NetworkName, StreamText, TenantName, Text
from streamward.model.sealing import Sealing
from streamward.model.signing import Signing


class Level(StrEnum):
    """How bad it is when the data gets out."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        """0 for public to 3 for restricted; the policy's `resource.level`."""
        return list(Level).index(self)


class CallerRequirements(Conditions):
    """What is asked of every request, or of nobody: second factor and device of people only."""

    tls: bool = False
    """Only over TLS."""
    mfa: bool = False
    """People only with a second factor; programs are not asked for one."""
    networks: tuple[NetworkName, ...] = Field(default=(), max_length=100)
    """Only from these networks."""


class Requirements(CallerRequirements):
    """Controls that every stream of a class must have; most compile to a rule that forbids.

    Second factor and device are asked of people only.
    """

    encrypt: bool = False
    """Sealed: brokers see ciphertext only. Compiles to no rule; streams that aren't don't pass."""
    sign: bool = False
    """Signed: records from elsewhere are refused. Compiles to no rule; others don't pass."""
    contract: bool = False
    """Each declared by name has a DataContract with a schema. Compiles to no rule."""
    retention_max: Duration | None = None
    """Its contract says that it is kept no longer than this. Compiles to no rule."""
    expiring_grants: bool = False
    """Grants to read or write it have a last day. Compiles to no rule; others don't pass, and no
    `permit` in a Cedar file, which never ends."""


class DataClass(Noun):
    """A kind of data: how sensitive it is, who answers for it, and what it requires."""

    name: Name
    level: Level
    owner: Text | None = None
    description: Text | None = None
    regulations: tuple[Text, ...] = Field(default=(), max_length=50)
    """What it falls under, such as `GDPR` or `PCI DSS 4.0`."""
    review_by: datetime.date | None = None
    """The last day, in UTC, on which level, owner and controls count as reviewed."""
    requires: Requirements = Requirements()
    seal: Sealing | None = None
    """How streams of this class are sealed that don't say so themselves."""
    sign: Signing | None = None
    """How streams of this class are signed that don't say so themselves."""
    dead_letter: StreamText | None = None
    """Where what is refused of streams of this class is copied to that don't say so themselves."""


class Namespace(Noun):
    """A prefix of names that belongs to a tenant."""

    prefix: StreamText
    """Topics, groups and transactions whose names start with it are in the namespace."""
    tenant: TenantName
    description: Text | None = None


class Stream(Noun):
    """A topic, or every topic that starts with a prefix, and the classes of data in it."""

    name: StreamText | None = None
    prefix: Annotated[StreamText, StringConstraints(max_length=248)] | None = None
    """Exactly one of `name` and `prefix`. A stream carries the classes of every prefix it has."""
    classes: tuple[ClassName, ...] = Field(default=(), max_length=50)
    seal: Sealing | None = None
    """How its records are sealed. Without it, as the longest prefix says that has a `seal`, or else
    one of its classes."""
    sign: Signing | None = None
    """How its records are signed. Without it, as `seal`: as a prefix or a class says."""
    dead_letter: StreamText | None = None
    """The stream that takes copies of the batches that are refused for their records: by `seal`,
    `sign` or the contract. It carries the same classes, is sealed if this is, and is read by nobody
    else. What is refused on write is copied where whoever wrote may write there too; what is
    refused on read the gateway copies itself, once. Without it, as `seal`: as a prefix or a class
    says."""
    owner: Text | None = None
    description: Text | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.name is None) == (self.prefix is None):
            raise ValueError("give exactly one of `name` and `prefix`")
        return self
