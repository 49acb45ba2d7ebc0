"""A gateway whose own certificate, and whom it trusts, come from a SPIFFE agent."""

import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.conftest import require_gateway
from tests.support.bundles import GatewayBundle, free_ports
from tests.support.certified import Refused, connect
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.issuing import Issued, Signer
from tests.support.workload_api import Agent, svid

GATEWAY = "spiffe://example.org/gateway"
LEFT = timedelta(seconds=4)
BUNDLE = """\
kind: Bundle
name: mesh
environment: development
owner: tests
---
kind: SecretStore
name: mesh
spiffe: {trust_domain: example.org, id: "spiffe://example.org/gateway", socket: "SOCKET"}
---
kind: Cluster
name: main
bootstrap: ["localhost:BROKER"]
tls:
  ca: spiffe:mesh/bundle#example.org
  certificate: spiffe:mesh/svid#certificate
  key: spiffe:mesh/svid#key
---
kind: CertificateAuthority
name: mesh
ca: spiffe:mesh/bundle#example.org
trust_domains: [example.org]
---
kind: Listener
name: clients
cluster: main
advertise: localhost
ports: {bootstrap: PORT, nodes: {first_id: 0, count: 1, first_port: NODE}}
tls:
  certificate: spiffe:mesh/svid#certificate
  key: spiffe:mesh/svid#key
  client_authorities: [mesh]
  client_certificate: required
---
kind: Tenant
name: t
---
kind: Principal
name: api
type: service
tenant: t
credentials:
  - {id: api-svid, type: certificate, san: "spiffe://example.org/api", issuer: mesh}
---
kind: Principal
name: operator
type: user
tenant: t
credentials:
  - {id: operator-login, type: unix_user, user: "@owner"}
---
kind: Grant
id: operators
to: ["principal:operator"]
allow: [inspect]
on: [cluster]
"""


class Broker(threading.Thread):
    """Takes TLS with a certificate of this trust domain, remembers whose, and says nothing."""

    def __init__(self, signer: Signer, folder: Path) -> None:
        super().__init__(daemon=True)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        own = svid(signer, "spiffe://example.org/broker", dns=("localhost",))
        self._context.load_cert_chain(*own.write(folder, "broker"))
        self._context.load_verify_locations(cadata=signer.pem().decode())
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.seen: set[int] = set()

    def run(self) -> None:
        while True:
            try:
                plain, _ = self._door.accept()
            except OSError:
                return
            plain.settimeout(5)
            try:
                with self._context.wrap_socket(plain, server_side=True) as connection:
                    shown = connection.getpeercert(binary_form=True)
                    assert shown is not None
                    self.seen.add(x509.load_der_x509_certificate(shown).serial_number)
            except OSError:
                plain.close()

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()


def is_held(connection: ssl.SSLSocket) -> bool:
    """Whether the gateway keeps a connection, on which nobody says anything, open."""
    connection.settimeout(0.3)
    try:
        return bool(connection.recv(1))
    except TimeoutError:
        return True
    except OSError:
        return False


@dataclass
class Mesh:
    """Agent, broker and gateway of one trust domain."""

    agent: Agent
    broker: Broker
    gateway: GatewayProcess
    folder: Path
    held: list[ssl.SSLSocket] = field(default_factory=list)

    def rotate(self, **more: Any) -> Issued:
        """The agent sends the gateway another SVID."""
        issued = svid(self.agent.signer, GATEWAY, dns=("localhost",), **more)
        self.agent.register(gateway=issued)
        return issued

    def connect(self, *, verify: bool = True) -> ssl.SSLSocket:
        """As `api`, with an SVID. Raises Refused."""
        context = ssl.create_default_context(cadata=self.agent.signer.pem().decode())
        if not verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        shown = svid(self.agent.signer, "spiffe://example.org/api")
        context.load_cert_chain(*shown.write(self.folder, f"{shown.certificate.serial_number:x}"))
        connection = connect(context, self.gateway.bundle.bootstrap_port)
        self.held.append(connection)
        if not is_held(connection):
            raise Refused("")
        return connection

    def shows(self, *, verify: bool = True) -> int | None:
        """Serial number of what the gateway shows; None where it lets nobody in."""
        try:
            shown = self.connect(verify=verify).getpeercert(binary_form=True)
        except (Refused, OSError):
            return None
        assert shown is not None
        return x509.load_der_x509_certificate(shown).serial_number


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[Mesh]:
    require_gateway()
    signer = Signer.root("example.org")
    broker = Broker(signer, tmp_path)
    broker.start()
    # The path of a socket is short, and a test's own folder may not be.
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        Agent(Path(folder) / "agent.sock", signer) as agent,
    ):
        agent.register(gateway=svid(signer, GATEWAY, dns=("localhost",)))
        first = free_ports(2)
        bundle = GatewayBundle(tmp_path / "bundle", first, 1, first, None)
        bundle.folder.mkdir()
        facts = {"SOCKET": agent.address, "BROKER": broker.port, "PORT": first}
        text = BUNDLE
        for name, fact in (facts | {"NODE": first + 1}).items():
            text = text.replace(name, str(fact))
        (bundle.folder / "streamward.yaml").write_text(text)
        with GatewayProcess(bundle) as gateway:
            made = Mesh(agent, broker, gateway, tmp_path)
            yield made
            for connection in made.held:
                connection.close()
    broker.close()


def test_it_follows_the_agent_and_closes_when_its_identity_ends(mesh: Mesh) -> None:
    first = next(iter(mesh.agent.registered.values()))
    assert mesh.shows() == first.certificate.serial_number
    assert eventually(lambda: mesh.broker.seen == {first.certificate.serial_number})
    live = mesh.connect()

    # A rotation is in force on both sides, and nobody is disconnected.
    second = mesh.rotate()
    assert eventually(lambda: mesh.shows() == second.certificate.serial_number)
    assert eventually(lambda: second.certificate.serial_number in mesh.broker.seen)
    assert is_held(live)

    # The agent is gone: the last one serves until it ends, then nobody comes in.
    third = mesh.rotate(ends=LEFT)
    assert eventually(lambda: mesh.shows() == third.certificate.serial_number)
    mesh.agent.stop()
    assert mesh.shows() == third.certificate.serial_number
    assert eventually(lambda: mesh.shows() is None)
    with mesh.gateway.door() as door:
        assert eventually(lambda: "`clients` lets nobody in" in str(door.status()["missing"]))
    assert mesh.shows(verify=False) is None, "not even who does not look at certificates"
    assert is_held(live)

    # It comes back by itself.
    mesh.agent.start()
    fourth = mesh.rotate()
    assert eventually(lambda: mesh.shows() == fourth.certificate.serial_number)

    read = [each["secret"] for each in of_kind(mesh.gateway, "secret_access")]
    given = [each for each in read if each.get("version") == GATEWAY]
    assert given
    assert {each["store"] for each in given} == {"mesh"}
    assert "PRIVATE KEY" not in mesh.gateway.log.read_text()


def test_an_agent_of_another_trust_domain_starts_no_gateway(mesh: Mesh) -> None:
    mesh.gateway.stop()
    bundle = mesh.gateway.bundle.folder / "streamward.yaml"
    text = bundle.read_text().replace("trust_domain: example.org", "trust_domain: example.com")
    bundle.write_text(text.replace("spiffe://example.org/gateway", "spiffe://example.com/gateway"))

    with pytest.raises(AssertionError, match="gives no SVID of"):
        mesh.gateway.start()
