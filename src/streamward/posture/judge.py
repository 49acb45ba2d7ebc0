"""From what was tried and read to what must be changed. Pure."""

from collections.abc import Iterable, Iterator

from streamward.posture.attempts import ANONYMOUS, WRONG
from streamward.posture.finding import Finding, Severity
from streamward.posture.inventory import BrokerListener, Brokers, names, protocol_map
from streamward.posture.ports import Attempt, Outcome


def findings(cluster: str, brokers: Brokers, attempts: Iterable[Attempt]) -> Iterator[Finding]:
    """Everything that is wrong with a cluster."""
    listeners = {each.address: each for each in brokers.listeners()}
    for attempt in attempts:
        if attempt.outcome in (Outcome.ADMITTED, Outcome.POWERLESS):
            yield _let_in(cluster, attempt, listeners[attempt.address])
        elif attempt.outcome is Outcome.UNTRIED:
            yield Finding(
                Severity.WARNING,
                cluster,
                f"{attempt.listener} at {attempt.address}",
                f"`{attempt.caller}` was not tried: {attempt.detail}",
                "declare the cluster's `tls`, or give `probe` a SCRAM mechanism",
            )
    yield from _between_brokers(cluster, brokers)
    yield from _rights(cluster, brokers)
    unseen = sorted(set(brokers.addresses) - set(brokers.settings))
    if unseen:
        nodes = ", ".join(map(str, unseen))
        yield Finding(
            Severity.WARNING,
            cluster,
            f"brokers {nodes}",
            "the gateway may not read the settings of these brokers, so only the listener that "
            "it was told of was tried",
            "allow its principal `DescribeConfigs` on the cluster",
        )


def _let_in(cluster: str, attempt: Attempt, listener: BrokerListener) -> Finding:
    where = f"{attempt.listener or 'listener'} at {attempt.address}"
    if attempt.caller not in (ANONYMOUS, WRONG):
        what = f"lets `{attempt.caller}` in past the gateway ({attempt.manner})"
        change = (
            "let only the gateway and other brokers reach this port (firewall, network policy), "
            f"or remove the credential of `{attempt.caller}` from the brokers"
        )
        severity = Severity.HIGH
    else:
        what = f"lets anybody in ({attempt.manner})"
        change = _closing(listener, attempt)
        severity = Severity.CRITICAL
    if attempt.outcome is Outcome.POWERLESS:
        what += ", though shown nothing: one ACL away from the records"
        severity = Severity.WARNING
    return Finding(severity, cluster, where, what, change)


def _closing(listener: BrokerListener, attempt: Attempt) -> str:
    name = listener.name.lower() or "NAME"
    prefix = f"listener.name.{name}"
    if listener.protocol == "SSL":
        return f"set `{prefix}.ssl.client.auth=required`"
    if listener.sasl and "token" in attempt.manner:
        return (
            f"set `{prefix}.oauthbearer.sasl.server.callback.handler.class` to Kafka's "
            "`OAuthBearerValidatorCallbackHandler`, and `sasl.oauthbearer.jwks.endpoint.url`"
        )
    if listener.sasl:
        return f"look at `{prefix}` and its `sasl.server.callback.handler.class`: it checks nothing"
    return "remove the listener, or make it `SSL` or `SASL_SSL` in `listener.security.protocol.map`"


def _between_brokers(cluster: str, brokers: Brokers) -> Iterator[Finding]:
    for node, settings in sorted(brokers.settings.items()):
        protocols = protocol_map(settings)
        name = settings.get("inter.broker.listener.name")
        protocol = protocols.get(name) if name else settings.get("security.inter.broker.protocol")
        if protocol not in ("SSL", "SASL_SSL"):
            yield Finding(
                Severity.HIGH,
                cluster,
                f"broker {node}: {name or 'inter.broker.listener.name'}",
                f"brokers speak with each other in clear (`{protocol or 'PLAINTEXT'}`)",
                "set `inter.broker.listener.name` to a listener of protocol `SSL` or `SASL_SSL`",
            )
        for controller in names(settings.get("controller.listener.names", "")):
            # KRaft's own default for a controller's listener that the map doesn't name.
            protocol = protocols.get(controller, "PLAINTEXT")
            if protocol not in ("SSL", "SASL_SSL"):
                yield Finding(
                    Severity.HIGH,
                    cluster,
                    f"broker {node}: {controller}",
                    f"brokers and controllers speak in clear (`{protocol}`)",
                    f"map `{controller}` to `SSL` or `SASL_SSL` in "
                    "`listener.security.protocol.map`, on brokers and controllers",
                )


def _rights(cluster: str, brokers: Brokers) -> Iterator[Finding]:
    for node, settings in sorted(brokers.settings.items()):
        if not settings.get("authorizer.class.name"):
            yield Finding(
                Severity.WARNING,
                cluster,
                f"broker {node}: authorizer.class.name",
                "the broker has no authorizer: whoever gets past its listeners may do everything",
                "set `authorizer.class.name` to Kafka's `StandardAuthorizer`, and allow the "
                "gateway's principal only",
            )
        elif settings.get("allow.everyone.if.no.acl.found", "").lower() == "true":
            yield Finding(
                Severity.HIGH,
                cluster,
                f"broker {node}: allow.everyone.if.no.acl.found",
                "everybody may do everything with what no ACL names",
                "set `allow.everyone.if.no.acl.found=false`",
            )
