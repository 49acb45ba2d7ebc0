"""From a bundle to the one document that the data plane enforces."""

import datetime
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import msgspec

from streamward.errors import BundleInvalid, InvalidArgument
from streamward.gateway.contracts import contracts_section
from streamward.gateway.dead_letters import dead_letters_section
from streamward.gateway.documents import (
    FORMAT,
    AuthorityEntry,
    BrokerEntry,
    CertificateEntry,
    ClusterEntry,
    DevicesEntry,
    IdentitySection,
    ListenerEntry,
    ListenerTls,
    LogEntry,
    MappedEntry,
    MetricsEntry,
    OverlaySection,
    PasswordEntry,
    PortNodes,
    PortRouting,
    PrincipalEntry,
    ProxyProtocol,
    SnapshotDocument,
    SniNodes,
    SniRouting,
    StoreEntry,
    TokenEntry,
    UpstreamSasl,
    UpstreamTls,
    VersionEntry,
)
from streamward.gateway.door import door_entry
from streamward.gateway.limit_entries import gateway_limits, listener_limits, quota_entry
from streamward.gateway.masking import masking_section
from streamward.gateway.materials import DECOY_KEY
from streamward.gateway.sealing import sealing_section
from streamward.gateway.signing import signing_section
from streamward.identity.token_issuers.documents import issuer_entry
from streamward.model import topology
from streamward.model.audit_log import AuditLog
from streamward.model.authority import CertificateAuthority
from streamward.model.control_door import ControlDoor
from streamward.model.credentials import IdentityStore
from streamward.model.device_inventory import DeviceInventory
from streamward.model.document import Bundle
from streamward.model.limits import Quota
from streamward.model.manifest import Manifest
from streamward.model.network import Network
from streamward.model.principal import (
    BrokerCredential,
    CertificateCredential,
    PasswordCredential,
    Principal,
    TokenCredential,
    UnixUserCredential,
)
from streamward.model.token_issuer import TokenIssuer
from streamward.model.topology import Cluster, Listener, Metrics
from streamward.policy import compile_policy
from streamward.policy.days import utc_today
from streamward.policy.evaluator import policy_schema
from streamward.policy.section import canonical
from streamward.secrets import TOKEN_SCHEME


def build_snapshot(
    bundle: Bundle,
    overlay: OverlaySection | Mapping[str, Any] | None = None,
    *,
    schema: str | None = None,
    today: datetime.date | None = None,
) -> bytes:
    """The snapshot of a bundle without errors, as canonical JSON.

    `overlay` is that section of the snapshot (`Overlay.document()` in the response room); `schema`
    is the compiled module's own unless given; `today` (UTC) says which grants have expired.
    Raises BundleInvalid without a head, InvalidArgument for an overlay of another form.
    """
    return canonical(snapshot_document(bundle, overlay, schema=schema, today=today))


def snapshot_document(
    bundle: Bundle,
    overlay: OverlaySection | Mapping[str, Any] | None = None,
    *,
    schema: str | None = None,
    today: datetime.date | None = None,
) -> SnapshotDocument:
    """As `build_snapshot`, before it is written as JSON."""
    heads = bundle.of(Manifest)
    if len(heads) != 1:
        raise BundleInvalid(f"the bundle `{bundle.root}` needs exactly one document of kind Bundle")
    section = compile_policy(
        bundle, policy_schema() if schema is None else schema, today or utc_today()
    )
    return SnapshotDocument(
        format=FORMAT,
        bundle=heads[0].name,
        environment=heads[0].environment.value,
        clusters=tuple(_cluster(cluster) for cluster in bundle.of(Cluster)),
        listeners=(
            *(_listener(bundle, listener) for listener in bundle.of(Listener)),
            *map(door_entry, bundle.of(ControlDoor)),
        ),
        identity=IdentitySection(
            principals=tuple(map(_principal, bundle.of(Principal))),
            issuers=tuple(map(issuer_entry, bundle.of(TokenIssuer))),
            authorities=tuple(map(_authority, bundle.of(CertificateAuthority))),
            store=_store(bundle),
        ),
        policy=section,
        limits=gateway_limits(heads[0].limits),
        quotas=tuple(map(quota_entry, bundle.of(Quota))),
        devices=_devices(bundle),
        overlay=_overlay(overlay),
        metrics=_metrics(bundle),
        log=_log(bundle),
        sealing=sealing_section(bundle),
        signing=signing_section(bundle),
        contracts=contracts_section(bundle),
        masking=masking_section(bundle),
        dead_letters=dead_letters_section(bundle),
        version=_version(bundle),
    )


def _version(bundle: Bundle) -> VersionEntry | None:
    version = bundle.version
    return None if version is None else VersionEntry(number=version.number, content=version.content)


def _log(bundle: Bundle) -> LogEntry:
    declared = next(iter(bundle.of(AuditLog)), AuditLog(name="log"))
    return LogEntry(
        origin=declared.origin,
        key=declared.key,
        previous_key=declared.previous_key,
        retention_milliseconds=declared.keep,
        erasable=tuple(sorted(declared.erasable)),
        erasable_retention_milliseconds=declared.keep_erasable,
    )


def _metrics(bundle: Bundle) -> MetricsEntry | None:
    for metrics in bundle.of(Metrics):
        return MetricsEntry(bind=metrics.bind, port=metrics.port)
    return None


def _devices(bundle: Bundle) -> DevicesEntry | None:
    for inventory in bundle.of(DeviceInventory):
        return DevicesEntry(covers=inventory.covers, age_milliseconds_max=inventory.age_max)
    return None


def _store(bundle: Bundle) -> StoreEntry | None:
    for store in bundle.of(IdentityStore):
        return StoreEntry(iterations=store.iterations, decoy_key=DECOY_KEY)
    return None


