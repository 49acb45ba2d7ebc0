"""How brokers are reached, and how it went."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a client shows to brokers. Nothing of it is ever printed."""

    tls: bool = False
    ca: bytes | None = field(default=None, repr=False)
    """PEM of who signed the brokers' certificates; None: nobody is believed or asked."""
    server_name: str | None = None
    certificate: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    mechanism: str | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    extensions: Mapping[str, str] = field(default_factory=dict)


class Outcome(StrEnum):
    """How brokers took somebody."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    POWERLESS = "powerless"
    """Let in, and shown nothing."""
    ADMITTED = "admitted"
    UNTRIED = "untried"
    """To try it would have told a secret."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tried a listener: who, as what, and how it went."""

    listener: str
    address: str
    node: int
    caller: str
    """`anonymous`, `wrong credential`, or the name of a known principal."""
    manner: str
    outcome: Outcome
    detail: str = ""
