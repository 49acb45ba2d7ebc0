"""Encryption of the identity store's columns: AES-256-GCM under a key that the bundle refers to."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from streamward.errors import InvalidArgument, Unavailable
from streamward.secrets import Secret

if TYPE_CHECKING:
    # It takes 8 MB, which only a bundle with an identity store needs.
    pass

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class Undecryptable(Unavailable):
    """A row can't be read: its key is not among those of the bundle, or somebody changed it."""

    code = "identity.undecryptable"
    help = "Name the key that the store was written with in `previous_keys` of the IdentityStore."


def read_key(material: Secret) -> Secret:
    """The key in a material: 32 bytes in base64. Raises InvalidArgument."""
    try:
        key = base64.b64decode(material.value.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise InvalidArgument("the identity store's key is not 32 bytes in base64")
    return Secret(key)


def _derive(key: Secret, purpose: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"streamward " + purpose)
    return derived.derive(key.value)


def decoy_key(key: Secret) -> Secret:
    """The key from which the data plane makes the salts of users that do not exist."""
    return Secret(_derive(key, b"identity decoys v1"))


class ColumnCipher:
    """Encrypts with the first key, decrypts with any. Nonces are random: at most 2^32 a key.

    A value is bound to its row: copied into another one, it can't be read.
    """

    def __init__(self, key: Secret, previous: Sequence[Secret] = ()) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._ciphers: dict[str, AESGCM] = {}
        for one in (key, *previous):
            derived = _derive(one, b"identity columns v1")
            identifier = hashlib.sha256(b"key id" + derived).hexdigest()[:16]
            self._ciphers.setdefault(identifier, AESGCM(derived))
        self.key_ids = tuple(self._ciphers)
        """Names all of them."""
        self.key_id = self.key_ids[0]
        """Names the key that new values are encrypted with; tells nothing about it."""

    def encrypt(self, value: bytes, row: str) -> bytes:
        """Nonce and ciphertext of a value in this row."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._ciphers[self.key_id].encrypt(nonce, value, row.encode())

    def decrypt(self, key_id: str, value: bytes, row: str) -> Secret:
        """The value. Raises Undecryptable."""
        from cryptography.exceptions import InvalidTag

        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise Undecryptable(f"the identity store's key `{key_id}` is not among the bundle's")
        try:
            plain = cipher.decrypt(value[:NONCE_BYTES], value[NONCE_BYTES:], row.encode())
        except (InvalidTag, ValueError) as error:
            raise Undecryptable("a row of the identity store was changed, or its key") from error
        return Secret(plain)
