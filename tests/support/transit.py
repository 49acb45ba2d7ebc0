"""The Transit engine of the stand-in for Vault: refuses what Vault refuses.

Written to https://developer.hashicorp.com/vault/api-docs/secret/transit.
"""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Answer = tuple[int, dict[str, Any]]
NOTHING: Final[Answer] = (404, {"errors": []})
WRONG_METHOD: Final[Answer] = (405, {"errors": ["unsupported operation"]})
TYPES: Final = ("aes256-gcm96", "ed25519", "rsa-2048")


def _refused(what: str) -> Answer:
    return 400, {"errors": [what]}


@dataclass
class _Key:
    type: str
    versions: list[bytes]
    exportable: bool
    deletion_allowed: bool = False
    min_decryption_version: int = 1


@dataclass
class TransitStub:
    """Named keys with versions; ciphertexts are `vault:vN:` and base64 of nonce and AES-GCM."""

    keys: dict[str, _Key] = field(default_factory=dict)

    def answer(self, method: str, rest: str, data: Any) -> Answer:
        """One request under the mount."""
        verb, _, name = rest.partition("/")
        name, _, part = name.partition("/")
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
            return NOTHING
        writes = method in ("POST", "PUT")
        match verb, part:
            case "keys", "":
                return self._key(method, name, data)
            case "keys", "rotate":
                return self._rotate(name) if writes else WRONG_METHOD
            case "keys", "config":
                return self._configure(name, data) if writes else WRONG_METHOD
            case "encrypt" | "decrypt" | "rewrap", "":
                return self._crypt(verb, name, data) if writes else WRONG_METHOD
            case "datakey", "plaintext" | "wrapped":
                return NOTHING
        return NOTHING

    def _key(self, method: str, name: str, data: Any) -> Answer:
        found = self.keys.get(name)
        if method in ("POST", "PUT"):
            kind = data.get("type", "aes256-gcm96")
            if kind not in TYPES:
                return _refused(f"unknown key type {kind}")
            if found is None:
                exportable = bool(data.get("exportable"))
                self.keys[name] = _Key(kind, [secrets.token_bytes(32)], exportable)
            return self._key("GET", name, {})
        if method == "DELETE":
            if found is None:
                return _refused("could not delete key; not found")
            if not found.deletion_allowed:
                return _refused("deletion is not allowed for this key")
            del self.keys[name]
            return 204, {}
        if method != "GET":
            return WRONG_METHOD
        if found is None:
            return NOTHING
        return 200, {
            "data": {
                "name": name,
                "type": found.type,
                "latest_version": len(found.versions),
                "exportable": found.exportable,
                "deletion_allowed": found.deletion_allowed,
                "min_decryption_version": found.min_decryption_version,
            }
        }

    def _rotate(self, name: str) -> Answer:
        found = self.keys.get(name)
        if found is None:
            return _refused("no existing key named " + name + " could be found")
        found.versions.append(secrets.token_bytes(32))
        return self._key("GET", name, {})

    def _configure(self, name: str, data: Any) -> Answer:
        found = self.keys.get(name)
        if found is None:
            return _refused(f"no existing key named {name} could be found")
        found.deletion_allowed = bool(data.get("deletion_allowed", found.deletion_allowed))
        return self._key("GET", name, {})

    def _crypt(self, verb: str, name: str, data: Any) -> Answer:
        found = self.keys.get(name)
        if found is None:
            return _refused("encryption key not found")
        if found.type != "aes256-gcm96":
            return _refused(f"message encryption not supported for key type {found.type}")
        try:
            bound = base64.b64decode(data.get("associated_data") or "", validate=True)
            if verb == "encrypt":
                plain = base64.b64decode(data["plaintext"], validate=True)
                return 200, {"data": self._sealed(found, plain, bound)}
        except (KeyError, TypeError, binascii.Error, ValueError):
            return _refused("failed to base64-decode plaintext")
        parsed = re.fullmatch(r"vault:v([0-9]+):(.+)", str(data.get("ciphertext")))
        if parsed is None:
            return _refused("invalid ciphertext: no prefix")
        version = int(parsed[1])
        if not found.min_decryption_version <= version <= len(found.versions):
            return _refused("invalid ciphertext: version is too new")
        try:
            raw = base64.b64decode(parsed[2], validate=True)
            plain = AESGCM(found.versions[version - 1]).decrypt(raw[:12], raw[12:], bound)
        except (InvalidTag, ValueError):
            return _refused("invalid ciphertext: cipher: message authentication failed")
        if verb == "rewrap":
            return 200, {"data": self._sealed(found, plain, bound)}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}

    def _sealed(self, found: _Key, plain: bytes, bound: bytes) -> dict[str, Any]:
        nonce = secrets.token_bytes(12)
        sealed = nonce + AESGCM(found.versions[-1]).encrypt(nonce, plain, bound)
        version = len(found.versions)
        text = f"vault:v{version}:" + base64.b64encode(sealed).decode()
        return {"ciphertext": text, "key_version": version}
