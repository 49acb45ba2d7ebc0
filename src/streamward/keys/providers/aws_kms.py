"""AWS Key Management Service.

https://docs.aws.amazon.com/kms/latest/APIReference/.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from streamward.keys.ports import (
    Context,
    Destroyed,
    KeyMissing,
    KeyRefused,
    KeyUnavailable,
    Wrapped,
)
from streamward.secrets import Secret

T = TypeVar("T")

PENDING_DAYS: Final = 7
"""The shortest time that KMS waits before it deletes a key."""

_EXTRA: Final = "install the extra that speaks to AWS: `pip install 'streamward[aws]'`"
_MISSING: Final = frozenset({"NotFoundException"})
_AGAIN: Final = frozenset(
    {
        "DependencyTimeoutException",
        "KMSInternalException",
        "InternalFailure",
        "KeyUnavailableException",
        "LimitExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
    }
)


@dataclass(frozen=True, slots=True)
class KmsOptions:
    """Which region, and with whose right."""

    region: str
    endpoint: str | None = None
    ca_file: str | None = None
    access_key_id: str | None = None
    secret: Callable[[], Secret] | None = field(default=None, repr=False, compare=False)
    timeout_seconds: float = 3.0


class AwsKms:
    """Symmetric keys of KMS. A context is the encryption context, which KMS checks and logs."""

    def __init__(self, name: str, options: KmsOptions) -> None:
        self._name = name
        self._options = options
        self._connected: Any = None
        self._lock = threading.Lock()

    def create(self, key: str) -> None:
        """Keys of KMS, and who may use them, are their owner's to make."""
        self.health(key)

    def wrap(self, key: str, plain: Secret, context: Context) -> Wrapped:
        """Encrypt under the key as it is now; KMS itself knows which version did it."""
        answer = self._ask(
            key,
            lambda kms: kms.encrypt(
                KeyId=key, Plaintext=plain.value, EncryptionContext=dict(context)
            ),
        )
        return Wrapped(bytes(answer["CiphertextBlob"]), str(answer["KeyId"]).rpartition("/")[2])

    def unwrap(self, key: str, wrapped: Wrapped, context: Context) -> Secret:
        """The key that was wrapped in this context; by this key, whatever the ciphertext says."""
        answer = self._ask(
            key,
            lambda kms: kms.decrypt(
                KeyId=key, CiphertextBlob=wrapped.ciphertext, EncryptionContext=dict(context)
            ),
        )
        return Secret(bytes(answer["Plaintext"]))

    def rotate(self, key: str) -> str:
        """Have KMS make new key material under the same key, on demand."""
        identity = self._identity(key)
        self._ask(key, lambda kms: kms.rotate_key_on_demand(KeyId=identity))
        return identity

    def disable(self, key: str) -> bool:
        """Let the key do nothing until it is enabled."""
        identity = self._identity(key)
        self._ask(key, lambda kms: kms.disable_key(KeyId=identity))
        return True

    def enable(self, key: str) -> None:
        """Take back what `disable` did."""
        identity = self._identity(key)
        self._ask(key, lambda kms: kms.enable_key(KeyId=identity))

    def destroy(self, key: str) -> Destroyed:
        """Disable the key now, and have it deleted after KMS's shortest waiting time."""
        found = self._describe(key)
        due = found.get("DeletionDate")
        if found.get("KeyState") != "PendingDeletion" or due is None:
            identity = str(found["KeyId"])
            self._ask(key, lambda kms: kms.disable_key(KeyId=identity))
            answer = self._ask(
                key,
                lambda kms: kms.schedule_key_deletion(
                    KeyId=identity, PendingWindowInDays=PENDING_DAYS
                ),
            )
            due = answer["DeletionDate"]
        return Destroyed(gone_from=int(due.timestamp() * 1000))

    def health(self, key: str) -> None:
        """Raises what stands in the way of using the key."""
        found = self._describe(key)
        if found.get("KeyState") != "Enabled":
            raise KeyRefused(f"the key `{key}` of `{self._name}` is {found.get('KeyState')}")
        if found.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
            raise KeyRefused(f"the key `{key}` of `{self._name}` is not symmetric")

    def close(self) -> None:
        """Let go of connections."""
        with self._lock:
            if self._connected is not None:
                self._connected.close()
                self._connected = None

    def _identity(self, key: str) -> str:
        """The id behind an alias, which most verbs don't take."""
        return str(self._describe(key)["KeyId"])

    def _describe(self, key: str) -> dict[str, Any]:
        answer = self._ask(key, lambda kms: kms.describe_key(KeyId=key))
        return dict(answer["KeyMetadata"])

    def _client(self) -> Any:
        with self._lock:
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

    def _connect(self) -> Any:
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise KeyRefused(f"keys in AWS KMS need boto3: {_EXTRA}") from error
        options = self._options
        secret = None if options.secret is None else options.secret().value.decode().strip()
        return boto3.session.Session().client(
            "kms",
            region_name=options.region,
            endpoint_url=options.endpoint,
            verify=options.ca_file,
            aws_access_key_id=options.access_key_id,
            aws_secret_access_key=secret,
            config=Config(
                connect_timeout=options.timeout_seconds,
                read_timeout=options.timeout_seconds,
                # Whoever asks this provider is patient already.
                retries={"total_max_attempts": 1},
            ),
        )

    def _ask(self, key: str, ask: Callable[[Any], T]) -> T:
        """One call. What the library says isn't told: it may repeat what was sent."""
        client = self._client()
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return ask(client)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in _MISSING:
                raise KeyMissing(f"the key provider `{self._name}` has no key `{key}`") from None
            if code in _AGAIN or status >= 500:
                raise KeyUnavailable(f"the key provider `{self._name}` fails: {code}") from None
            raise KeyRefused(f"the key provider `{self._name}` refuses `{key}`: {code}") from None
        except BotoCoreError as error:
            kind = type(error).__name__
            raise KeyUnavailable(f"the key provider `{self._name}` fails: {kind}") from None
