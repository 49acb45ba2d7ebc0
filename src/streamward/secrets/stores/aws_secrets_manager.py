"""AWS Secrets Manager: `GetSecretValue`, with staging labels and fields of JSON secrets."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from streamward.secrets.material import (
    MATERIAL_BYTES_MAX,
    MaterialMissing,
    MaterialRefused,
    Secret,
)
from streamward.secrets.ports import Lease, Reading, SecretUnavailable, StoreSettings
from streamward.secrets.reference import Location

_EXTRA: Final = "install the extra that speaks to AWS: `pip install 'streamward[aws]'`"
_MISSING: Final = frozenset({"ResourceNotFoundException"})
_BUSY: Final = frozenset(
    {
        "InternalServiceError",
        "InternalServiceErrorException",
        "InternalFailure",
        "ServiceUnavailable",
        "ThrottlingException",
        "Throttling",
        "RequestTimeout",
    }
)


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """Which Secrets Manager, and whose key; without one, by AWS's own chain (role, profile)."""

    region: str
    endpoint: str | None = None
    access_key_id: str | None = None
    secret_access_key: Callable[[], Secret] | None = field(default=None, repr=False, compare=False)
    reference: str = ""
    """Where `secret_access_key` reads from."""
    ca_file: str | None = None
    timeout_seconds: float = 5.0


class AwsSecretsManager:
    """One region of AWS Secrets Manager; it doesn't lease."""

    def __init__(self, settings: StoreSettings) -> None:
        assert isinstance(settings.options, AwsOptions)
        self._name = settings.name
        self._options = settings.options
        self._client: Any = None

    def read(self, location: Location) -> Reading:
        """The present version of a secret, or the one that the reference names."""
        client = self._connected()
        arguments = {"SecretId": location.path}
        if location.version is not None:
            arguments["VersionId"] = location.version
        if location.stage is not None:
            arguments["VersionStage"] = location.stage
        answer = self._ask(location.path, lambda: client.get_secret_value(**arguments))
        version = answer.get("VersionId")
        return Reading(_values(answer), None if version is None else str(version))

    def renew(self, lease: Lease) -> Lease:
        """Nothing here is lent."""
        raise MaterialRefused("AWS Secrets Manager has no leases")

    def revoke(self, lease: Lease) -> None:
        """Nothing here is lent."""

    def tend(self) -> bool:
        """The SDK renews its credentials by itself."""
        return True

    def _connected(self) -> Any:
        if self._client is not None:
            return self._client
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise MaterialRefused(f"`aws-sm:` references need boto3: {_EXTRA}") from error
        options = self._options
        key = options.secret_access_key
        given = {}
        if key is not None:
            secret = key().value.decode("ascii", "replace").strip()
            given = {"aws_access_key_id": options.access_key_id, "aws_secret_access_key": secret}
        # A session of its own: the default one is the process's, and not safe among threads.
        self._client = boto3.session.Session().client(
            "secretsmanager",
            region_name=options.region,
            endpoint_url=options.endpoint,
            verify=options.ca_file or True,
            config=Config(
                connect_timeout=options.timeout_seconds,
                read_timeout=options.timeout_seconds,
                retries={"total_max_attempts": 1},
            ),
            **given,
        )
        return self._client

    def _ask(self, what: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """One call. What the library says isn't told: it may repeat what was sent."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return ask()
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        except BotoCoreError as error:
            raise SecretUnavailable(
                f"the secret store `{self._name}` can't be asked: {type(error).__name__}"
            ) from None
        if code in _MISSING:
            raise MaterialMissing(f"the secret store `{self._name}` has nothing at `{what}`")
        if code in _BUSY or int(status) >= 500:
            raise SecretUnavailable(f"the secret store `{self._name}` fails: `{code}`")
        # Whoever is refused may have had its key rotated: the next call reads it anew.
        self._client = None
        raise MaterialRefused(f"the secret store `{self._name}` refuses `{what}`: `{code}`")


def _values(answer: dict[str, Any]) -> dict[str | None, Secret]:
    text, binary = answer.get("SecretString"), answer.get("SecretBinary")
    if isinstance(binary, bytes):
        return {None: Secret(binary[:MATERIAL_BYTES_MAX])}
    if not isinstance(text, str):
        return {}
    values: dict[str | None, Secret] = {None: Secret(text.encode())}
    try:
        fields = json.loads(text)
    except ValueError:
        return values
    if isinstance(fields, dict):
        for name, value in fields.items():
            if isinstance(value, str):
                values[str(name)] = Secret(value.encode())
    return values
