"""Where brokers are, and where and how the gateway listens for clients."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import (
    AuthorityName,
    AuthorityReference,
    CertificateReference,
    ClusterName,
    KeyReference,
    Name,
    PasswordReference,
    PrincipalName,
)
from streamward.model.limits import ListenerLimits
from streamward.model.network import Source
from streamward.model.secret_store import HttpsAddress

Port = Annotated[int, Field(ge=1, le=65535)]
NodeId = Annotated[int, Field(ge=0, le=2**31 - 1)]
Host = Annotated[
    str, StringConstraints(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9:]([A-Za-z0-9.:-]*)$")
]


def _endpoint(text: str) -> str:
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):([0-9]{1,5})", text)
    if match is None or not 1 <= int(match[2]) <= 65535:
        raise ValueError("write it as `host:port`")
    return text


Endpoint = Annotated[str, Field(max_length=300), AfterValidator(_endpoint)]


class UpstreamTls(Noun):
    """How the gateway speaks TLS to the brokers."""

    ca: AuthorityReference
    certificate: CertificateReference | None = None
    key: KeyReference | None = None
    server_name: Host | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("`certificate` and `key` belong together")
        return self


SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
ClientMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


class OAuthClient(Noun):
    """The gateway as an OAuth 2.0 client that gets tokens for itself (RFC 6749, section 4.4)."""

    token_endpoint: HttpsAddress
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    client_secret: PasswordReference
    authentication: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    """How the client proves itself to the token endpoint (RFC 6749, section 2.3.1)."""
    scope: Annotated[str, StringConstraints(max_length=1000)] | None = None
    parameters: dict[str, Annotated[str, StringConstraints(max_length=1000)]] = Field(
        default_factory=dict, max_length=20
    )
    """What else the token endpoint wants, such as `audience` or `resource`."""
    ca: AuthorityReference | None = None
    """Who signed the endpoint's certificate; without it, the authorities the machine trusts."""
    extensions: dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,100}$")],
        Annotated[str, StringConstraints(max_length=1000, pattern=r"^[\t\r\n -~]*$")],
    ] = Field(default_factory=dict, max_length=20)
    """What brokers are shown beside the token (KIP-342)."""


class UpstreamSasl(Noun):
    """The gateway's own name and password, or token, towards the brokers."""

    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]
    username: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None
    """Exactly one of `username` and `username_from`, save with `OAUTHBEARER`."""
    username_from: PasswordReference | None = None
    """A reference to the name, where it is lent together with the password."""
    password: PasswordReference | None = None
    """Its text is the password; blanks and line breaks at its end don't count."""
    oauth: OAuthClient | None = None
    """Where the gateway gets its tokens; only with `OAUTHBEARER`."""

    @model_validator(mode="after")
    def _what_the_mechanism_needs(self) -> Self:
        if self.mechanism == "OAUTHBEARER":
            if self.oauth is None or self.username or self.username_from or self.password:
                raise ValueError("`OAUTHBEARER` needs `oauth`, and neither name nor password")
            return self
        if self.oauth is not None:
            raise ValueError("`oauth` is for `OAUTHBEARER`")
        if (self.username is None) == (self.username_from is None):
            raise ValueError("give exactly one of `username` and `username_from`")
        if self.password is None:
            raise ValueError(f"`{self.mechanism}` needs `password`")
        return self


class KnownPrincipal(Noun):
    """Somebody whom brokers know, and whom they must refuse beside the gateway."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    """As the report names it; with `mechanism`, also the user name."""
    certificate: CertificateReference | None = None
    key: KeyReference | None = None
    mechanism: SaslMechanism | None = None
    password: PasswordReference | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("`certificate` and `key` belong together")
        if (self.mechanism is None) != (self.password is None):
            raise ValueError("`mechanism` and `password` belong together")
        if self.certificate is None and self.mechanism is None:
            raise ValueError("give `certificate` and `key`, or `mechanism` and `password`")
        return self


class MappedPrincipal(Noun):
    """As whom one principal is known to brokers: by a certificate, a login, or both."""

    principal: PrincipalName
    certificate: CertificateReference | None = None
    key: KeyReference | None = None
    sasl: UpstreamSasl | None = None

    @model_validator(mode="after")
    def _some_proof(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("`certificate` and `key` belong together")
        if self.certificate is None and self.sasl is None:
            raise ValueError("give `certificate` and `key`, or `sasl`")
        return self


class Cluster(Noun):
    """A cluster of brokers that only the gateway may reach."""

    name: Name
    bootstrap: tuple[Endpoint, ...] = Field(min_length=1, max_length=100)
    """Brokers that are asked first, as `host:port`."""
    tls: UpstreamTls | None = None
    """How the gateway speaks TLS to the brokers; without it, in the clear."""
    sasl: UpstreamSasl | None = None
    """How the gateway logs in to the brokers, where its certificate doesn't prove who it is."""
    identity: Literal["gateway", "client", "mapped"] = "gateway"
    """Whom the brokers see: the gateway, or each client, which then logs in to the broker; with
    `mapped` each client too, as which the gateway logs in with what `principals` declares."""
    principals: tuple[MappedPrincipal, ...] = Field(default=(), max_length=10_000)
    """Only with `mapped`, where nobody else is let in."""
    probe: KnownPrincipal | None = None
    """Whom `streamward check --live` also tries to be; the gateway itself never uses it."""

    @model_validator(mode="after")
    def _principals_where_mapped(self) -> Self:
        if (self.identity == "mapped") != bool(self.principals):
            raise ValueError("`identity: mapped` and `principals` belong together")
        names = [each.principal for each in self.principals]
        if len(set(names)) != len(names):
            raise ValueError("a principal can be mapped once")
        if self.tls is None and any(each.certificate for each in self.principals):
            raise ValueError("a certificate of `principals` needs `tls`")
        return self

    def logins(self) -> tuple[tuple[str, UpstreamSasl], ...]:
        """Every login to its brokers, with a name that tells them apart."""
        own = () if self.sasl is None else ((self.name, self.sasl),)
        mapped = (
            (f"{self.name}/{each.principal}", each.sasl)
            for each in self.principals
            if each.sasl is not None
        )
        return (*own, *mapped)


