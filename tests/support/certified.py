"""A gateway before a mock of brokers, whose clients show certificates of several authorities."""

import socket
import ssl
import struct
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from streamward.app import valid_bundle
from streamward.dev.certificates import make_certificates
from tests.support.bundles import GatewayBundle, free_ports
from tests.support.gateway import GatewayProcess
from tests.support.issuing import DAY, Issued, Signer

ROOTS = ("own", "corporate", "mesh", "lapsed", "tiered")
MAPPING = r"RULE:^CN=(.*?),OU=people,.*$/$1/L"
_ASKED = 5.0


class Refused(Exception):
    """The gateway ended the connection; its text is the alert, or empty."""


@dataclass(frozen=True)
class Certified:
    """The bundle's folder, its ports, and the authorities' keys."""

    bundle: GatewayBundle
    signers: dict[str, Signer]

    @property
    def tls(self) -> Path:
        """Where certificates lie."""
        return self.bundle.folder / "tls"

    @property
    def port(self) -> int:
        """Certificates of all authorities; TLS 1.3."""
        return self.bundle.bootstrap_port

    @property
    def legacy_port(self) -> int:
        """Also TLS 1.2."""
        return self.port + 2

    @property
    def proxied_port(self) -> int:
        """Everybody on this machine is a proxy."""
        return self.port + 4

    @property
    def door_port(self) -> int:
        """Hands out data keys."""
        return self.port + 6

    def signer(self, name: str) -> Signer:
        """An authority."""
        return self.signers[name]

    def publish(self, name: str, crl: bytes) -> None:
        """Replace an authority's list, as a whole."""
        fresh = self.tls / f"{name}.crl.new"
        fresh.write_bytes(crl)
        fresh.replace(self.tls / f"{name}.crl")


def write_certified(folder: Path, bootstrap: str) -> Certified:
    """Write the bundle, its authorities and their lists."""
    folder.mkdir(parents=True)
    first = free_ports(7)
    bundle = GatewayBundle(folder, first, 1, first, None)
    (folder / "streamward.yaml").write_text(_bundle(first, bootstrap))
    make_certificates(valid_bundle(folder, materials=False))
    signers = {name: Signer.root(name) for name in ROOTS}
    made = Certified(bundle, signers)
    for name, signer in signers.items():
        (made.tls / f"{name}.pem").write_bytes(signer.pem())
    made.publish("corporate", signers["corporate"].crl())
    made.publish("tiered", signers["tiered"].crl())
    made.publish("lapsed", signers["lapsed"].crl(begins=-3 * DAY, ends=-timedelta(minutes=1)))
    return made


def context(made: Certified, issued: Issued | None, folder: Path) -> ssl.SSLContext:
    """A client that trusts the gateway and shows this."""
    client = ssl.create_default_context(cafile=str(made.tls / "ca.pem"))
    client.set_ciphers("DEFAULT@SECLEVEL=0")  # lets it show what is too weak
    if issued is not None:
        client.load_cert_chain(*issued.write(folder, f"c{issued.certificate.serial_number:x}"))
    return client


def connect(client: ssl.SSLContext, port: int, before: bytes = b"") -> ssl.SSLSocket:
    """A connection; `before` goes out in the clear, as a proxy's header does."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=_ASKED)
    plain.sendall(before)
    try:
        return client.wrap_socket(plain, server_hostname="localhost")
    except (ssl.SSLError, ConnectionError) as error:
        plain.close()
        raise Refused(getattr(error, "reason", None) or "") from error


def ask(connection: ssl.SSLSocket) -> None:
    """Ask for the versions that are served. Raises Refused where there is no answer."""
    header = struct.pack(">hhi", 18, 0, 7) + struct.pack(">h", 1) + b"t"
    try:
        connection.sendall(struct.pack(">i", len(header)) + header)
        answer = _read(connection, struct.unpack(">i", _read(connection, 4))[0])
    except (ssl.SSLError, ConnectionError) as error:
        raise Refused(getattr(error, "reason", None) or "") from error
    assert answer.startswith(struct.pack(">i", 7)), "an answer to another question"


def _read(connection: ssl.SSLSocket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        more = connection.recv(length - len(found))
        if not more:
            raise Refused("")
        found += more
    return found


def greet(made: Certified, issued: Issued | None, folder: Path, port: int = 0) -> None:
    """Connect and be answered once. Raises Refused."""
    with connect(context(made, issued, folder), port or made.port) as connection:
        ask(connection)


def is_open(connection: ssl.SSLSocket) -> bool:
    """Whether the gateway still answers."""
    try:
        ask(connection)
    except Refused:
        return False
    return True


def running(made: Certified) -> GatewayProcess:
    """The gateway, to be entered."""
    return GatewayProcess(made.bundle)


def _bundle(first: int, bootstrap: str) -> str:
    trust = "client_ca: 'file:tls/own.pem', client_authorities: [corporate, mesh, lapsed, tiered]"

    def listener(name: str, port: int, tls: str, more: str = "") -> str:
        return f"""\
