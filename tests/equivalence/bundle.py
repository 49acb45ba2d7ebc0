"""The gateway's bundle: the same principals, and the policy that corresponds to the ACLs."""

from pathlib import Path

from typer.testing import CliRunner

from streamward.app import valid_bundle
from streamward.cli import app
from streamward.dev.certificates import make_certificates
from tests.equivalence.access import PRINCIPALS
from tests.support.bundles import GatewayBundle

ADVERTISED = "gateway.equivalence.test"


def write_bundle(folder: Path, bootstrap: str, first_port: int) -> GatewayBundle:
    """Write a bundle for the broker at `bootstrap`, with certificates and passwords, that grants
    nothing yet."""
    folder.mkdir(parents=True)
    bundle = GatewayBundle(folder, first_port, 1, 0, None)
    (folder / "streamward.yaml").write_text(_topology(bootstrap, first_port))
    (folder / "principals.yaml").write_text(_PEOPLE + "".join(map(_principal, PRINCIPALS)))
    make_certificates(valid_bundle(folder, materials=False))
    return bundle


def import_acls(bundle: GatewayBundle, bootstrap: str) -> None:
    """Make grants of the ACLs of a running Kafka, by the command that a team uses to move over.

    A gateway that runs takes them with a reload.
    """
    words = ["policy", "import", "kafka-acls", "--bootstrap", bootstrap, "--strict"]
    result = CliRunner().invoke(app, [*words, "--to", str(bundle.folder)])
    assert result.exit_code == 0, result.output


def _topology(bootstrap: str, first_port: int) -> str:
    return f"""\
kind: Bundle
name: equivalence
environment: development
owner: tests
---
kind: Cluster
name: main
bootstrap: ['{bootstrap}']
---
kind: Listener
name: clients
cluster: main
bind: 127.0.0.1
advertise: {ADVERTISED}
ports:
  bootstrap: {first_port}
  nodes: {{first_id: 0, count: 1, first_port: {first_port + 1}}}
tls: {{certificate: 'file:tls/gateway.pem', key: 'file:tls/gateway.key', client_certificate: none}}
sasl: [PLAIN]
"""


def _principal(name: str) -> str:
    return f"""\
---
kind: Principal
name: {name}
type: service
tenant: equivalence
credentials:
  - {{id: {name}-password, type: password, verifier: "file:secrets/{name}.verifier"}}
"""


_PEOPLE = """\
kind: Tenant
name: equivalence
---
kind: Tenant
name: keepers
---
kind: Principal
name: keeper
type: user
tenant: keepers
credentials:
  - {id: keeper-login, type: unix_user, user: "@owner"}
---
kind: Grant
id: keeper
to: ["principal:keeper"]
allow: [contain, reload, inspect]
on: [cluster]
---
kind: Stream
prefix: open.
---
kind: Stream
prefix: team.
---
kind: Stream
prefix: secret.
"""
