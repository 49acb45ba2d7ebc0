"""Which keys sign records, how the records of a stream are signed, and what becomes of others."""

from typing import Literal, Self

from pydantic import Field, model_validator

from streamward.model.document import Noun
from streamward.model.fields import (
    ClusterName,
    Name,
    PrincipalName,
    PublicKeyReference,
    RecordKeyReference,
    SigningKeyName,
    StreamText,
    Text,
)


class SigningKey(Noun):
    """A key that signs records, or only verifies what was signed with it: Ed25519 or P-256."""

    name: Name
    key: RecordKeyReference | None = None
    """The private key that the gateway signs with: PKCS#8 in PEM."""
    public: PublicKeyReference | None = None
    """The public key (SubjectPublicKeyInfo in PEM). Alone, of a producer, or of a key that the
    gateway signed with before; beside `key`, its own, so that programs verify without reading
    what signs."""
    principal: PrincipalName | None = None
    """The producer whose key it is, with `public` alone."""
    description: Text | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.key is None and self.public is None:
            raise ValueError("give a `key`, or a `public` key, or both")
        if self.principal is not None and self.key is not None:
            raise ValueError("a producer keeps its `key` to itself: give its `public` key")
        return self


class Signing(Noun):
    """Who signs the records of a stream, with which keys, and what becomes of other records."""

    by: Literal["gateway", "producer"] = "gateway"
    """The gateway on behalf of the producer that it has authenticated, or the producer itself."""
    each: Literal["batch", "whole_batch", "record"] = "batch"
    """What one signature is for. Of a batch, each record holds the path from itself to what was
    signed, so that it is verified alone. Of a whole batch, the first record holds the signature and
    none is verified without the others: for topics that are not compacted. Producers sign each
    record."""
    key: SigningKeyName | None = None
    """What the gateway signs with; it verifies, too."""
    keys: tuple[SigningKeyName, ...] = Field(default=(), max_length=200)
    """Keys that verify: those of producers, and those that signed before `key`."""
    partition_bound: bool = True
    """A signature verifies only in the partition that the record was written to."""
    timestamp_bound: bool = True
    """Only with the time that the record was written with: not for topics whose records get the
    broker's (`message.timestamp.type=LogAppendTime`)."""
    on_violation: Literal["refuse", "mark"] = "refuse"
    """What a reader gets of records that don't verify: an error, or the record with a header that
    says so."""
    follow: bool = False
    """The gateway reads the stream at the brokers, and enters an alert for what was replayed,
    dropped, reordered or does not verify."""
    accepts_from: tuple[StreamText, ...] = Field(default=(), max_length=50)
    """Streams whose records may lie here too: those of which this is a mirror or dead letters."""
    home: ClusterName | None = None
    """The cluster where the stream was written first, for a mirror. Without it, the cluster of the
    listener that a record comes through."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.by == "gateway" and self.key is None:
            raise ValueError("give the `key` that the gateway signs with")
        if self.by == "producer" and self.key is not None:
            raise ValueError("the gateway does not sign here: give the producers' `keys`")
        if self.by == "producer" and not self.keys:
            raise ValueError("give the `keys` of the producers that sign")
        if self.by == "producer" and self.each != "record":
            raise ValueError("producers sign each record: say `each: record`")
        if self.each == "whole_batch" and self.home is not None:
            raise ValueError("a mirror does not keep batches as they were: say `each: batch`")
        if len({*self.keys, self.key}) <= len(self.keys):
            raise ValueError("a key stands twice in `key` and `keys`")
        return self
