"""The snapshot document (docs/reference/snapshot.md); unknown fields are refused."""

import msgspec

from streamward.gateway.contracts import ContractsSection
from streamward.gateway.dead_letters import DeadLettersSection
from streamward.gateway.masking import MaskingSection
from streamward.gateway.sealing import SealingSection
from streamward.gateway.signing import SigningSection
from streamward.identity.token_issuers.documents import IssuerEntry
from streamward.policy.section import PolicySection

FORMAT = 1


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class UpstreamTls(_Entry, frozen=True, kw_only=True):
    """How the gateway speaks TLS to brokers; values but the name are references."""

    ca: str
    certificate: str | None
    key: str | None
    server_name: str | None


class UpstreamSasl(_Entry, frozen=True, kw_only=True):
    """How the gateway logs in to brokers; all but mechanism, name and extensions are references."""

    mechanism: str
    username: str | None
    username_from: str | None
    password: str | None
    token: str | None
    extensions: dict[str, str]


class ClusterEntry(_Entry, frozen=True, kw_only=True):
    """A cluster; without `tls` its brokers are spoken to in the clear."""

    name: str
    bootstrap: tuple[str, ...]
    tls: UpstreamTls | None
    sasl: UpstreamSasl | None
    identity: str
    principals: tuple["MappedEntry", ...] = ()


class MappedEntry(_Entry, frozen=True, kw_only=True):
    """As whom one principal is known to brokers; certificate and key are references."""

    principal: str
    certificate: str | None
    key: str | None
    sasl: UpstreamSasl | None


class PortNodes(_Entry, frozen=True, kw_only=True):
    """Broker `first_id + i` is on port `first_port + i`."""

    first_id: int
    count: int
    first_port: int


class PortRouting(_Entry, frozen=True, kw_only=True, tag="ports", tag_field="type"):
    """A port for each broker."""

    bootstrap_port: int
    nodes: PortNodes


class SniNodes(_Entry, frozen=True, kw_only=True):
    """Which broker ids exist."""

    first_id: int
    count: int


class SniRouting(_Entry, frozen=True, kw_only=True, tag="sni", tag_field="type"):
    """One port; the server name says which broker."""

    port: int
    bootstrap_name: str
    node_name: str
    nodes: SniNodes


class ListenerTls(_Entry, frozen=True, kw_only=True):
    """The gateway's certificate and what it asks of clients; the first three are references."""

    certificate: str
    key: str
    client_ca: str | None
    client_authorities: tuple[str, ...]
    client_certificate: str
    version_min: str


class ProxyProtocol(_Entry, frozen=True, kw_only=True):
    """Who says in front of a connection from where it comes, as addresses in CIDR notation."""

    addresses: tuple[str, ...]


class Timeouts(_Entry, frozen=True, kw_only=True):
    """How long what may take, in milliseconds."""

    handshake: int
    authentication: int
    request: int
    request_total: int
    answer: int
    idle: int
    dial: int
    broker: int


class Lockout(_Entry, frozen=True, kw_only=True):
    """When somebody who guesses passwords has to wait."""

    failures: int
    source_failures: int
    milliseconds_max: int


class ListenerLimits(_Entry, frozen=True, kw_only=True):
    """What a listener takes in at most."""

    connections_max: int
    connections_per_source_max: int
    connections_per_principal_max: int
    source_connections_per_second: int
    source_connections_burst: int
    frame_bytes_max: int
    in_flight_max: int
    in_flight_bytes_max: int
    array_elements_max: int
    values_max: int
    tagged_fields_max: int
    names_max: int
    produce_bytes_per_second: int | None
    fetch_bytes_per_second: int | None
    requests_per_second: int | None
    rate_burst_milliseconds: int
    failure_delay_milliseconds: int
    lockout: Lockout
    timeout_milliseconds: Timeouts


class GatewayLimits(_Entry, frozen=True, kw_only=True):
    """What the whole gateway takes in at most."""

    buffered_bytes_max: int
    throttle_milliseconds_max: int


class QuotaEntry(_Entry, frozen=True, kw_only=True):
    """How much principals may ask for."""

    id: str
    to: tuple[str, ...]
    shared: bool
    produce_bytes_per_second: int | None
    fetch_bytes_per_second: int | None
    requests_per_second: int | None
    connections_max: int | None
    burst_milliseconds: int


