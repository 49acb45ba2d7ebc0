"""The files of a throw-away broker: settings, certificates, passwords, and those of its clients."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streamward.dev.authority import Authority
from streamward.dev.cache import write_private

LISTENERS = ("plaintext", "sasl_ssl", "ssl")
LOOPBACK = "127.0.0.1"
_SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"
_AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaOptions:
    """What a throw-away Kafka is like. Node 0 is broker and controller, the others are brokers."""

    version: str = "4.3.1"
    brokers: int = 1
    heap: str = "512m"
    authorizer: bool = False
    auto_create_topics: bool = True
    users: tuple[str, ...] = ("admin",)
    forwards: tuple[tuple[int, int], ...] = ()
    """Further plaintext listeners of node 0: the port it binds, and the port (of a forwarder that
    doesn't know Kafka) that it tells clients to connect to."""
    settings: Mapping[str, str] = field(default_factory=dict)
    plaintext: bool = True
    """Whether there is a listener in clear, where everybody is anonymous."""
    jvm: tuple[str, ...] = ()
    """Further options of each node's Java, such as `-Dname=value`."""


@dataclass(frozen=True, slots=True)
class NodePorts:
    """The loopback ports of one node; `controller` is used by node 0 only."""

    plaintext: int
    sasl_ssl: int
    ssl: int
    controller: int

    def of(self, listener: str) -> int:
        """The port of a listener, by its name in lower case."""
        return {"plaintext": self.plaintext, "sasl_ssl": self.sasl_ssl, "ssl": self.ssl}[listener]


def write_credentials(folder: Path, users: Sequence[str]) -> None:
    """Write an authority, a broker certificate, client certificates and a password per user."""
    authority = Authority.create("Streamward development Kafka")
    tls = folder / "tls"
    tls.mkdir(parents=True, exist_ok=True)
    (tls / "ca.pem").write_bytes(authority.issued.certificate)
    broker = authority.server("kafka", ["localhost", LOOPBACK])
    write_private(tls / "broker.pem", broker.together)
    for name in ("gateway", *users):
        client = authority.client(f"CN={name}")
        (tls / f"{name}.pem").write_bytes(client.certificate)
        write_private(tls / f"{name}.key", client.key)
        write_private(tls / f"{name}-keystore.pem", client.together)
    for name in users:
        write_private(folder / "secrets" / f"{name}.password", secrets.token_urlsafe(24).encode())


def write_client_properties(folder: Path, users: Sequence[str]) -> None:
    """Write settings for Kafka's own tools: mutual TLS and SCRAM, for every user."""
    for name in users:
        password = (folder / "secrets" / f"{name}.password").read_text()
        trust = f"ssl.truststore.type=PEM\nssl.truststore.location={folder}/tls/ca.pem\n"
        mutual = (
            "security.protocol=SSL\n"
            f"{trust}ssl.keystore.type=PEM\nssl.keystore.location={folder}/tls/{name}-keystore.pem\n"
        )
        scram = (
            f"security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n{trust}"
            f"sasl.jaas.config={_SCRAM_LOGIN} required "
            f'username="{name}" password="{password}";\n'
        )
        write_private(folder / f"{name}-ssl.properties", mutual.encode())
        write_private(folder / f"{name}-sasl.properties", scram.encode())


def write_node(
    folder: Path, node: int, ports: NodePorts, controller_port: int, options: KafkaOptions
) -> None:
    """Write `server.properties` and `log4j2.properties` of one node into its own folder."""
    home = folder / f"node-{node}"
    home.mkdir(parents=True, exist_ok=True)
    settings = (
        _roles(home, node, ports, controller_port, options)
        | _security(folder, options)
        | _internals(options)
        | dict(options.settings)
    )
    text = "".join(f"{key}={value}\n" for key, value in settings.items())
    (home / "server.properties").write_text(text)
    (home / "log4j2.properties").write_text(_LOGGING)


def _roles(
    home: Path,
    node: int,
    ports: NodePorts,
    controller_port: int,
    options: KafkaOptions,
) -> dict[str, str]:
    listeners = LISTENERS if options.plaintext else LISTENERS[1:]
    forwards = options.forwards if node == 0 else ()
    bound = [(name.upper(), ports.of(name)) for name in listeners]
    advertised = list(bound)
    protocols = ["PLAINTEXT:PLAINTEXT", "SASL_SSL:SASL_SSL", "SSL:SSL", "CONTROLLER:SSL"]
    for index, (port, told) in enumerate(forwards):
        bound.append((f"FORWARD{index}", port))
        advertised.append((f"FORWARD{index}", told))
        protocols.append(f"FORWARD{index}:PLAINTEXT")
    if node == 0:
        bound.append(("CONTROLLER", controller_port))
    return {
        "process.roles": "broker,controller" if node == 0 else "broker",
        "node.id": str(node),
        "controller.quorum.voters": f"0@{LOOPBACK}:{controller_port}",
        "listeners": _addresses(bound),
        "advertised.listeners": _addresses(advertised),
        "listener.security.protocol.map": ",".join(protocols),
        "inter.broker.listener.name": "SSL",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": f"{home}/data",
    }


def _addresses(listeners: Sequence[tuple[str, int]]) -> str:
    return ",".join(f"{name}://{LOOPBACK}:{port}" for name, port in listeners)


def _security(folder: Path, options: KafkaOptions) -> dict[str, str]:
    settings = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": f"{folder}/tls/broker.pem",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": f"{folder}/tls/ca.pem",
        "listener.name.ssl.ssl.client.auth": "required",
        "listener.name.controller.ssl.client.auth": "required",
        "listener.name.sasl_ssl.ssl.client.auth": "none",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{_SCRAM_LOGIN} required;",
    }
    if options.authorizer:
        settings["authorizer.class.name"] = _AUTHORIZER
        settings["super.users"] = "User:CN=kafka;User:CN=gateway;User:CN=admin;User:admin"
    return settings


def _internals(options: KafkaOptions) -> dict[str, str]:
    replicas = str(min(3, options.brokers))
    return {
        "auto.create.topics.enable": str(options.auto_create_topics).lower(),
        "default.replication.factor": replicas,
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": "5",
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "5",
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "5",
        "group.initial.rebalance.delay.ms": "0",
    }


_LOGGING = """\
status = ERROR
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = WARN
rootLogger.appenderRef.console.ref = console
logger.server.name = org.apache.kafka.server
logger.server.level = INFO
logger.kafka.name = kafka.server
logger.kafka.level = INFO
"""
