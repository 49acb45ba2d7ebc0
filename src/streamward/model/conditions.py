"""Circumstances that a right or a class of data asks for, beyond who it is."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from streamward.model.document import Noun
from streamward.model.duration import Duration

Attribute = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""A value of an attribute, compared letter by letter."""

Mechanism = Literal["certificate", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


class Conditions(Noun):
    """What must be known of the caller; what is not known does not hold."""

    mfa: bool = False
    """With a second factor."""
    mfa_max_age: Duration | None = None
    """With a second factor that was shown no longer ago, as the token says."""
    credential_max_age: Duration | None = None
    """With a token, or a certificate, that was issued no longer ago."""
    tls_min: Literal["1.2", "1.3"] | None = None
    """Over this version of TLS or a later one."""
    mechanisms: tuple[Mechanism, ...] = Field(default=(), max_length=10)
    """Authenticated in one of these ways."""
    device_posture: tuple[Attribute, ...] = Field(default=(), max_length=50)
    """From a device in one of these states."""
    device_status: tuple[Attribute, ...] = Field(default=(), max_length=50)
    """From a device of which one of these is said, such as `in_use`."""
