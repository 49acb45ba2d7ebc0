"""Keys, certificates and verifiers: every way in which they can be unfit."""

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from streamward.app import read_bundle
from streamward.gateway.materials import resolve_materials
from streamward.secrets import MaterialMissing, MaterialRefused

VERIFIER = "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$" + "A" * 43 + "=:" + "B" * 43 + "=\n"

BUNDLE = """\
kind: Bundle
name: b
environment: development
owner: me
---
kind: Cluster
name: main
bootstrap: ["a:1"]
---
kind: Listener
name: clients
cluster: main
advertise: localhost
ports: {bootstrap: 19092, nodes: {first_id: 0, count: 1, first_port: 19093}}
tls:
  certificate: file:tls/gateway.pem
  key: file:tls/gateway.key
  client_ca: file:tls/ca.pem
---
kind: Tenant
name: t
---
kind: Principal
name: app
type: service
tenant: t
credentials:
  - {id: p, type: password, verifier: "file:secrets/app.verifier"}
"""


def certificate(key: ec.EllipticCurvePrivateKey, *, days: int = 300, start: int = -1) -> bytes:
    now = datetime.datetime.now(tz=datetime.UTC)
    name = x509.Name.from_rfc4514_string("CN=gateway")
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=min(start, days - 1)))
        .not_valid_after(now + datetime.timedelta(days=days))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def private(key: ec.EllipticCurvePrivateKey, password: bytes | None = None) -> bytes:
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, encryption)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "tls").mkdir()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "all.yaml").write_text(BUNDLE)
    (tmp_path / "tls" / "gateway.pem").write_bytes(certificate(key))
    (tmp_path / "tls" / "ca.pem").write_bytes(certificate(key))
    write_private(tmp_path / "tls" / "gateway.key", private(key))
    write_private(tmp_path / "secrets" / "app.verifier", VERIFIER.encode())
    return tmp_path


