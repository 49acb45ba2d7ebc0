"""Development certificates and passwords of a bundle."""

import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from streamward.dev.certificates import server_names
from streamward.dev.passwords import verifier
from streamward.errors import InvalidArgument
from streamward.model.topology import Listener
from tests.support.bundles import write_bundle


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("dev") / "bundle", "127.0.0.1:9092").folder


def test_a_client_certificate_bears_the_declared_subject_and_is_signed(folder: Path) -> None:
    ca = x509.load_pem_x509_certificate((folder / "tls" / "ca.pem").read_bytes())
    pem = (folder / "tls" / "clients" / "tester-certificate.pem").read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    assert certificate.subject.rfc4514_string() == "CN=tester,O=Conformance"
    certificate.verify_directly_issued_by(ca)


def test_key_and_certificate_belong_together(folder: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls" / "gateway.pem", folder / "tls" / "gateway.key")


def test_the_server_certificate_names_every_way_to_reach_the_listeners(folder: Path) -> None:
    certificate = x509.load_pem_x509_certificate((folder / "tls" / "gateway.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = set(names.get_values_for_type(x509.DNSName))
    assert {"localhost", "kafka.example.com", "broker-0.kafka.example.com"} <= found
    assert "*.kafka.example.com" in found


def test_names_of_many_nodes_are_covered_by_the_wildcard() -> None:
    listener = Listener.model_validate(
        {
            "name": "many",
            "cluster": "main",
            "bind": "0.0.0.0",
            "advertise": "kafka.example.com",
            "sni": {
                "port": 9093,
                "bootstrap_name": "kafka.example.com",
                "node_name": "b-{id}.example.com",
                "nodes": {"first_id": 0, "count": 1000},
            },
        }
    )
    names = server_names(listener)
    assert "*.example.com" in names
    assert "0.0.0.0" not in names
    assert len(names) < 30


def test_secrets_can_be_read_by_their_owner_only(folder: Path) -> None:
    secrets = [*(folder / "secrets").glob("*.*"), *(folder / "tls").rglob("*.key")]
    private = [path for path in secrets if path.name != ".gitignore"]
    assert len(private) > 10
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_what_exists_is_not_overwritten(folder: Path) -> None:
    before = (folder / "tls" / "ca.pem").read_bytes()
    with pytest.raises(InvalidArgument, match="--force"):
        write_bundle(folder, "127.0.0.1:9092")
    assert (folder / "tls" / "ca.pem").read_bytes() == before


def test_a_verifier_is_that_of_rfc_7677() -> None:
    # The exchange in RFC 7677 has this salt, and the password `pencil`.
    import base64

    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    assert verifier("pencil", salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
