"""Hardware security modules, by PKCS#11 v2.40: AES-256 keys that can't be taken out, AES-GCM.

http://docs.oasis-open.org/pkcs11/pkcs11-curr/v2.40/.
"""

import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from dataclasses import dataclass, field
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
from streamward.secrets import Secret

T = TypeVar("T")

KEY_BITS: Final = 256
NONCE_BYTES: Final = 12
TAG_BITS: Final = 128
VERSION_BYTES: Final = 4
VERSIONS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class HsmOptions:
    """Which library, which token, and its PIN when it is needed."""

    module: str
    token: str
    pin: Callable[[], Secret] = field(repr=False, compare=False)
    timeout_seconds: float = 3.0


class Hsm:
    """Keys in one token: the label is the key's name, CKA_ID its version.

    A module may hang, and has one login for the whole process: all calls are made by one thread,
    and nobody waits for it longer than the timeout.
    """

    def __init__(self, name: str, options: HsmOptions) -> None:
        self._name = name
        self._options = options
        self._session: Any = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pkcs11")

    def create(self, key: str) -> None:
        """Make the key unless it is there."""
        self._ask(lambda: None if self._versions(key) else self._generate(key, 1))

    def wrap(self, key: str, plain: Secret, context: Context) -> Wrapped:
        """Nonce and ciphertext under the newest version."""
        return self._ask(lambda: self._wrap(key, plain, context))

    def _wrap(self, key: str, plain: Secret, context: Context) -> Wrapped:
        from pkcs11 import Attribute, Mechanism

        versions = self._existing(key)
        newest = max(versions)
        if not versions[newest][Attribute.ENCRYPT]:
            raise KeyRefused(f"the key `{key}` is disabled")
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = versions[newest].encrypt(
            plain.value, mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(nonce, context)
        )
        return Wrapped(nonce + bytes(sealed), str(newest))

    def unwrap(self, key: str, wrapped: Wrapped, context: Context) -> Secret:
        """The key that was wrapped in this context."""
        return self._ask(lambda: self._unwrap(key, wrapped, context))

    def _unwrap(self, key: str, wrapped: Wrapped, context: Context) -> Secret:
        from pkcs11 import Attribute, Mechanism
        from pkcs11.exceptions import (
            DataInvalid,
            DataLenRange,
            EncryptedDataInvalid,
            EncryptedDataLenRange,
            GeneralError,
        )

        found = {str(number): each for number, each in self._existing(key).items()}
        version = found.get(wrapped.version)
        if version is None:
            raise KeyMissing(f"the key `{key}` has no version `{wrapped.version}`")
        if not version[Attribute.DECRYPT]:
            raise KeyRefused(f"the key `{key}` is disabled")
        nonce, sealed = wrapped.ciphertext[:NONCE_BYTES], wrapped.ciphertext[NONCE_BYTES:]
        changed = f"what was wrapped under `{key}` was changed"
        if len(sealed) <= TAG_BITS // 8:
            raise KeyRefused(changed)
        try:
            plain = version.decrypt(
                sealed, mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(nonce, context)
            )
        except (
            EncryptedDataInvalid,
            EncryptedDataLenRange,
            DataInvalid,
            DataLenRange,
            # What SoftHSM says of a tag that is wrong.
            GeneralError,
        ):
            raise KeyRefused(changed) from None
        return Secret(bytes(plain))

    def rotate(self, key: str) -> str:
        """Make a new version; those before it still unwrap."""
        return self._ask(lambda: self._rotate(key))

    def _rotate(self, key: str) -> str:
        newest = max(self._existing(key))
        if newest >= VERSIONS_MAX:
            raise KeyRefused(f"the key `{key}` has {VERSIONS_MAX} versions, which is the most")
        self._generate(key, newest + 1)
        return str(newest + 1)

    def disable(self, key: str) -> bool:
        """Take the right to encrypt and decrypt from every version."""
        self._ask(lambda: self._permit(key, permitted=False))
        return True

    def enable(self, key: str) -> None:
        """Take back what `disable` did."""
        self._ask(lambda: self._permit(key, permitted=True))

    def _permit(self, key: str, *, permitted: bool) -> None:
        from pkcs11 import Attribute

        for version in self._existing(key).values():
            version[Attribute.ENCRYPT] = permitted
            version[Attribute.DECRYPT] = permitted

    def destroy(self, key: str) -> Destroyed:
        """Destroy every version in the token."""
        self._ask(lambda: [each.destroy() for each in self._versions(key).values()])
        return Destroyed()

    def health(self, key: str) -> None:
        """Raises what stands in the way of using the key."""
        self._ask(lambda: self._existing(key))

    def close(self) -> None:
        """Log out."""
        # Another provider may log in to the same token next: not before this one is out.
        with suppress(Exception):
            self._thread.submit(self._log_out).result(self._options.timeout_seconds)
        self._thread.shutdown(wait=False)

    def _log_out(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _generate(self, key: str, version: int) -> None:
        from pkcs11 import Attribute, KeyType, MechanismFlag

        self._opened().generate_key(
            KeyType.AES,
            KEY_BITS,
            id=version.to_bytes(VERSION_BYTES, "big"),
            label=key,
            store=True,
            capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
            template={
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
                Attribute.MODIFIABLE: True,
            },
        )

    def _existing(self, key: str) -> dict[int, Any]:
        found = self._versions(key)
        if not found:
            raise KeyMissing(f"the key provider `{self._name}` has no key `{key}`")
        return found

    def _versions(self, key: str) -> dict[int, Any]:
        """By number. Only keys that can't be taken out count."""
        from pkcs11 import Attribute, KeyType, ObjectClass

        wanted = {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.AES,
            Attribute.LABEL: key,
            Attribute.TOKEN: True,
        }
        found = {}
        for each in self._opened().get_objects(wanted):
            if each[Attribute.EXTRACTABLE]:
                raise KeyRefused(f"the key `{key}` can be taken out of the token; make another")
            found[int.from_bytes(each[Attribute.ID] or b"\0", "big")] = each
        return found

    def _opened(self) -> Any:
        if self._session is None:
            self._session = self._open()
        return self._session

    def _open(self) -> Any:
        import pkcs11

        module = _module(self._options.module)
        tokens = list(module.get_tokens(token_label=self._options.token))
        if len(tokens) != 1:
            what = f"`{self._options.module}` has {len(tokens)} tokens `{self._options.token}`"
            raise KeyUnavailable(what)
        pin = self._options.pin().value.decode("utf-8", "replace").strip()
        try:
            return tokens[0].open(rw=True, user_pin=pin)
        except pkcs11.exceptions.UserAlreadyLoggedIn:
            # By another provider of this process: the login is the process's.
            return tokens[0].open(rw=True)

    def _ask(self, ask: Callable[[], T]) -> T:
        """Have it done by the one thread, and tell its errors as ours."""
        from pkcs11 import exceptions as failure

        try:
            return self._thread.submit(ask).result(self._options.timeout_seconds)
        except TookTooLong:
            raise KeyUnavailable(f"the key provider `{self._name}` took too long") from None
        except (failure.PinIncorrect, failure.PinLocked, failure.PinInvalid, failure.PinExpired):
            raise KeyRefused(f"the token `{self._options.token}` refuses the PIN") from None
        except (
            failure.AttributeReadOnly,
            failure.FunctionRejected,
            failure.MechanismInvalid,
            failure.MechanismParamInvalid,
        ) as error:
            kind = type(error).__name__
            raise KeyRefused(f"the key provider `{self._name}` refuses: {kind}") from None
        except (failure.PKCS11Error, RuntimeError, OSError) as error:
            # The session may be gone with a token that was taken out.
            self._session = None
            kind = type(error).__name__
            raise KeyUnavailable(f"the key provider `{self._name}` fails: {kind}") from None


_loaded_by: Final[dict[str, int]] = {}
"""Which process initialised a module."""


def _module(path: str) -> Any:
    """The library, initialised by this process: what a forked one inherits counts for nothing."""
    import pkcs11

    module, process = pkcs11.lib(path), os.getpid()
    if _loaded_by.setdefault(path, process) != process:
        with suppress(pkcs11.PKCS11Error):
            # Most know that they were forked, and say that there is nothing to finalise.
            module.finalize()
        module.initialize()
        _loaded_by[path] = process
    return module


def _gcm(nonce: bytes, context: Context) -> Any:
    from pkcs11 import GCMParams

    return GCMParams(nonce, context_bytes(context), TAG_BITS)
