"""The Transit engine of HashiCorp Vault and OpenBao.

https://developer.hashicorp.com/vault/api-docs/secret/transit and https://openbao.org/api-docs.
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from streamward.keys.ports import (
    Context,
    Destroyed,
    KeyMissing,
    KeyRefused,
    KeyUnavailable,
    Wrapped,
    context_bytes,
)
from streamward.secrets import MaterialMissing, MaterialRefused, Secret, SecretUnavailable
from streamward.secrets.ports import StoreSettings
from streamward.secrets.stores.vault import Vault, VaultLogin, VaultOptions

T = TypeVar("T")

KEY_TYPE: Final = "aes256-gcm96"
_CIPHERTEXT: Final = re.compile(r"vault:v([1-9][0-9]{0,9}):[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True, slots=True)
class TransitOptions:
    """Where Vault is, how to log in, and where the engine is mounted."""

    address: str
    login: VaultLogin
    mount: str
    namespace: str | None = None
    ca_file: str | None = None
    timeout_seconds: float = 3.0


class VaultTransit:
    """Keys in a Transit engine. A context is associated data of the AEAD, which Vault checks."""

    def __init__(self, name: str, options: TransitOptions) -> None:
        self._name = name
        self._mount = options.mount
        # Its login is that of a store of secrets: tokens renewed, and logged in anew when refused.
        vault = VaultOptions(
            options.address,
            options.login,
            (),
            options.namespace,
            options.ca_file,
            options.timeout_seconds,
        )
        self._vault = Vault(StoreSettings("vault", name, 0.0, 0.0, vault))
        self._lock = threading.Lock()

    def create(self, key: str) -> None:
        """Make the key unless it is there; Vault answers both alike."""
        self._ask(
            key,
            lambda transit: transit.create_key(
                name=key,
                key_type=KEY_TYPE,
                exportable=False,
                allow_plaintext_backup=False,
                mount_point=self._mount,
            ),
        )
        found = self._read(key).get("type")
        if found != KEY_TYPE:
            raise KeyRefused(f"the key `{key}` is of type `{found}`; make one of `{KEY_TYPE}`")

    def wrap(self, key: str, plain: Secret, context: Context) -> Wrapped:
        """`vault:vN:…` under the newest version."""
        # Without this a Vault whose policy lets us create would make a key that nobody declared.
        text = base64.b64encode(plain.value).decode()
        answer = self._ask(
            key,
            lambda transit: transit.encrypt_data(
                name=key,
                plaintext=text,
                associated_data=_text(context),
                mount_point=self._mount,
            ),
        )
        ciphertext = str(_data(answer).get("ciphertext"))
        version = _CIPHERTEXT.fullmatch(ciphertext)
        if version is None:
            raise KeyRefused(f"`{self._name}` answers with no ciphertext of Transit's")
        return Wrapped(ciphertext.encode(), version[1])

    def unwrap(self, key: str, wrapped: Wrapped, context: Context) -> Secret:
        """The key that was wrapped in this context."""
        ciphertext = wrapped.ciphertext.decode("ascii", "replace")
        if _CIPHERTEXT.fullmatch(ciphertext) is None:
            raise KeyRefused(f"what was wrapped under `{key}` was changed")
        answer = self._ask(
            key,
            lambda transit: transit.decrypt_data(
                name=key,
                ciphertext=ciphertext,
                associated_data=_text(context),
                mount_point=self._mount,
            ),
        )
        try:
            return Secret(base64.b64decode(str(_data(answer).get("plaintext")), validate=True))
        except (binascii.Error, ValueError):
            raise KeyRefused(f"`{self._name}` answers with no plaintext of Transit's") from None

    def rotate(self, key: str) -> str:
        """Make a new version; those before it still unwrap."""
        self._ask(key, lambda transit: transit.rotate_key(name=key, mount_point=self._mount))
        return str(self._read(key).get("latest_version"))

    def disable(self, key: str) -> bool:
        """Transit has no such thing."""
        self._read(key)
        return False

    def enable(self, key: str) -> None:
        """A key is never disabled here."""
        self._read(key)

    def destroy(self, key: str) -> Destroyed:
        """Allow its deletion, and delete it."""
        try:
            self._read(key)
        except KeyMissing:
            return Destroyed()
        self._ask(
            key,
            lambda transit: transit.update_key_configuration(
                name=key, deletion_allowed=True, mount_point=self._mount
            ),
        )
        self._ask(key, lambda transit: transit.delete_key(name=key, mount_point=self._mount))
        return Destroyed()

    def health(self, key: str) -> None:
        """Raises what stands in the way of using the key."""
        self._read(key)

    def close(self) -> None:
        """Nothing is open between calls."""

    def _read(self, key: str) -> dict[str, Any]:
        answer = self._ask(key, lambda transit: transit.read_key(name=key, mount_point=self._mount))
        return _data(answer)

    def _ask(self, key: str, ask: Callable[[Any], T]) -> T:
        try:
            with self._lock:
                self._vault.tend()
            return self._vault.asked(f"the key `{key}`", lambda client: ask(client.secrets.transit))
        except SecretUnavailable as error:
            raise KeyUnavailable(str(error).replace("secret store", "key provider")) from None
        except MaterialMissing:
            raise KeyMissing(f"the key provider `{self._name}` has no key `{key}`") from None
        except MaterialRefused as error:
            raise KeyRefused(str(error).replace("secret store", "key provider")) from None


def _text(context: Context) -> str:
    return base64.b64encode(context_bytes(context)).decode()


def _data(answer: Any) -> dict[str, Any]:
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else {}
