"""How the log is named, signed, witnessed and kept."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import Name, SigningKeyReference

Origin = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9./:_-]*$")
]
VerifierKey = Annotated[
    str, StringConstraints(max_length=400, pattern=r"^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}$")
]


class Erasable(StrEnum):
    """What can be kept apart from the entries of the log."""

    ADDRESS = "address"


class Witness(Noun):
    """Somebody else who checks that the log only grows, and signs what it has seen."""

    url: Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s?#]+[^\s?#/]$")]
    """Where it answers to C2SP tlog-witness, without a slash at the end."""
    key: VerifierKey
    """Its public key, as a verifier key of C2SP signed-note."""


class AuditLog(Noun):
    """How the log is named, signed, witnessed and kept; without it, as the defaults say."""

    name: Name
    origin: Origin | None = None
    """The log's name in its checkpoints, such as `example.com/payments`; it never changes. By
    default one is made up."""
    key: SigningKeyReference | None = None
    """The Ed25519 key that signs checkpoints, PKCS#8 in PEM. Required in production; elsewhere one
    is made beside the log by default."""
    previous_key: SigningKeyReference | None = None
    """The key before it: while it is declared, both sign."""
    keep: Duration | None = None
    """How long entries are kept at least; by default for ever. Hashes stay."""
    erasable: frozenset[Erasable] = frozenset()
    """What entries only commit to, with a salt, so that it can be erased and the log stays valid:
    `address` is the address that a client connected from."""
    keep_erasable: Duration | None = None
    """How long that is kept; by default as long as entries."""
    witnesses: tuple[Witness, ...] = Field(default=(), max_length=10)
    witness_every: Duration = 60_000
    """How often witnesses are asked to sign."""
