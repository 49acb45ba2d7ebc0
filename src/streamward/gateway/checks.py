"""What must hold of listeners: nobody anonymous, no password in the clear, no port twice."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address

from streamward.gateway import (
    dead_letter_checks,
    door_checks,
    limit_checks,
    log_checks,
    secret_stores,
    trust_checks,
)
from streamward.model.document import Bundle, Document, Mistake
from streamward.model.manifest import Environment, Manifest
from streamward.model.topology import Cluster, Listener, Metrics, same_address

PORT_MAX = 65_535

_Check = Callable[[Bundle], Iterator[Mistake]]


def _each_listener(check: Callable[[Bundle, Document, Listener], Iterator[Mistake]]) -> _Check:
    def over(bundle: Bundle) -> Iterator[Mistake]:
        for document in bundle.documents_of(Listener):
            assert isinstance(document.value, Listener)
            yield from check(bundle, document, document.value)

    over.__name__, over.__doc__ = check.__name__, check.__doc__
    return over


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@_each_listener
def passwords_only_over_tls(
    bundle: Bundle, document: Document, listener: Listener
) -> Iterator[Mistake]:
    """PLAIN sends the password as it is."""
    if listener.sasl and listener.tls is None:
        yield document.mistake(
            f"{listener.sasl[0]} without TLS lets others read or try out passwords",
            "sasl",
            suggestion="add `tls:` with `certificate` and `key`",
        )


@_each_listener
def plaintext_only_for_measuring(
    bundle: Bundle, document: Document, listener: Listener
) -> Iterator[Mistake]:
    """Without TLS everybody is one principal: on loopback, in development, and nowhere else."""
    if listener.tls is not None:
        if listener.plaintext_principal is not None:
            what = "`plaintext_principal` has no meaning on a listener with TLS"
            yield document.mistake(what, "plaintext_principal", suggestion="remove one of both")
        return
    heads = bundle.of(Manifest)
    if heads and heads[0].environment is not Environment.DEVELOPMENT:
        what = f"a listener without TLS is refused in environment `{heads[0].environment}`"
        yield document.mistake(what, suggestion="add `tls:` with `certificate` and `key`")
    if not is_loopback(listener.bind):
        what = f"a listener without TLS may only bind loopback, not `{listener.bind}`"
        yield document.mistake(what, "bind", suggestion="bind `127.0.0.1`, or add `tls:`")
    if listener.plaintext_principal is None:
        yield document.mistake(
            "a listener without TLS must say who its callers are",
            suggestion="add `tls:`, or `plaintext_principal:` to measure in development",
        )


@_each_listener
def somebody_can_prove_who_they_are(
    bundle: Bundle, document: Document, listener: Listener
) -> Iterator[Mistake]:
    """Certificates need an authority; without certificates there must be SASL."""
    if listener.tls is None:
        return
    authorities = listener.tls.client_ca, *listener.tls.client_authorities
    if authorities == (None,) and listener.tls.client_certificate != "none":
        yield document.mistake(
            f"client certificates are {listener.tls.client_certificate}, but no authority is named",
            "tls",
            suggestion="add `client_ca:`, or set `client_certificate: none`",
        )
    if listener.tls.client_certificate == "none" and not listener.sasl:
        yield document.mistake(
            "nobody can prove who they are: no client certificates and no SASL",
            "tls",
            suggestion="set `client_certificate: required`, or add `sasl: [PLAIN]`",
        )


@_each_listener
def proofs_that_can_be_given(
    bundle: Bundle, document: Document, listener: Listener
) -> Iterator[Mistake]:
    """Whoever must show a certificate, or log in, must be able to."""
    wanted = listener.authentication
    required = listener.tls is not None and listener.tls.client_certificate == "required"
    if wanted in ("certificate", "both") and not required:
        yield document.mistake(
            f"`authentication: {wanted}` asks for certificates that TLS does not require",
            "authentication",
            suggestion="set `client_certificate: required`",
        )
    if wanted in ("sasl", "both") and not listener.sasl:
        yield document.mistake(
            f"`authentication: {wanted}` asks for SASL, and no mechanism is offered",
            "authentication",
            suggestion="add `sasl:`",
        )
    if wanted == "certificate" and listener.sasl:
        yield document.mistake(
            "`authentication: certificate` takes no SASL",
            "sasl",
            suggestion="remove `sasl:`, or set `authentication: either`",
        )


@_each_listener
def whose_identity_the_brokers_see(
    bundle: Bundle, document: Document, listener: Listener
) -> Iterator[Mistake]:
    """Brokers that see the client check its password themselves."""
    relays = any(
        cluster.name == listener.cluster and cluster.identity == "client"
        for cluster in bundle.of(Cluster)
    )
    if not relays:
        return
    if not listener.sasl:
        yield document.mistake(
            f"brokers of `{listener.cluster}` see the client, and it can't log in to them",
            suggestion="add `sasl:` with the mechanisms that the brokers take",
        )
    if listener.tls is not None and listener.tls.client_certificate != "none":
        yield document.mistake(
            f"a client's certificate can't be shown to brokers of `{listener.cluster}`",
            "tls",
            suggestion="set `client_certificate: none`, or `identity: gateway` for the cluster",
        )


def no_password_in_the_clear_to_brokers(bundle: Bundle) -> Iterator[Mistake]:
    """Towards brokers as towards clients, except on a developer's machine."""
    heads = bundle.of(Manifest)
    if not heads or heads[0].environment is Environment.DEVELOPMENT:
        return
    for document in bundle.documents_of(Cluster):
        cluster = document.value
        assert isinstance(cluster, Cluster)
        if cluster.tls is None and (cluster.logins() or cluster.identity == "client"):
            yield document.mistake(
                f"passwords would go in the clear to the brokers of `{cluster.name}`",
                "sasl" if cluster.sasl is not None else "identity",
                suggestion="add `tls:` with the authority that signed the brokers' certificates",
            )


