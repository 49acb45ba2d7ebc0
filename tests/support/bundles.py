"""A bundle for the conformance tests: who they are, what they may, where the gateway listens."""

import secrets
import socket
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from streamward.app import valid_bundle
from streamward.dev.certificates import make_certificates
from tests.support.endpoints import Endpoint

NODE_NAME = "broker-{id}.kafka.example.com"
BOOTSTRAP_NAME = "kafka.example.com"
VICTIMS = ("victim-busy", "victim-idle", "victim-polling")

_PRINCIPALS = {
    "tester": ("conformance", ["tester"]),
    "administrator": ("conformance", ["tester", "administrator"]),
    "reader": ("conformance", ["reader"]),
    "writer": ("conformance", ["writer"]),
    "intruder": ("outside", []),
    **{name: ("conformance", ["tester"]) for name in VICTIMS},
}


@dataclass(frozen=True)
class GatewayBundle:
    """A bundle on disk, and the ports that its listeners have."""

    folder: Path
    bootstrap_port: int
    nodes: int
    sni_port: int
    plain_port: int | None

    def endpoint(self, principal: str) -> Endpoint:
        """The `clients` listener, with the principal's certificate."""
        clients = self.folder / "tls" / "clients"
        return Endpoint(
            name=f"gateway-{principal}",
            bootstrap=f"localhost:{self.bootstrap_port}",
            ca=self.folder / "tls" / "ca.pem",
            certificate=clients / f"{principal}-certificate.pem",
            key=clients / f"{principal}-certificate.key",
        )

    def endpoint_of_node(self, principal: str, node: int) -> Endpoint:
        """The port by which clients reach one broker."""
        address = f"localhost:{self.bootstrap_port + 1 + node}"
        return replace(self.endpoint(principal), bootstrap=address)

    def password(self, principal: str) -> str:
        """The random password of a principal."""
        return (self.folder / "secrets" / f"{principal}.password").read_text()

    def grants(self, text: str) -> None:
        """Replace the further grants that only one test wants."""
        (self.folder / "more.yaml").write_text(text)


def write_bundle(
    folder: Path, bootstrap: str, nodes: int = 1, *, plaintext: bool = False
) -> GatewayBundle:
    """Write a bundle for a Kafka at `bootstrap` (plaintext), with certificates and passwords.

    `plaintext` adds a listener without TLS, where everyone is `tester`: for measuring only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first = free_ports(2 * nodes + 3)
    bundle = GatewayBundle(
        folder, first, nodes, first + nodes + 1, first + nodes + 2 if plaintext else None
    )
    (folder / "streamward.yaml").write_text(_topology(bundle, bootstrap))
    (folder / "access.yaml").write_text(_ACCESS + _principals())
    make_certificates(valid_bundle(folder, materials=False))
    return bundle


def free_ports(count: int) -> int:
    """The first of `count` neighbouring free ports, below those of outgoing connections.

    Looked for from a random place on, because other test runs on this machine look too.
    """
    firsts = list(range(19_200, 31_000, count + 7))
    begin = secrets.randbelow(len(firsts))
    for first in firsts[begin:] + firsts[:begin]:
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise RuntimeError("no ports are free")


def _topology(bundle: GatewayBundle, bootstrap: str) -> str:
    tls = (
        "tls: {certificate: 'file:tls/gateway.pem', key: 'file:tls/gateway.key', "
        "client_ca: 'file:tls/ca.pem'}"
    )
    return f"""\
kind: Bundle
name: conformance
environment: development
owner: tests
---
kind: Cluster
name: main
bootstrap: [{", ".join(f"'{each}'" for each in bootstrap.split(","))}]
---
kind: Listener
name: clients
cluster: main
bind: 127.0.0.1
advertise: localhost
ports:
  bootstrap: {bundle.bootstrap_port}
  nodes: {{first_id: 0, count: {bundle.nodes}, first_port: {bundle.bootstrap_port + 1}}}
{tls}
sasl: [PLAIN]
---
kind: Listener
name: named
cluster: main
bind: 127.0.0.1
advertise: localhost
sni:
  port: {bundle.sni_port}
  bootstrap_name: {BOOTSTRAP_NAME}
  node_name: "{NODE_NAME}"
  nodes: {{first_id: 0, count: {bundle.nodes}}}
{tls}
{_plaintext(bundle)}"""


def _plaintext(bundle: GatewayBundle) -> str:
    if bundle.plain_port is None:
        return ""
    return f"""\
---
kind: Listener
name: plain
cluster: main
bind: 127.0.0.1
advertise: 127.0.0.1
ports:
  bootstrap: {bundle.plain_port}
  nodes: {{first_id: 0, count: {bundle.nodes}, first_port: {bundle.plain_port + 1}}}
plaintext_principal: tester
"""


def _principals() -> str:
    return "".join(
        f"""\
---
kind: Principal
name: {name}
type: service
tenant: {tenant}
roles: {roles}
credentials:
  - {{id: {name}-certificate, type: certificate, subject: "CN={name},O=Conformance"}}
  - {{id: {name}-password, type: password, verifier: "file:secrets/{name}.verifier"}}
"""
        for name, (tenant, roles) in _PRINCIPALS.items()
    )


_ACCESS = """\
kind: Tenant
name: conformance
---
kind: Tenant
name: outside
---
kind: Namespace
prefix: conformance.
tenant: conformance
---
kind: DataClass
name: test-data
level: internal
owner: tests
---
kind: Stream
prefix: conformance.
classes: [test-data]
---
kind: Role
name: tester
---
kind: Role
name: reader
---
kind: Role
name: writer
---
kind: Role
name: operator
---
kind: Role
name: administrator
---
kind: Grant
id: administrator-cluster
to: ["role:administrator"]
allow: [create, alter, describe, describe_configs, alter_configs]
on: [cluster]
---
kind: Grant
id: tester-streams
to: ["role:tester"]
allow: [read, write, create, delete, alter, describe, describe_configs, alter_configs]
on: ["stream:conformance.*"]
---
kind: Grant
id: tester-groups
to: ["role:tester"]
allow: [read, describe, delete]
on: ["group:conformance.*"]
---
kind: Grant
id: tester-transactions
to: ["role:tester"]
allow: [write, describe]
on: ["transaction:conformance.*"]
---
kind: Grant
id: tester-cluster
to: ["role:tester"]
allow: [idempotent_write, describe]
on: [cluster]
---
kind: Grant
id: reader-streams
to: ["role:reader"]
allow: [read]
on: ["stream:conformance.open.*"]
---
kind: Grant
id: reader-groups
to: ["role:reader"]
allow: [read]
on: ["group:conformance.open.*"]
---
kind: Grant
id: writer-streams
to: ["role:writer"]
allow: [write]
on: ["stream:conformance.open.*"]
---
kind: Grant
id: operator-cluster
to: ["role:operator"]
allow: [contain, reload, inspect, manage_credentials, apply]
on: [cluster]
---
kind: Principal
name: operator
type: user
tenant: conformance
roles: [operator]
credentials:
  - {id: operator-login, type: unix_user, user: "@owner"}
"""
