"""Keyed hashes of masks, written down once more and independently (RFC 5869, RFC 2104)."""

import hashlib
import hmac

_SALT = b"streamward mask v2"


def hash_of(secret: bytes, names: list[str], content: bytes) -> bytes:
    """The hash of a value: of the domain that the names tell, beginning with its kind."""
    info = b"".join(len(name.encode()).to_bytes(4) + name.encode() for name in names)
    extracted = hmac.digest(_SALT, secret, hashlib.sha256)
    key = hmac.digest(extracted, info + b"\x01", hashlib.sha256)
    return hmac.digest(key, content, hashlib.sha256)[:16]
