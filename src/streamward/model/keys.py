"""Which key protects which data: providers of keys, access classes, key rings and their store."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import (
    AccessClassName,
    ClassName,
    DatabaseReference,
    KeyProviderName,
    Name,
    PasswordReference,
    Text,
)
from streamward.model.secret_store import CaFile, HttpsAddress, Mount, VaultAuth

_DAY: Final = 86_400_000
_HOUR: Final = 3_600_000
_Text = Annotated[str, StringConstraints(min_length=1, max_length=512)]
_Path = Annotated[str, StringConstraints(max_length=1000, pattern=r"^/.+$")]

RECORDS_MAX: Final = 1 << 32
"""Invocations of AES-GCM under one key (NIST SP 800-38D, section 8.3)."""

Reader = Annotated[str, StringConstraints(max_length=300, pattern=r"^(role|principal):.+$")]
"""`role:NAME` or `principal:NAME`."""

ProviderKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./:-]{0,250}$")]
"""What a provider calls a key."""


class LocalFileProvider(Noun):
    """Keys in a file of this machine, for development: refused in environment `production`."""

    path: _Path | None = None
    """Absolute; mode 0600. Without it, a file in the gateway's state directory. It is made when the
    first key is needed."""


class VaultTransitProvider(Noun):
    """The Transit engine of a HashiCorp Vault or OpenBao; keys are of type `aes256-gcm96`."""

    address: HttpsAddress
    auth: VaultAuth
    mount: Mount = "transit"
    namespace: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./-]{1,250}$")] | None = None
    ca: CaFile | None = None
    """Who signed Vault's certificate; without it, the authorities that the machine trusts."""


class AwsKmsProvider(Noun):
    """One region of AWS KMS; keys are named by id, ARN or `alias/NAME`."""

    region: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    endpoint: HttpsAddress | None = None
    """Another endpoint than the region's public one, such as a VPC endpoint."""
    ca: CaFile | None = None
    access_key_id: _Text | None = None
    """Without a key, AWS's own chain: the instance's or pod's role, or a profile."""
    secret_access_key: PasswordReference | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("`access_key_id` and `secret_access_key` belong together")
        return self


class Pkcs11Provider(Noun):
    """A hardware security module, by PKCS#11; keys are AES-256, named by label, and never leave."""

    module: _Path
    """The module's own library, such as `/usr/lib/softhsm/libsofthsm2.so`."""
    token: _Text
    """The token's label."""
    pin: PasswordReference


ProviderType = Literal["local-file", "vault-transit", "aws-kms", "pkcs11"]


class KeyProvider(Noun):
    """Holds the keys that data keys are wrapped with; they never leave it (a local file excepted).

    Its settings stand in the field of its type, with `_` for `-`.
    """

    name: Name
    type: ProviderType
    local_file: LocalFileProvider | None = None
    vault_transit: VaultTransitProvider | None = None
    aws_kms: AwsKmsProvider | None = None
    pkcs11: Pkcs11Provider | None = None
    description: Text | None = None
    timeout: Duration = 3_000
    """How long one call may take. A question of the data plane waits no longer than 5 s."""

    @property
    def backend(self) -> str:
        """What holds the keys, the same for two documents that mean the same: how to reach it, not
        as whom.
        """
        vault, kms, token = self.vault_transit, self.aws_kms, self.pkcs11
        if vault is not None:
            return f"{vault.address} {vault.namespace or ''} {vault.mount}"
        if kms is not None:
            return f"{kms.region} {kms.endpoint or ''} {kms.access_key_id or ''}"
        if token is not None:
            return f"{token.module} {token.token}"
        path = None if self.local_file is None else self.local_file.path
        return path or f"{self.name} "

    @model_validator(mode="after")
    def _settings_of_its_type(self) -> Self:
        for name in ("local-file", "vault-transit", "aws-kms", "pkcs11"):
            field = name.replace("-", "_")
            given = getattr(self, field) is not None
            if given and self.type != name:
                raise ValueError(f"`{field}` is for `type: {name}`")
            if not given and self.type == name and name != "local-file":
                raise ValueError(f"`type: {name}` needs `{field}`")
        return self


class AccessClass(Noun):
    """A named set of readers: who may see opened what a ring of this class seals."""

    name: Name
    readers: tuple[Reader, ...] = Field(max_length=1000)
    """`role:NAME` (whoever has the role, also by another one) and `principal:NAME`."""
    owner: Text
    description: Text | None = None


class DataKeyLimits(Noun):
    """For how much, and how long, one data key is used for sealing."""

    records_max: int = Field(default=100_000_000, ge=1, le=RECORDS_MAX)
    lifetime: Duration = _DAY

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not 60_000 <= self.lifetime <= 90 * _DAY:
            raise ValueError("`lifetime` is between `1m` and `90d`")
        return self


class Destruction(Noun):
    """What it takes to destroy a ring, and with it all that it sealed."""

    wait: Duration = 7 * _DAY
    """From the request until it can be done. In between it can be cancelled."""
    approvals: Literal[1, 2] = 1
    """2: somebody else than who asked for it must approve."""


class KeyRing(Noun):
    """The keys of one data class for one access class: what it seals is shredded with it."""

    name: Name
    data_class: ClassName
    access_class: AccessClassName
    provider: KeyProviderName
    key: ProviderKey
    """The provider's key that wraps this ring's data keys; of this ring alone."""
    data_keys: DataKeyLimits = DataKeyLimits()
    rotate: Duration | None = None
    """How often the provider's key is rotated; without it, when somebody does so."""
    legal_hold: bool = False
    """It can't be destroyed, nor can a destruction that was asked for go on."""
    destruction: Destruction = Destruction()
    description: Text | None = None


class KeyStore(Noun):
    """Where wrapped data keys are kept. A bundle has at most one; without one, SQLite."""

    name: Name
    url: DatabaseReference | None = None
    """A database's URL, such as `postgresql+psycopg://user:password@host/name`. Without it, SQLite
    in the gateway's state directory: then every gateway can open only what it sealed itself."""
