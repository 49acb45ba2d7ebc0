"""What certificates, private keys and lists of revoked certificates say of themselves.

They are read by the code that uses them, in the compiled module.
"""

import datetime
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate; `public_key` is the SHA-256 of its public key in hex."""

    subject: str
    begins: datetime.datetime
    ends: datetime.datetime
    public_key: str


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key; `public_key` is the SHA-256 of its public key in hex."""

    public_key: str
    is_ed25519: bool


class KeyUnreadable(ValueError):
    """It is no private key in PEM of a kind that is taken."""


class KeyEncrypted(KeyUnreadable):
    """A private key that is protected by a password."""


def read_certificates(pem: bytes) -> list[Certificate]:
    """Every certificate in PEM, in order. Raises ValueError where there is none."""
    from streamward import _core

    try:
        facts = json.loads(_core.certificate_facts(pem))
    except _core.CoreError as error:
        raise ValueError(error.args[1]) from error
    return [
        Certificate(
            each["subject"],
            _time(each["begins_milliseconds"]),
            _time(each["ends_milliseconds"]),
            each["public_key"],
        )
        for each in facts
    ]


def read_private_key(pem: bytes) -> PrivateKey:
    """The first private key in PEM. Raises KeyUnreadable."""
    from streamward import _core

    try:
        facts = json.loads(_core.private_key_facts(pem))
    except _core.CoreError as error:
        code, what = error.args
        raise (KeyEncrypted if code == "encrypted" else KeyUnreadable)(what) from None
    return PrivateKey(facts["public_key"], facts["is_ed25519"])


def next_updates(content: bytes) -> list[datetime.datetime | None]:
    """When each list of revoked certificates, in PEM or DER, is to be replaced; None: never said.

    Raises ValueError where there is no list.
    """
    from streamward import _core

    try:
        facts = json.loads(_core.revocation_list_facts(content))
    except _core.CoreError as error:
        raise ValueError(error.args[1]) from error
    ends = (each["next_update_milliseconds"] for each in facts)
    return [None if end is None else _time(end) for end in ends]


def is_forged(content: bytes, authority: bytes) -> bool:
    """Whether a list bears the name of one of the authority's certificates without its signature.

    A list of an authority below it can't be judged here; the gateway does so in use. Raises
    ValueError where there is no list, or no certificate.
    """
    from streamward import _core

    try:
        return _core.is_forged_revocation_list(content, authority)
    except _core.CoreError as error:
        raise ValueError(error.args[1]) from error


def _time(milliseconds: int) -> datetime.datetime:
    """Raises ValueError for a time that no calendar has."""
    try:
        return datetime.datetime.fromtimestamp(milliseconds / 1_000, tz=datetime.UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("a time is out of range") from error
