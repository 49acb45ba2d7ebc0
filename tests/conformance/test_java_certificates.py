"""Kafka's own Java client with certificates: mapped, expired, revoked before and while it sends."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.issuing import DAY, Issued, Signer, Wanted
from tests.support.java_tools import SEND_ON, JavaTools, Said, lost
from tests.support.topologies import add_listener, find, topology

REVOKED = "is revoked by its authority's list"
AUTHORITY = """\
---
kind: CertificateAuthority
name: corporate
ca: file:tls/corporate.pem
crls: ["file:tls/corporate.crl"]
mapping_rules: 'RULE:^CN=(.*?),OU=people,.*$/$1/L'
"""
HAPROXY = """\
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
"""
PASSED_ON = """\
listen at-{port}
  bind 127.0.0.1:{port}
  server gateway 127.0.0.2:{port} send-proxy-v2
"""


@dataclass(frozen=True)
class Place:
    """A gateway that takes certificates of a corporate authority, also behind HAProxy."""

    gateway: GatewayProcess
    signer: Signer
    proxied_port: int

    def publish(self, *revoked: Issued) -> None:
        """The authority's list of revoked certificates, replaced as a whole."""
        tls = self.gateway.bundle.folder / "tls"
        fresh = tls / "corporate.crl.new"
        fresh.write_bytes(self.signer.crl([each.certificate for each in revoked]))
        fresh.replace(tls / "corporate.crl")

    def client(self, name: str, issued: Issued, port: int | None = None) -> Endpoint:
        """A Java client that shows this certificate."""
        tls = self.gateway.bundle.folder / "tls"
        certificate, key = issued.write(tls, f"of-{name}")
        endpoint = replace(
            self.gateway.bundle.endpoint("tester"), name=name, certificate=certificate, key=key
        )
        return endpoint if port is None else replace(endpoint, bootstrap=f"localhost:{port}")

    def issue(self, ends: timedelta = DAY) -> Issued:
        """A certificate whose subject the authority's rules map to `tester`."""
        return self.signer.issue(Wanted("CN=Tester,OU=people,O=Example", ends=ends))


@pytest.fixture(scope="module")
def place(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    require_gateway()
    folder = tmp_path_factory.mktemp("java-certificates")
    bundle = write_bundle(folder / "bundle", kafka.bootstrap())
    signer = Signer.root("corporate")
    (bundle.folder / "tls" / "corporate.pem").write_bytes(signer.pem())
    with topology(bundle) as documents:
        listener = find(documents, "Listener", "clients")
        listener["tls"]["client_authorities"] = ["corporate"]
    proxied = {"bind": "127.0.0.2", "proxy_protocol": {"sources": ["127.0.0.0/8"]}}
    port = add_listener(bundle, "proxied", **proxied)
    access = bundle.folder / "access.yaml"
    text = access.read_text()
    known = "{id: tester-certificate,"
    assert known in text, text[-3000:]
    mapped = "{id: tester-mapped, type: certificate, mapped_name: tester, issuer: corporate}"
    access.write_text(text.replace(known, f"{mapped}\n  - {known}", 1) + AUTHORITY)
    made = Place(GatewayProcess(bundle), signer, port)
    made.publish()
    settings = folder / "haproxy.cfg"
    ports = (PASSED_ON.format(port=each) for each in (port, port + 1))
    settings.write_text(HAPROXY + "".join(ports))
    with made.gateway:
        program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
        proxy = None if program is None else subprocess.Popen([program, "-db", "-f", str(settings)])
        try:
            yield made if program is not None else replace(made, proxied_port=0)
        finally:
            if proxy is not None:
                proxy.terminate()
                proxy.wait(10)


@pytest.mark.slow
def test_a_revoked_client_is_out_while_it_sends_and_no_other_loses_a_record(
    place: Place, java: JavaTools, direct: Endpoint, topic: str
) -> None:
    legitimate, doomed, early = place.issue(), place.issue(), place.issue()
    place.publish(early)
    assert eventually(lambda: bool(of_kind(place.gateway, "materials")))
    clients = [
        place.client("legitimate", legitimate),
        place.client("doomed", doomed),
        place.client("revoked", early),
        place.client("expired", place.issue(ends=-timedelta(minutes=1))),
    ]
    if place.proxied_port:
        clients.append(place.client("proxied", place.issue(), place.proxied_port))
    files = [str(each.java(java.folder)) for each in clients]

    with java.start(str(SEND_ON), topic, *files) as process:
        try:
            said = Said(process)
            sending = ["legitimate", "doomed", *(["proxied"] if place.proxied_port else [])]
            said.wait_for(*(f"{name} live" for name in sending))
            refused = said.wait_for("revoked ended", "expired ended")
            mark, began = place.gateway.said(), time.monotonic()
            place.publish(early, doomed)
            assert place.gateway.says(REVOKED, mark)
            took = 1e3 * (time.monotonic() - began)
            sys.stdout.write(f"closed {took:.0f} ms after the list was there\n")
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            sent = said.wait_for(*(f"{name} sent" for name in sending if name != "doomed"))
        finally:
            process.kill()

    assert {line.split()[2] for line in refused} == {"SslAuthenticationException"}
    assert lost(direct, topic, sent) == set()
    entered = of_kind(place.gateway, "authentication")
    reasons = " ".join(entry.get("reason", "") for entry in entered)
    assert REVOKED in reasons
    assert "has expired" in reasons
    let_in = [entry for entry in entered if entry.get("credential") == "tester-mapped"]
    assert {entry["principal"] for entry in let_in} == {"tester"}
    if place.proxied_port:
        assert {entry.get("proxy") for entry in let_in if entry["listener"] == "proxied"} == {
            "127.0.0.1"
        }