def write_private(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def told(folder: Path) -> list[tuple[int, str, str]]:
    mistakes = read_bundle(folder).mistakes
    return [(m.place.line, m.what, m.suggestion) for m in mistakes]


def test_fit_materials_are_no_mistake(folder: Path) -> None:
    assert told(folder) == []


def test_every_reference_is_resolved_to_its_bytes(folder: Path) -> None:
    materials = resolve_materials(read_bundle(folder).valid())

    assert set(materials) == {
        "file:tls/gateway.pem",
        "file:tls/gateway.key",
        "file:tls/ca.pem",
        "file:secrets/app.verifier",
    }
    assert materials["file:secrets/app.verifier"].decode() == VERIFIER


@pytest.mark.parametrize(
    ("file", "line"),
    [("tls/gateway.pem", 16), ("tls/gateway.key", 17), ("secrets/app.verifier", 28)],
)
def test_a_missing_file_says_how_to_get_it(folder: Path, file: str, line: int) -> None:
    (folder / file).unlink()

    ((where, what, suggestion),) = told(folder)

    assert where == line
    assert what == f"`file:{file}` does not exist"
    assert "streamward dev certificates" in suggestion


@pytest.mark.parametrize("file", ["tls/gateway.key", "secrets/app.verifier"])
def test_a_secret_that_others_may_read_is_refused(folder: Path, file: str) -> None:
    (folder / file).chmod(0o640)

    ((_, what, suggestion),) = told(folder)

    assert "may be read by others (mode 0640)" in what
    assert suggestion == f"run `chmod 600 {file}`"
    with pytest.raises(MaterialRefused):
        resolve_materials(read_bundle(folder, materials=False).bundle)


def test_an_expired_certificate(folder: Path) -> None:
    key = serialization.load_pem_private_key((folder / "tls/gateway.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    (folder / "tls" / "gateway.pem").write_bytes(certificate(key, days=-1, start=-9))

    ((line, what, _),) = told(folder)

    assert (line, "`CN=gateway` expired on" in what) == (16, True)


def test_a_certificate_that_ends_soon_is_a_warning(folder: Path) -> None:
    key = serialization.load_pem_private_key((folder / "tls/gateway.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    (folder / "tls" / "gateway.pem").write_bytes(certificate(key, days=5))

    loaded = read_bundle(folder)

    assert [m.severity for m in loaded.mistakes] == ["warning"]


def test_a_certificate_of_tomorrow(folder: Path) -> None:
    key = serialization.load_pem_private_key((folder / "tls/gateway.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    (folder / "tls" / "gateway.pem").write_bytes(certificate(key, days=90, start=1))

    ((_, what, _),) = told(folder)

    assert "is not valid before" in what


def test_a_key_of_another_certificate(folder: Path) -> None:
    write_private(folder / "tls" / "gateway.key", private(ec.generate_private_key(ec.SECP256R1())))

    ((line, what, _),) = told(folder)

    assert (line, what) == (17, "`file:tls/gateway.key` is not the key of `file:tls/gateway.pem`")


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        ("tls/gateway.pem", b"hello", "not certificates in PEM"),
        ("tls/ca.pem", b"", "not certificates in PEM"),
        ("tls/gateway.key", b"hello", "not a private key in PEM"),
        ("secrets/app.verifier", b"password123", "not a verifier as in RFC 5803"),
        ("secrets/app.verifier", b"SCRAM-SHA-1$4096:YQ==$YQ==:YQ==", "not a verifier"),
        ("tls/ca.pem", b"x" * 1_048_577, "more than 1048576 bytes"),
    ],
)
def test_content_that_is_something_else(folder: Path, file: str, content: bytes, what: str) -> None:
    path = folder / file
    path.write_bytes(content)

    mistakes = told(folder)

    assert len(mistakes) == 1
    assert what in mistakes[0][1]
    assert "password123" not in str(mistakes)


def test_a_key_with_a_password(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    write_private(folder / "tls" / "gateway.key", private(key, b"secret"))

    ((_, what, _),) = told(folder)

    assert "protected by a password" in what


@pytest.mark.parametrize("way", ["../outside.pem", "tls/../../outside.pem", "tls/link.pem"])
def test_a_reference_does_not_leave_the_bundle(tmp_path: Path, folder: Path, way: str) -> None:
    outside = tmp_path.parent / "outside.pem"
    outside.write_text("x")
    (folder / "tls" / "link.pem").symlink_to(outside)
    (folder / "all.yaml").write_text(BUNDLE.replace("tls/ca.pem", way))

    ((_, what, suggestion),) = told(folder)

    assert what == f"`file:{way}` leads out of the bundle"
    assert "absolute path" in suggestion


def test_an_absolute_path_is_declared_and_so_allowed(folder: Path) -> None:
    text = BUNDLE.replace("file:tls/ca.pem", f"file:{folder}/tls/ca.pem")
    (folder / "all.yaml").write_text(text)

    assert told(folder) == []


def test_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "all.yaml").write_text(BUNDLE.replace("file:tls/ca.pem", "env:CLIENT_CA"))
    monkeypatch.delenv("CLIENT_CA", raising=False)

    ((_, what, suggestion),) = told(folder)
    bundle = read_bundle(folder, materials=False).bundle

    assert "environment variable `CLIENT_CA` is not set" in what
    assert "CLIENT_CA" in suggestion
    with pytest.raises(MaterialMissing):
        resolve_materials(bundle, {})
    assert resolve_materials(bundle, {"CLIENT_CA": "x"})["env:CLIENT_CA"] == b"x"


def test_a_fifo_is_not_waited_for(folder: Path) -> None:
    import os

    (folder / "tls" / "ca.pem").unlink()
    os.mkfifo(folder / "tls" / "ca.pem")

    ((_, what, _),) = told(folder)

    assert "not a regular file" in what
