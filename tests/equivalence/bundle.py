"""The gateway's bundle: the same principals, and the policy that corresponds to the ACLs."""

from pathlib import Path

from streamward.app import valid_bundle
from streamward.dev.certificates import make_certificates
from tests.equivalence.access import ACLS, PRINCIPALS, Acl
from tests.support.bundles import GatewayBundle

ADVERTISED = "gateway.equivalence.test"


def write_bundle(folder: Path, bootstrap: str, first_port: int) -> GatewayBundle:
    """Write a bundle for the broker at `bootstrap`, with certificates and passwords."""
    folder.mkdir(parents=True)
    bundle = GatewayBundle(folder, first_port, 1, 0, None)
    (folder / "streamward.yaml").write_text(_topology(bootstrap, first_port))
    (folder / "principals.yaml").write_text(_PEOPLE + "".join(map(_principal, PRINCIPALS)))
    write_grants(folder, ACLS)
    make_certificates(valid_bundle(folder, materials=False))
    return bundle


def write_grants(folder: Path, acls: tuple[Acl, ...]) -> None:
    """Write the grants that these ACLs are; a running gateway takes them with a reload."""
    grants = [acl.grant(number) for number, acl in enumerate(acls)]
    (folder / "grants.yaml").write_text("---\n".join(grants))


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
