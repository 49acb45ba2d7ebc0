"""The listeners that brokers have, from what they say of themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SETTINGS: Final = (
    "advertised.listeners",
    "allow.everyone.if.no.acl.found",
    "authorizer.class.name",
    "controller.listener.names",
    "controller.quorum.bootstrap.servers",
    "controller.quorum.voters",
    "inter.broker.listener.name",
    "listener.security.protocol.map",
    "listeners",
    "process.roles",
    "security.inter.broker.protocol",
)
"""What brokers are asked for."""

PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_LISTENER: Final = re.compile(r"([A-Za-z0-9_-]+)://(\[[^\]]*\]|[^:,\[\]]*):([0-9]{1,5})")
_ADDRESS: Final = re.compile(r"(?:[0-9]+@)?(\[[^\]]+\]|[^:,\[\]@]+):([0-9]{1,5})")
_EVERYWHERE: Final = ("", "0.0.0.0", "::")  # noqa: S104 - told by a broker, bound by nobody here


@dataclass(frozen=True, slots=True)
class BrokerListener:
    """One listener of one node."""

    node: int
    name: str
    host: str
    port: int
    protocol: str | None
    """None: the broker doesn't say."""
    controller: bool = False

    @property
    def address(self) -> str:
        """`host:port`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def tls(self) -> bool:
        """Whether it speaks TLS."""
        return self.protocol in ("SSL", "SASL_SSL")

    @property
    def sasl(self) -> bool:
        """Whether callers log in by SASL."""
        return self.protocol in ("SASL_PLAINTEXT", "SASL_SSL")


@dataclass(frozen=True, slots=True)
class Brokers:
    """What is known of a cluster's brokers."""

    addresses: Mapping[int, tuple[str, int]]
    """Where each tells the gateway to connect to."""
    settings: Mapping[int, Mapping[str, str]]
    """Of each that let the gateway read them."""
    topics: int
    """How many the gateway sees."""

    def listeners(self) -> tuple[BrokerListener, ...]:
        """Every listener that a client could be told of, and those of controllers."""
        found: dict[tuple[str, int], BrokerListener] = {}
        for node, (host, port) in sorted(self.addresses.items()):
            for each in self._of(node, host):
                found.setdefault((each.host, each.port), each)
            if (host, port) not in found:
                found[host, port] = BrokerListener(node, "", host, port, None)
        return tuple(found.values())

    def _of(self, node: int, host: str) -> list[BrokerListener]:
        settings = self.settings.get(node, {})
        protocols = protocol_map(settings)
        controllers = names(settings.get("controller.listener.names", ""))
        own = parse_listeners(settings.get("listeners", ""))
        advertised = parse_listeners(settings.get("advertised.listeners", "")) or own
        found = [
            BrokerListener(
                node,
                name,
                host if where in _EVERYWHERE else where,
                port,
                protocols.get(name),
                name in controllers,
            )
            for name, where, port in (*advertised, *(it for it in own if it[0] in controllers))
        ]
        # Controllers that are no brokers are known by their addresses only.
        protocol = protocols.get(controllers[0]) if controllers else None
        for text in ("controller.quorum.voters", "controller.quorum.bootstrap.servers"):
            for match in _ADDRESS.finditer(settings.get(text, "")):
                where, port = match[1].strip("[]"), int(match[2])
                name = controllers[0] if controllers else "CONTROLLER"
                found.append(BrokerListener(-1, name, where, port, protocol, True))
        return found


def protocol_map(settings: Mapping[str, str]) -> dict[str, str]:
    """Listener → protocol; a listener that is called as a protocol has that one by default."""
    found = {protocol: protocol for protocol in PROTOCOLS}
    for pair in settings.get("listener.security.protocol.map", "").split(","):
        name, _, protocol = pair.strip().rpartition(":")
        if name and protocol in PROTOCOLS:
            found[name] = protocol
    return found


def parse_listeners(text: str) -> list[tuple[str, str, int]]:
    """`NAME://host:port,…` as names, hosts and ports."""
    return [(match[1], match[2].strip("[]"), int(match[3])) for match in _LISTENER.finditer(text)]


def names(text: str) -> list[str]:
    """A list with commas."""
    return [name.strip() for name in text.split(",") if name.strip()]
