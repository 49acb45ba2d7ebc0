"""Where secrets are that a bundle refers to by `vault:`, `aws-sm:` and `spiffe:`."""

import re
from ipaddress import ip_address
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from streamward.model.document import Material, Noun
from streamward.model.duration import Duration
from streamward.model.fields import Name

_LOCAL = StringConstraints(max_length=1000, pattern=r"^(file|env):.+$")
LocalSecret = Annotated[str, _LOCAL, Material("password")]
"""A reference that needs no store: what opens a store can't lie in one."""

CaFile = Annotated[str, StringConstraints(max_length=1000, pattern=r"^file:.+$"), Material("ca")]
Mount = Annotated[
    str,
    StringConstraints(max_length=250, pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)*$"),
]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=512)]


def https_or_loopback(address: str) -> str:
    """An address that others can't listen in on. Raises ValueError."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query:
        raise ValueError("write it as `https://host:port`")
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if parts.scheme == "http" and not loopback:
        raise ValueError("use `https://`: secrets would go in the clear")
    return address.rstrip("/")


HttpsAddress = Annotated[str, StringConstraints(max_length=1000), AfterValidator(https_or_loopback)]


class VaultEngine(Noun):
    """A secrets engine and where it is mounted."""

    mount: Mount
    type: Literal["kv-v1", "kv-v2", "dynamic"]
    """`dynamic`: each read makes a secret with a lease, as of databases, PKI or Kafka users."""
    parameters: dict[str, _Text] = Field(default_factory=dict, max_length=50)
    """For `dynamic` engines that are written to, such as PKI: what is written."""

    @model_validator(mode="after")
    def _only_dynamic(self) -> Self:
        if self.parameters and self.type != "dynamic":
            raise ValueError("`parameters` are for engines of type `dynamic`")
        return self


class VaultAuth(Noun):
    """How the gateway proves itself to Vault."""

    method: Literal["token", "approle", "kubernetes"]
    mount: Mount | None = None
    """Where the method is mounted; without it, at its own name."""
    role: _Text | None = None
    """The role id of an AppRole, or the role's name for Kubernetes."""
    secret: LocalSecret | None = None
    """The token, the AppRole's secret id, or the service account's token."""

    @model_validator(mode="after")
    def _what_the_method_needs(self) -> Self:
        if (self.role is None) != (self.method == "token"):
            raise ValueError("`role` is for `approle` and `kubernetes`, which need it")
        if self.secret is None and self.method != "kubernetes":
            raise ValueError(f"`{self.method}` needs `secret`")
        return self


class VaultStore(Noun):
    """A HashiCorp Vault or OpenBao."""

    address: HttpsAddress
    auth: VaultAuth
    namespace: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./-]{1,250}$")] | None = None
    ca: CaFile | None = None
    """Who signed Vault's certificate; without it, the authorities that the machine trusts."""
    engines: tuple[VaultEngine, ...] = Field(
        default=(VaultEngine(mount="secret", type="kv-v2"),), min_length=1, max_length=100
    )


class AwsSecretsManagerStore(Noun):
    """One region of AWS Secrets Manager."""

    region: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    endpoint: HttpsAddress | None = None
    """Another endpoint than the region's public one, such as a VPC endpoint."""
    ca: CaFile | None = None
    access_key_id: _Text | None = None
    """Without a key, AWS's own chain: the instance's or pod's role, or a profile."""
    secret_access_key: LocalSecret | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("`access_key_id` and `secret_access_key` belong together")
        return self


def _trust_domain(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9._-]{1,255}", text):
        raise ValueError("write a trust domain as SPIFFE does: `example.org`")
    return text


TrustDomain = Annotated[str, StringConstraints(max_length=255), AfterValidator(_trust_domain)]
SpiffeIdText = Annotated[
    str, StringConstraints(max_length=2048, pattern=r"^spiffe://[a-z0-9._-]+(/[A-Za-z0-9._-]+)+$")
]
AgentSocket = Annotated[str, StringConstraints(max_length=120, pattern=r"^unix:(//)?/[!-~]+$")]


class SpiffeStore(Noun):
    """A SPIFFE Workload API, which gives the gateway its own certificate."""

    trust_domain: TrustDomain
    """Of which the gateway's own SPIFFE ID must be."""
    id: SpiffeIdText | None = None
    """Which one, where the agent gives several; without it, the first."""
    socket: AgentSocket | None = None
    """`unix:///run/spire/agent.sock`; without it, what SPIFFE_ENDPOINT_SOCKET says."""

    @model_validator(mode="after")
    def _of_the_domain(self) -> Self:
        if self.id is not None and not self.id.startswith(f"spiffe://{self.trust_domain}/"):
            raise ValueError("`id` must be of the `trust_domain`")
        return self


class SecretStore(Noun):
    """A store of secrets: `vault:NAME/MOUNT/PATH#FIELD`, `aws-sm:NAME/ID#FIELD`; of the gateway's
    own identity: `spiffe:NAME/svid#certificate` and `#key`, `spiffe:NAME/bundle#DOMAIN`.
    """

    name: Name
    vault: VaultStore | None = None
    """Exactly one of `vault`, `aws_secrets_manager` and `spiffe`."""
    aws_secrets_manager: AwsSecretsManagerStore | None = None
    spiffe: SpiffeStore | None = None
    refresh: Duration = 60_000
    """How often a secret without a lease is looked at again, so that a rotated one is noticed."""
    held: Duration = 86_400_000
    """How long a secret without a lease serves while the store doesn't answer."""
    timeout: Duration = 5_000
    """How long one call to the store may take."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        kinds = (self.vault, self.aws_secrets_manager, self.spiffe)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("give exactly one of `vault`, `aws_secrets_manager` and `spiffe`")
        if self.held < self.refresh:
            raise ValueError("`held` can't be shorter than `refresh`")
        return self

    @property
    def scheme(self) -> str:
        """The scheme of the references to it."""
        if self.vault is not None:
            return "vault"
        return "aws-sm" if self.aws_secrets_manager is not None else "spiffe"
