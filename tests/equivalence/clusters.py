"""Both sides, started together: Kafka with ACLs, and Kafka without behind the gateway."""

import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions, NodePorts
from tests.equivalence.access import ACLS, PRINCIPALS, Acl
from tests.equivalence.bundle import import_acls, write_bundle
from tests.equivalence.codec import Codec
from tests.equivalence.connection import Door
from tests.equivalence.setup import create_acls, replace_acls
from tests.equivalence.side import Side
from tests.support.gateway import GatewayProcess
from tests.support.messages import load_apis

UPSTREAM_HOST = "127.77.0.1"
"""An address of loopback that only the broker behind the gateway has: nobody may be told it."""

_PORTS_OF_A_KAFKA = 5
_PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_SETTINGS = {
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "delegation.token.secret.key": "equivalence",
    "offsets.retention.check.interval.ms": "3600000",
    "group.share.assignors": "simple",
    # Records of the cases have a fixed time long ago, and would be deleted during the run.
    "log.retention.ms": "-1",
    "auto.create.topics.enable": "false",
    "transaction.partition.verification.enable": "true",
}


@dataclass(frozen=True)
class Pair:
    """The two sides, and what belongs to the second."""

    kafka: Side
    gateway: Side
    process: GatewayProcess
    kafka_bootstrap: str
    """Where the ACLs can be read by one who may everything."""
    upstream: tuple[bytes, ...]
    """What no answer of the gateway may hold: hosts and ports of the broker behind it."""

    @property
    def sides(self) -> tuple[Side, Side]:
        """The one with ACLs first."""
        return self.kafka, self.gateway

    def change_policy(self, acls: tuple[Acl, ...]) -> None:
        """Put other ACLs into force, and on the other side the policy that is imported of them."""
        replace_acls(self.kafka, acls)
        import_acls(self.process.bundle, self.kafka_bootstrap)
        with self.process.door() as door:
            door.reload()


@contextmanager
def pair() -> Iterator[Pair]:
    """Start everything; stop and delete it at the end."""
    with ExitStack() as stack:
        first = _free_ports(2 * _PORTS_OF_A_KAFKA + 2)
        passwords = {name: secrets.token_urlsafe(12) for name in PRINCIPALS}
        with_acls = _kafka(first, "127.0.0.1", _authorizer(passwords), "SASL_PLAINTEXT")
        without = _kafka(first + _PORTS_OF_A_KAFKA, UPSTREAM_HOST, {}, "PLAINTEXT")
        folder = Path(tempfile.mkdtemp(prefix="equivalence-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for server in (with_acls, without):
            stack.callback(server.stop, delete=True)
        codec = stack.enter_context(Codec(with_acls.jar_folder))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(KafkaServer.start, (with_acls, without)))
        apis = load_apis(next(with_acls.jar_folder.glob("kafka-clients-*.jar")))
        callers = Door(first + _PORTS_OF_A_KAFKA - 1, passwords=passwords)
        kafka = Side("kafka", callers, _direct(with_acls), codec, apis)
        stack.callback(kafka.close)
        create_acls(kafka, ACLS)
        upstream_port = first + 2 * _PORTS_OF_A_KAFKA - 1
        bundle = write_bundle(
            folder / "bundle", f"{UPSTREAM_HOST}:{upstream_port}", first + 2 * _PORTS_OF_A_KAFKA
        )
        process = GatewayProcess(bundle)
        import_acls(bundle, with_acls.bootstrap())
        stack.enter_context(process)
        of_gateway = {name: bundle.password(name) for name in PRINCIPALS}
        door = Door(bundle.bootstrap_port + 1, bundle.folder / "tls" / "ca.pem", of_gateway)
        gateway = Side("gateway", door, _direct(without), codec, apis)
        stack.callback(gateway.close)
        secret = _secrets_of(without, upstream_port)
        yield Pair(kafka, gateway, process, with_acls.bootstrap(), secret)


def _free_ports(count: int) -> int:
    """The first of neighbouring free ports; anywhere, since others may start Kafkas right now.

    Zeros, an error code and a length must not spell one by chance: the upper byte is no error's
    code and the lower is not zero. They lie above the ports of outgoing connections.
    """
    firsts = [it for it in range(61_000, 65_000, count) if 0 < it % 256 <= 256 - count]
    for first in secrets.SystemRandom().sample(firsts, len(firsts)):
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise RuntimeError("no ports are free")


def _kafka(first: int, host: str, settings: dict[str, str], protocol: str) -> KafkaServer:
    """A Kafka on five ports; the fifth, at `host`, is for callers (the gateway is one)."""
    ports = NodePorts(*range(first, first + 4))
    callers = first + 4
    listeners = (
        f"PLAINTEXT://127.0.0.1:{ports.plaintext},SASL_SSL://127.0.0.1:{ports.sasl_ssl},"
        f"SSL://127.0.0.1:{ports.ssl},CALLERS://{host}:{callers}"
    )
    options = KafkaOptions(
        settings=_SETTINGS
        | {
            "listeners": f"{listeners},CONTROLLER://127.0.0.1:{ports.controller}",
            "advertised.listeners": listeners,
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL,"
            f"CONTROLLER:SSL,CALLERS:{protocol}",
        }
        | settings
    )
    return KafkaServer(f"equivalence-{secrets.token_hex(4)}", options, ports)


def _authorizer(passwords: dict[str, str]) -> dict[str, str]:
    users = " ".join(f'user_{name}="{password}"' for name, password in passwords.items())
    return {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # Who comes by the plaintext listener sets things up and looks at what has become of them.
        "super.users": "User:CN=kafka;User:ANONYMOUS",
        "listener.name.callers.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.callers.plain.sasl.jaas.config": f"{_PLAIN_LOGIN} required {users};",
    }


def _direct(server: KafkaServer) -> Door:
    return Door(server.nodes[0].ports.plaintext)


def _secrets_of(server: KafkaServer, callers: int) -> tuple[bytes, ...]:
    """The broker's address as text and as Kafka writes hosts and ports."""
    node = server.nodes[0].ports
    ports = (callers, node.plaintext, node.sasl_ssl, node.ssl, node.controller)
    numbers = [port.to_bytes(4, "big") for port in ports]
    return (UPSTREAM_HOST.encode(), *numbers, *(f":{port}".encode() for port in ports))