@_each_listener
def server_name_routing_over_tls(
    bundle: Bundle, document: Document, listener: Listener
) -> Iterator[Mistake]:
    """Without TLS there is no server name to route by."""
    if listener.sni is not None and listener.tls is None:
        what = "`sni` needs TLS: without it there is no server name"
        yield document.mistake(what, "sni", suggestion="add `tls:`, or route by `ports:`")


@_each_listener
def ports_in_range(bundle: Bundle, document: Document, listener: Listener) -> Iterator[Mistake]:
    """The ports of all nodes exist, and none is the one to start with."""
    if listener.ports is None:
        return
    nodes = listener.ports.nodes
    last = nodes.first_port + nodes.count - 1
    if last > PORT_MAX:
        yield document.mistake(
            f"the last node would be on port {last}, and ports end at {PORT_MAX}",
            "ports",
            "nodes",
            suggestion=f"start at {PORT_MAX - nodes.count + 1} or lower, or have fewer nodes",
        )
    if nodes.first_port <= listener.ports.bootstrap <= last:
        yield document.mistake(
            f"port {listener.ports.bootstrap} is also that of a node ({nodes.first_port}–{last})",
            "ports",
            "bootstrap",
            suggestion="choose a port outside of the nodes' range",
        )


def ports_used_once(bundle: Bundle) -> Iterator[Mistake]:
    """No two listeners bind the same port of the same address."""
    taken: list[tuple[Document, Listener]] = []
    for document in bundle.documents_of(Listener):
        listener = document.value
        assert isinstance(listener, Listener)
        for other_document, other in taken:
            shared = sorted(set(listener.used_ports()) & set(other.used_ports()))
            if shared and same_address(listener.bind, other.bind):
                yield document.mistake(
                    f"port {shared[0]} is also taken by listener `{other.name}`",
                    "ports" if listener.ports is not None else "sni",
                    suggestion=f"choose another; the first is at {other_document.place()}",
                )
        taken.append((document, listener))


def one_place_for_metrics(bundle: Bundle) -> Iterator[Mistake]:
    """One document says where figures are served; on a port of its own, and rather on loopback."""
    listeners = bundle.of(Listener)
    for number, document in enumerate(bundle.documents_of(Metrics)):
        metrics = document.value
        assert isinstance(metrics, Metrics)
        if number > 0:
            yield document.mistake(
                "a bundle has at most one document of kind Metrics", suggestion="remove one of them"
            )
        for listener in listeners:
            if metrics.port in listener.used_ports() and same_address(metrics.bind, listener.bind):
                yield document.mistake(
                    f"port {metrics.port} is also taken by listener `{listener.name}`",
                    "port",
                    suggestion="choose another",
                )
        if not is_loopback(metrics.bind):
            yield document.mistake(
                "everybody who reaches this address can read the figures",
                "bind",
                suggestion="bind `127.0.0.1`, or let a firewall admit Prometheus only",
                severity="warning",
            )


def something_to_do(bundle: Bundle) -> Iterator[Mistake]:
    """Clusters that no listener serves."""
    if bundle.broken:
        return
    served = {listener.cluster for listener in bundle.of(Listener)}
    for document in bundle.documents_of(Cluster):
        if document.name not in served:
            yield document.mistake(
                f"no listener serves the cluster `{document.name}`",
                suggestion="add a document of kind Listener, or remove the cluster",
                severity="warning",
            )


CHECKS = (
    passwords_only_over_tls,
    plaintext_only_for_measuring,
    somebody_can_prove_who_they_are,
    proofs_that_can_be_given,
    whose_identity_the_brokers_see,
    no_password_in_the_clear_to_brokers,
    server_name_routing_over_tls,
    ports_in_range,
    ports_used_once,
    one_place_for_metrics,
    something_to_do,
    *door_checks.CHECKS,
    *dead_letter_checks.CHECKS,
    *trust_checks.CHECKS,
    *limit_checks.CHECKS,
    *secret_stores.CHECKS,
    *log_checks.CHECKS,
)