---
kind: Listener
name: {name}
cluster: main
advertise: localhost
ports: {{bootstrap: {port}, nodes: {{first_id: 0, count: 1, first_port: {port + 1}}}}}
{more}tls: {{certificate: 'file:tls/gateway.pem', key: 'file:tls/gateway.key', {trust}{tls}}}
"""

    required = ", client_certificate: required"
    return (
        _HEAD.replace("BOOTSTRAP", bootstrap)
        + listener("clients", first, required)
        + listener("legacy", first + 2, required + ", version_min: '1.2'")
        + listener(
            "proxied", first + 4, required, "proxy_protocol: {sources: ['network:balancers']}\n"
        )
        + _DOOR.replace("PORT", str(first + 6)).replace("TRUST", trust)
        + _PRINCIPALS
    )


_HEAD = """\
kind: Bundle
name: certified
environment: development
owner: tests
---
kind: Cluster
name: main
bootstrap: ["BOOTSTRAP"]
---
kind: Network
name: balancers
addresses: [127.0.0.0/8]
"""

_DOOR = """\
---
kind: ControlDoor
name: keys
cluster: main
port: PORT
tls: {certificate: 'file:tls/gateway.pem', key: 'file:tls/gateway.key', TRUST}
"""

_PRINCIPALS = f"""\
---
kind: CertificateAuthority
name: corporate
ca: file:tls/corporate.pem
crls: ["file:tls/corporate.crl"]
mapping_rules: '{MAPPING}'
---
kind: CertificateAuthority
name: mesh
ca: file:tls/mesh.pem
trust_domains: [example.org]
---
kind: CertificateAuthority
name: lapsed
ca: file:tls/lapsed.pem
crls: ["file:tls/lapsed.crl"]
---
kind: CertificateAuthority
name: tiered
ca: file:tls/tiered.pem
crls: ["file:tls/tiered.crl"]
---
kind: Tenant
name: t
---
kind: Principal
name: own
type: service
tenant: t
credentials:
  - {{id: own-subject, type: certificate, subject: "CN=own,O=Example"}}
  - {{id: own-mail, type: certificate, san: ops@example.org}}
---
kind: Principal
name: other
type: service
tenant: t
credentials:
  - {{id: other-dns, type: certificate, san: other.example.org}}
---
kind: Principal
name: alice
type: user
tenant: t
credentials:
  - {{id: alice-mapped, type: certificate, mapped_name: alice, issuer: corporate}}
---
kind: Principal
name: robot
type: service
tenant: t
credentials:
  - {{id: robot-subject, type: certificate, subject: "CN=robot", issuer: corporate}}
---
kind: Principal
name: api
type: service
tenant: t
credentials:
  - {{id: api-svid, type: certificate, san: "spiffe://example.org/api", issuer: mesh}}
---
kind: Principal
name: late
type: service
tenant: t
credentials:
  - {{id: late-subject, type: certificate, subject: "CN=late", issuer: lapsed}}
  - {{id: late-tiered, type: certificate, subject: "CN=late", issuer: tiered}}
---
kind: Role
name: operator
---
kind: Grant
id: operators
to: ["role:operator"]
allow: [contain, reload, inspect]
on: [cluster]
---
kind: Principal
name: operator
type: user
tenant: t
roles: [operator]
credentials:
  - {{id: operator-login, type: unix_user, user: "@owner"}}
"""