def _overlay(overlay: OverlaySection | Mapping[str, Any] | None) -> OverlaySection:
    if overlay is None:
        return OverlaySection()
    if isinstance(overlay, OverlaySection):
        return overlay
    try:
        return msgspec.convert(dict(overlay), OverlaySection)
    except msgspec.ValidationError as error:
        raise InvalidArgument("the overlay is not as in the snapshot's reference") from error


def _cluster(cluster: Cluster) -> ClusterEntry:
    tls = cluster.tls
    return ClusterEntry(
        name=cluster.name,
        bootstrap=cluster.bootstrap,
        tls=None
        if tls is None
        else UpstreamTls(
            ca=tls.ca, certificate=tls.certificate, key=tls.key, server_name=tls.server_name
        ),
        sasl=None if cluster.sasl is None else _sasl(cluster.name, cluster.sasl),
        identity=cluster.identity,
        principals=tuple(
            MappedEntry(
                principal=each.principal,
                certificate=each.certificate,
                key=each.key,
                sasl=None
                if each.sasl is None
                else _sasl(f"{cluster.name}/{each.principal}", each.sasl),
            )
            for each in cluster.principals
        ),
    )


def _sasl(login: str, sasl: topology.UpstreamSasl) -> UpstreamSasl:
    oauth = sasl.oauth
    return UpstreamSasl(
        mechanism=sasl.mechanism,
        username=sasl.username,
        username_from=sasl.username_from,
        password=sasl.password,
        token=None if oauth is None else token_reference(login),
        extensions={} if oauth is None else dict(oauth.extensions),
    )


def token_reference(login: str) -> str:
    """The reference to the access token that the gateway gets for a login; in no bundle."""
    return f"{TOKEN_SCHEME}:{login}"


def token_references(bundle: Bundle) -> tuple[str, ...]:
    """The access tokens that the gateway needs, by reference."""
    return tuple(
        token_reference(login)
        for cluster in bundle.of(Cluster)
        for login, sasl in cluster.logins()
        if sasl.oauth is not None
    )


def _authority(authority: CertificateAuthority) -> AuthorityEntry:
    return AuthorityEntry(
        name=authority.name,
        ca=authority.ca,
        crls=authority.crls,
        unknown_revocation=authority.unknown_revocation,
        trust_domains=authority.trust_domains,
        mapping_rules=authority.mapping_rules,
    )


def _proxies(bundle: Bundle, listener: Listener) -> ProxyProtocol | None:
    """The proxies' addresses: those of networks by name come out of their documents."""
    if listener.proxy_protocol is None:
        return None
    networks = {network.name: network.addresses for network in bundle.of(Network)}
    addresses: list[str] = []
    for source in listener.proxy_protocol.sources:
        if source.startswith("network:"):
            addresses.extend(networks[source.removeprefix("network:")])
        else:
            addresses.append(str(ip_network(source)))
    return ProxyProtocol(addresses=tuple(addresses))


def _listener(bundle: Bundle, listener: Listener) -> ListenerEntry:
    tls = listener.tls
    return ListenerEntry(
        name=listener.name,
        cluster=listener.cluster,
        bind=listener.bind,
        advertise=listener.advertise,
        routing=_routing(listener),
        proxy_protocol=_proxies(bundle, listener),
        tls=None
        if tls is None
        else ListenerTls(
            certificate=tls.certificate,
            key=tls.key,
            client_ca=tls.client_ca,
            client_authorities=tls.client_authorities,
            client_certificate=tls.client_certificate,
            version_min=tls.version_min,
        ),
        mechanisms=listener.sasl,
        bound_tokens=listener.bound_tokens,
        plaintext_principal=listener.plaintext_principal,
        durability=listener.durability,
        unrecorded=listener.unrecorded,
        authentication=listener.authentication,
        session_lifetime_milliseconds_max=listener.session_lifetime_max,
        limits=listener_limits(listener.limits),
    )


def _routing(listener: Listener) -> PortRouting | SniRouting:
    if listener.sni is not None:
        sni = listener.sni
        return SniRouting(
            port=sni.port,
            bootstrap_name=sni.bootstrap_name,
            node_name=sni.node_name,
            nodes=SniNodes(**sni.nodes.model_dump()),
        )
    assert listener.ports is not None  # the model demands exactly one of both
    ports = listener.ports
    return PortRouting(bootstrap_port=ports.bootstrap, nodes=PortNodes(**ports.nodes.model_dump()))


def _principal(principal: Principal) -> PrincipalEntry:
    credentials: list[CertificateEntry | PasswordEntry | TokenEntry | BrokerEntry] = []
    for credential in principal.credentials:
        match credential:
            case CertificateCredential():
                credentials.append(
                    CertificateEntry(
                        id=credential.id,
                        subject=credential.subject,
                        san=credential.san,
                        mapped_name=credential.mapped_name,
                        issuer=credential.issuer,
                    )
                )
            case PasswordCredential():
                credentials.append(PasswordEntry(id=credential.id, verifier=credential.verifier))
            case TokenCredential():
                credentials.append(
                    TokenEntry(
                        id=credential.id, issuer=credential.issuer, subject=credential.subject
                    )
                )
            case BrokerCredential():
                credentials.append(BrokerEntry(id=credential.id))
            case UnixUserCredential():
                pass  # known at the control door only, which is not the data plane's business
    return PrincipalEntry(
        id=principal.name,
        type=principal.type.value,
        tenant=principal.tenant,
        roles=principal.roles,
        mfa=principal.mfa,
        device_posture=principal.device_posture,
        credentials=tuple(credentials),
    )