def same_address(one: str, other: str) -> bool:
    """Whether a port that is bound at one address is taken at the other."""
    return one == other or bool({one, other} & {"0.0.0.0", "::"})  # noqa: S104


class PortNodes(Noun):
    """Broker `first_id + i` is reached on port `first_port + i`."""

    first_id: NodeId
    count: int = Field(ge=1, le=1000)
    first_port: Port


class PortRouting(Noun):
    """One port to start with and one for each broker."""

    bootstrap: Port
    nodes: PortNodes


class SniNodes(Noun):
    """Which broker ids exist."""

    first_id: NodeId
    count: int = Field(ge=1, le=10000)


class SniRouting(Noun):
    """One port for all brokers; the server name of the TLS hello says which is meant."""

    port: Port
    bootstrap_name: Host
    node_name: Annotated[str, StringConstraints(max_length=253, pattern=r"^[A-Za-z0-9.{}-]+$")]
    """A name with `{id}` in it: `broker-{id}.kafka.example.com`."""
    nodes: SniNodes

    @model_validator(mode="after")
    def _one_id(self) -> Self:
        if self.node_name.count("{id}") != 1 or re.search(
            r"[{}]", self.node_name.replace("{id}", "")
        ):
            raise ValueError("`node_name` must contain `{id}` once")
        return self


class ListenerTls(Noun):
    """The gateway's certificate, and what it asks of clients."""

    certificate: CertificateReference
    key: KeyReference
    client_ca: AuthorityReference | None = None
    """Who signs the certificates of clients whose credentials name no `issuer`."""
    client_authorities: tuple[AuthorityName, ...] = Field(default=(), max_length=20)
    """Who else does; each speaks for its own names only."""
    client_certificate: Literal["none", "optional", "required"] = "optional"
    version_min: Literal["1.2", "1.3"] = "1.3"
    """The oldest version of TLS; with `1.2`, forward-secret cipher suites only."""


class ProxyProtocol(Noun):
    """Proxies that say in front of each connection from where it comes (PROXY protocol, version 2).

    From them nothing is taken without it, and from nobody else with it.
    """

    sources: tuple[Source, ...] = Field(min_length=1, max_length=100)
    """The proxies: `network:NAME`, or addresses such as `10.0.0.7` and `10.0.0.0/8`."""


class Listener(Noun):
    """Where clients of one cluster connect, and what they must prove."""

    name: Name
    cluster: ClusterName
    bind: Host = "127.0.0.1"
    """The address that is listened on."""
    advertise: Host
    """The host name or address that clients are told to connect to."""
    ports: PortRouting | None = None
    """A port for each broker; exactly one of `ports` and `sni`."""
    sni: SniRouting | None = None
    """One port, and a server name for each broker."""
    proxy_protocol: ProxyProtocol | None = None
    """Which proxies in front of it tell the addresses of clients."""
    tls: ListenerTls | None = None
    """Without it, everybody who connects is `plaintext_principal`; for measuring only."""
    sasl: tuple[ClientMechanism, ...] = Field(default=(), max_length=10)
    """How clients without a certificate log in, over TLS."""
    bound_tokens: bool = False
    """Clients log in by tokens bound to their certificates, which alone prove nothing then."""
    authentication: Literal["either", "certificate", "sasl", "both"] = "either"
    """What says who a client is: a principal's certificate, else SASL; one of them; or both."""
    plaintext_principal: PrincipalName | None = None
    """Only without TLS, on loopback, in environment `development`."""
    durability: Literal["grouped", "strict"] = "grouped"
    """When offset ranges are on disk: within 50 ms of the answer, or before it."""
    unrecorded: Literal["refuse", "serve"] = "refuse"
    """What happens while the log can't be written: a retriable error, or a gap in the log."""
    session_lifetime_max: Duration | None = None
    """Clients of SASL authenticate again within it; never longer than the credential holds."""
    limits: ListenerLimits = ListenerLimits()
    """What it takes in at most; the defaults and their reasons are in the page on limits."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.ports is None) == (self.sni is None):
            raise ValueError("give exactly one of `ports` and `sni`")
        return self

    def used_ports(self) -> tuple[int, ...]:
        """Every port that the listener binds, the first being the one to start with."""
        if self.sni is not None:
            return (self.sni.port,)
        assert self.ports is not None  # exactly one of both is set
        nodes = self.ports.nodes
        return (self.ports.bootstrap, *range(nodes.first_port, nodes.first_port + nodes.count))


class Metrics(Noun):
    """Where Prometheus reads the gateway's figures, and where its health is asked for.

    In clear, to everybody who reaches the port. Without this document both are at the control door
    only.
    """

    name: Name
    bind: Host = "127.0.0.1"
    """The address that is listened on; figures tell how much is done, though never by whom."""
    port: Port = 9464