class ListenerEntry(_Entry, frozen=True, kw_only=True):
    """Where clients of one cluster connect; with `grants`, programs that want data keys."""

    name: str
    cluster: str
    bind: str
    advertise: str
    routing: PortRouting | SniRouting
    proxy_protocol: ProxyProtocol | None
    tls: ListenerTls | None
    mechanisms: tuple[str, ...]
    bound_tokens: bool
    plaintext_principal: str | None
    durability: str
    unrecorded: str
    authentication: str
    session_lifetime_milliseconds_max: int | None
    limits: ListenerLimits
    grants: "GrantsEntry | None" = None


class GrantsEntry(_Entry, frozen=True, kw_only=True):
    """How long a grant of data keys holds, and how many a principal gets."""

    milliseconds: int
    per_second: int
    burst: int


class CertificateEntry(_Entry, frozen=True, kw_only=True, tag="certificate", tag_field="type"):
    """A client certificate, by subject, alternative name or mapped name, and who signs it."""

    id: str
    subject: str | None
    san: str | None
    mapped_name: str | None
    issuer: str | None


class PasswordEntry(_Entry, frozen=True, kw_only=True, tag="password", tag_field="type"):
    """A password, by a reference to its verifier."""

    id: str
    verifier: str


class TokenEntry(_Entry, frozen=True, kw_only=True, tag="token", tag_field="type"):
    """Tokens of one subject."""

    id: str
    issuer: str
    subject: str


class BrokerEntry(_Entry, frozen=True, kw_only=True, tag="broker", tag_field="type"):
    """A proof that brokers check."""

    id: str


class PrincipalEntry(_Entry, frozen=True, kw_only=True):
    """Who may call. Credentials for the control door alone are not among these."""

    id: str
    type: str
    tenant: str
    roles: tuple[str, ...]
    mfa: bool
    device_posture: str | None
    credentials: tuple[CertificateEntry | PasswordEntry | TokenEntry | BrokerEntry, ...]


class StoreEntry(_Entry, frozen=True, kw_only=True):
    """All that a snapshot tells of the identity store; `decoy_key` is a reference."""

    iterations: int
    decoy_key: str


class AuthorityEntry(_Entry, frozen=True, kw_only=True):
    """Who signs certificates; `ca` and `crls` are references."""

    name: str
    ca: str
    crls: tuple[str, ...]
    unknown_revocation: str
    trust_domains: tuple[str, ...]
    mapping_rules: str | None


class IdentitySection(_Entry, frozen=True, kw_only=True):
    """Everybody who may call, and who vouches for them."""

    principals: tuple[PrincipalEntry, ...]
    issuers: tuple[IssuerEntry, ...]
    authorities: tuple[AuthorityEntry, ...]
    store: StoreEntry | None = None


class Revoked(_Entry, frozen=True, kw_only=True):
    """A principal or a credential that is refused; `expires` in milliseconds since 1970."""

    containment: str
    principal: str | None
    credential: str | None
    expires: str | None


class Quarantined(_Entry, frozen=True, kw_only=True):
    """A stream that nobody may touch; `expires` in milliseconds since 1970."""

    containment: str
    stream: str
    expires: str | None


class OverlaySection(_Entry, frozen=True, kw_only=True):
    """Containments in force, on top of the policy."""

    epoch: int = 0
    revoked: tuple[Revoked, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()


class MetricsEntry(_Entry, frozen=True, kw_only=True):
    """Where figures and health are served."""

    bind: str
    port: int


class LogEntry(_Entry, frozen=True, kw_only=True):
    """How the log is named, signed and kept."""

    origin: str | None
    key: str | None
    previous_key: str | None
    retention_milliseconds: int | None
    erasable: tuple[str, ...] = ()
    erasable_retention_milliseconds: int | None = None


class DevicesEntry(_Entry, frozen=True, kw_only=True):
    """Whose devices an inventory knows, and when it is too old."""

    covers: str
    age_milliseconds_max: int


class VersionEntry(_Entry, frozen=True, kw_only=True):
    """Which applied version of the bundle this is."""

    number: int
    content: str


class SnapshotDocument(_Entry, frozen=True, kw_only=True):
    """Everything that a gateway enforces."""

    format: int
    bundle: str
    environment: str
    clusters: tuple[ClusterEntry, ...]
    listeners: tuple[ListenerEntry, ...]
    identity: IdentitySection
    policy: PolicySection
    limits: GatewayLimits
    quotas: tuple[QuotaEntry, ...]
    devices: DevicesEntry | None
    overlay: OverlaySection
    metrics: MetricsEntry | None
    log: LogEntry
    sealing: SealingSection
    signing: SigningSection
    contracts: ContractsSection
    masking: MaskingSection
    dead_letters: DeadLettersSection
    version: VersionEntry | None = None
