"""Certificates of clients: who gets in, and with which reason in the log who does not."""

import json
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from streamward.demo.brokers import MockBrokers
from streamward.gateway.renewal import LOOK_SECONDS
from tests.support.bundles import free_ports
from tests.support.certified import (
    Certified,
    Refused,
    ask,
    connect,
    context,
    greet,
    is_open,
    running,
    write_certified,
)
from tests.support.entries import eventually, leaves, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.issuing import CLIENT, DAY, SERVER, Issued, Signer, Wanted

ALERT = "SSLV3_ALERT_CERTIFICATE_UNKNOWN"
CLOSED_SECONDS_MAX = 20.0
"""Patience for a busy machine; an idle one takes two looks at the files (LOOK_SECONDS)."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    with MockBrokers() as brokers:
        host, port = brokers.addresses[0]
        folder = tmp_path_factory.mktemp("certified") / "bundle"
        yield write_certified(folder, f"{host}:{port}")


@pytest.fixture(scope="module")
def gateway(made: Certified) -> Iterator[GatewayProcess]:
    with running(made) as process:
        assert eventually(lambda: process.door().status()["ready"])
        yield process


def uri(text: str) -> x509.GeneralName:
    return x509.UniformResourceIdentifier(text)


OWN = Wanted("CN=own,O=Example")
SVID = (uri("spiffe://example.org/api"),)
GOOD: dict[str, tuple[str, Wanted, str]] = {
    "subject": ("own", OWN, "own-subject"),
    "e-mail": ("own", Wanted("CN=x", (x509.RFC822Name("ops@EXAMPLE.org"),)), "own-mail"),
    "DNS name": ("own", Wanted("CN=x", (x509.DNSName("other.example.org"),)), "other-dns"),
    "mapped": ("corporate", Wanted("CN=Alice,OU=people,O=Example"), "alice-mapped"),
    "issuer": ("corporate", Wanted("CN=robot"), "robot-subject"),
    "SVID": ("mesh", Wanted("CN=x", SVID), "api-svid"),
    "RSA": (
        "corporate",
        Wanted("CN=robot", key=rsa.generate_private_key(65537, 2048)),
        "robot-subject",
    ),
    "Ed25519": (
        "corporate",
        Wanted("CN=robot", key=ed25519.Ed25519PrivateKey.generate()),
        "robot-subject",
    ),
    "no extended usage": ("own", Wanted("CN=own,O=Example", usages=()), "own-subject"),
    "two usages": ("own", Wanted("CN=own,O=Example", usages=(CLIENT, SERVER)), "own-subject"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_certificate_is_known_by_the_names_that_are_declared(
    name: str, made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    signer, wanted, credential = GOOD[name]

    greet(made, made.signer(signer).issue(wanted), tmp_path)

    found = of_kind(gateway, "authentication", credential=credential)
    assert found, "the log does not tell who came in"


def _of(signer: str, wanted: Wanted) -> Callable[[Certified], Issued]:
    return lambda made: made.signer(signer).issue(wanted)


def _of_stranger(made: Certified) -> Issued:
    return Signer.root("own").issue(Wanted("CN=own,O=Example"))


def _self_signed(made: Certified) -> Issued:
    root = Signer.root("own,O=Example")
    return Issued(root.certificate, root.key)


def _tampered(made: Certified) -> Issued:
    issued = made.signer("own").issue(Wanted("CN=own,O=Example"))
    der = bytearray(issued.certificate.public_bytes(Encoding.DER))
    der[-3] ^= 1  # within the signature's second number
    return Issued(x509.load_der_x509_certificate(bytes(der)), issued.key)


def _of_unlisted_authority(made: Certified) -> Issued:
    return made.signer("tiered").below("branch").issue(Wanted("CN=late"))


_OWN = "CN=own,O=Example"
BAD: dict[str, tuple[Callable[[Certified], Issued | None], str]] = {
    "no certificate": (lambda made: None, "no certificates"),
    "wrong authority of the same name": (_of_stranger, "signature in the certificate's chain"),
    "unknown authority": (
        lambda made: Signer.root("nobody").issue(Wanted(_OWN)),
        "no authority that is declared",
    ),
    "self-signed": (_self_signed, ""),
    "authority's own": (
        lambda made: Issued(made.signer("own").certificate, made.signer("own").key),
        "can't be used",
    ),
    "forged": (_tampered, "signature in the certificate's chain"),
    "expired": (_of("own", Wanted(_OWN, begins=-2 * DAY, ends=-DAY)), "has expired"),
    "not valid yet": (_of("own", Wanted(_OWN, begins=DAY)), "not valid yet"),
    "list expired": (_of("lapsed", Wanted("CN=late")), "list of revoked certificates has expired"),
    "revocation unknown": (_of_unlisted_authority, "no list says whether"),
    "of a server": (_of("own", Wanted(_OWN, usages=(SERVER,))), "lacks `clientAuth`"),
    "RSA of 1024 bits": (
        _of("own", Wanted(_OWN, key=rsa.generate_private_key(65537, 1024))),
        "RSA of less than 2048 bits",
    ),
    "unknown critical extension": (
        _of(
            "own",
            Wanted(
                _OWN,
                more=((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b""), True),),
            ),
        ),
        "can't be used",
    ),
    "nobody's": (_of("own", Wanted("CN=nobody")), "no principal has the certificate"),
    "another order of attributes": (
        _of("own", Wanted("O=Example,CN=own")),
        "no principal has the certificate",
    ),
    "two principals": (
        _of("own", Wanted(_OWN, (x509.DNSName("other.example.org"),))),
        "more than one principal",
    ),
    "another's names": (_of("mesh", Wanted(_OWN)), "may not vouch"),
    "another's subject": (_of("own", Wanted("CN=robot")), "may not vouch"),
    "no rule fits": (_of("corporate", Wanted("CN=Alice,OU=robots,O=Example")), "no mapping rule"),
    "mapped to nobody": (
        _of("corporate", Wanted("CN=Root,OU=people,O=Example")),
        "no principal has the certificate",
    ),
    "wrong trust domain": (
        _of("mesh", Wanted("CN=x", (uri("spiffe://example.com/api"),))),
        "of a trust domain for which authority `mesh`",
    ),
    "SVID of another authority": (_of("own", Wanted("CN=x", SVID)), "of a trust domain"),
    "SVID with two URIs": (
        _of("mesh", Wanted("CN=x", (*SVID, uri("https://example.org")))),
        "more than one URI",
    ),
    "SVID with a port": (
        _of("mesh", Wanted("CN=x", (uri("spiffe://example.org:1/api"),))),
        "no X.509-SVID",
    ),
    "SVID without a path": (
        _of("mesh", Wanted("CN=x", (uri("spiffe://example.org"),))),
        "needs a path",
    ),
    "SVID that doesn't sign": (_of("mesh", Wanted("CN=x", SVID, signs=False)), "key usage"),
    "SVID that issues": (_of("mesh", Wanted("CN=x", SVID, issues=True)), "key usage"),
    "too many names": (
        _of("own", Wanted(_OWN, tuple(x509.DNSName(f"n{n}.org") for n in range(300)))),
        "too many alternative names",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_certificate_is_refused_with_its_reason_in_the_log_only(
    name: str, made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    make, reason = BAD[name]
    before = len(_failures(gateway))

    with pytest.raises(Refused) as refused:
        greet(made, make(made), tmp_path)

    told = str(refused.value)
    assert told in ("", ALERT) or name == "no certificate", "the peer learns what was wrong"
    assert eventually(lambda: len(_failures(gateway)) > before)
    assert reason in _failures(gateway)[-1]["reason"]


def _failures(gateway: GatewayProcess) -> list[dict[str, str]]:
    entries = (leaf for leaf in leaves(gateway) if leaf["streaming"]["kind"] == "authentication")
    return [leaf["streaming"] for leaf in entries if leaf["status_id"] == 2]


def test_tls_1_2_is_spoken_only_where_it_is_declared(
    made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    client = context(made, made.signer("own").issue(Wanted(_OWN)), tmp_path)
    client.maximum_version = ssl.TLSVersion.TLSv1_2

    with connect(client, made.legacy_port) as connection:
        ask(connection)
        suite = (connection.cipher() or ("",))[0]
    with pytest.raises(Refused):
        connect(client, made.port)

    assert suite.startswith("ECDHE-")
    assert eventually(lambda: any("incompatible" in each["reason"] for each in _failures(gateway)))


@pytest.mark.parametrize("suite", ["AES128-GCM-SHA256", "AES256-SHA"])
def test_suites_without_forward_secrecy_are_spoken_nowhere(
    suite: str, made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    client = context(made, made.signer("own").issue(Wanted(_OWN)), tmp_path)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(suite)

    with pytest.raises(Refused):
        connect(client, made.legacy_port)


def test_a_credential_that_is_contained_ends_its_connections_and_comes_in_no_more(
    made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    issued = made.signer("own").issue(Wanted("CN=x", (x509.RFC822Name("ops@example.org"),)))
    with connect(context(made, issued, tmp_path), made.port) as live:
        ask(live)
        words = ["contain", "revoke", "own-mail", "--type", "credential", "--json"]
        why = ["--reason", "lost", "--expires", "10m", "--state-dir", str(gateway.state)]
        answer = gateway.run(*words, *why)
        assert eventually(lambda: not is_open(live), 5.0)
    with pytest.raises(Refused):
        greet(made, issued, tmp_path)

    gateway.lift(json.loads(answer.stdout)["containments"][0]["id"])

    greet(made, issued, tmp_path)


def test_a_certificate_that_a_new_list_revokes_is_out_within_a_second(
    made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    robot, alice = (
        made.signer("corporate").issue(Wanted(name))
        for name in ("CN=robot", "CN=Alice,OU=people,O=Example")
    )
    with (
        connect(context(made, robot, tmp_path), made.port) as revoked,
        connect(context(made, alice, tmp_path), made.port) as other,
        # Two who have proved who they are, and have not asked for keys yet.
        connect(context(made, robot, tmp_path), made.door_port) as late,
        connect(context(made, alice, tmp_path), made.door_port) as in_time,
    ):
        ask(revoked)
        ask(other)
        made.publish("corporate", made.signer("corporate").crl([robot.certificate]))
        revoked.settimeout(CLOSED_SECONDS_MAX)
        assert revoked.recv(1) == b"", "the connection is still open"
        ask(other)
        assert "the principal's rights have ended" in _asked_for_keys(late)
        assert "`alice` gets no keys of `any`" in _asked_for_keys(in_time)
    with pytest.raises(Refused):
        greet(made, robot, tmp_path)

    def told() -> list[str]:
        why = "revoked by its authority's list"
        return [each["principal"] for each in _failures(gateway) if why in each["reason"]]

    # Whom both connections were proved to be, and one that proved nothing.
    assert eventually(lambda: sorted(told()) == ["", "robot", "robot"])
    made.publish("corporate", made.signer("corporate").crl())
    assert eventually(lambda: _comes_in(made, robot, tmp_path))


def _asked_for_keys(door: ssl.SSLSocket) -> str:
    body = json.dumps({"stream": "any", "operation": "open"})
    head = f"POST /v1/key-grants HTTP/1.1\r\nHost: d\r\nContent-Length: {len(body)}\r\n\r\n"
    door.sendall((head + body).encode())
    answer = b""
    while chunk := door.recv(4096):
        answer += chunk
    return answer.decode()


def _comes_in(made: Certified, issued: Issued, folder: Path) -> bool:
    try:
        greet(made, issued, folder)
    except Refused:
        return False
    return True


BAD_LISTS: dict[str, tuple[Callable[[Signer], bytes], str]] = {
    "no list": (lambda signer: b"-----BEGIN X509 CRL-----\nnonsense", "no list of revoked"),
    "empty": (lambda signer: b"", "no list of revoked"),
    "of another": (lambda signer: Signer.root("corporate").crl(), "is not signed by"),
    "older": (lambda signer: signer.crl(begins=-5 * DAY), "is older than the one in force"),
    "expired": (
        lambda signer: signer.crl(begins=timedelta(hours=-2), ends=timedelta(hours=-1)),
        "has expired already",
    ),
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_bad_new_list_changes_nothing_and_is_an_entry(
    name: str, made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    make, reason = BAD_LISTS[name]
    robot = made.signer("corporate").issue(Wanted("CN=robot"))
    good = (made.tls / "corporate.crl").read_bytes()
    with connect(context(made, robot, tmp_path), made.port) as live:
        ask(live)

        made.publish("corporate", make(made.signer("corporate")))

        assert eventually(lambda: any(reason in each["reason"] for each in _materials(gateway)))
        ask(live)
        greet(made, robot, tmp_path)
    made.publish("corporate", good)


def _materials(gateway: GatewayProcess) -> list[dict[str, str]]:
    return of_kind(gateway, "materials")


def test_the_gateways_own_certificate_is_renewed_while_connections_live(
    made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    old = [(made.tls / name).read_bytes() for name in ("gateway.pem", "gateway.key")]
    robot = made.signer("corporate").issue(Wanted("CN=robot"))
    client = context(made, robot, tmp_path)
    names = (x509.DNSName("localhost"),)
    fresh = made.signer("own").issue(Wanted("CN=renewed", names, usages=(SERVER,)))
    client.load_verify_locations(str(made.tls / "own.pem"))
    with connect(client, made.port) as live:
        ask(live)

        fresh.write(made.tls, "gateway")

        assert eventually(lambda: _server_name(client, made) == "renewed")
        ask(live)
        # A certificate without its key is no pair.
        (made.tls / "gateway.pem").write_bytes(old[0])
        assert eventually(
            lambda: any(
                "is not the key" in m["reason"] or "can't be used" in m["reason"]
                for m in _materials(gateway)[-2:]
            )
        )
        assert _server_name(client, made) == "renewed"
        (made.tls / "gateway.key").write_bytes(old[1])
        assert eventually(lambda: _server_name(client, made) != "renewed")
        ask(live)


def test_two_looks_at_the_files_fit_into_a_second() -> None:
    assert 2 * LOOK_SECONDS <= 0.5


def test_an_authority_is_replaced_by_another_in_two_steps_while_connections_live(
    made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    file = made.tls / "own.pem"
    old, new = file.read_bytes(), Signer.root("own")
    outgoing, incoming = made.signer("own").issue(OWN), new.issue(OWN)
    assert not _comes_in(made, incoming, tmp_path)
    with connect(context(made, outgoing, tmp_path), made.port) as leaving:
        ask(leaving)

        file.write_bytes(old + new.pem())  # both vouch meanwhile

        assert eventually(lambda: _comes_in(made, incoming, tmp_path))
        ask(leaving)
        with connect(context(made, incoming, tmp_path), made.port) as staying:
            ask(staying)
            file.write_bytes(new.pem())
            leaving.settimeout(CLOSED_SECONDS_MAX)
            assert leaving.recv(1) == b"", "nobody vouches for its certificate any more"
            ask(staying)
    assert not _comes_in(made, outgoing, tmp_path)
    file.write_bytes(old)
    assert eventually(lambda: _comes_in(made, outgoing, tmp_path))


def _server_name(client: ssl.SSLContext, made: Certified) -> str:
    with connect(client, made.port) as connection:
        der = connection.getpeercert(binary_form=True)
    assert der is not None
    found = x509.load_der_x509_certificate(der).subject.rfc4514_string()
    return found.removeprefix("CN=")


def test_health_tells_which_list_has_expired(gateway: GatewayProcess) -> None:
    missing = gateway.door().status()["missing"]

    assert [each for each in missing if each.startswith("revocation_list:")] == [
        "revocation_list:file:tls/lapsed.crl: `file:tls/lapsed.crl` has expired: "
        "nobody of authority `lapsed` gets in"
    ]


SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def _header(source: str, *, command: int = 0x21, family: int = 0x11, values: bytes = b"") -> bytes:
    ends = socket.inet_aton(source) + socket.inet_aton("203.0.113.9") + struct.pack(">HH", 5, 6)
    rest = ends + values
    return SIGNATURE + bytes([command, family]) + struct.pack(">H", len(rest)) + rest


def test_behind_a_declared_proxy_the_client_is_where_the_proxy_says(
    made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    client = context(made, made.signer("own").issue(Wanted(_OWN)), tmp_path)
    before = _header("198.51.100.23", values=b"\x04\0\x02\0\0")

    with connect(client, made.proxied_port, before) as connection:
        ask(connection)

    found = [
        leaf
        for leaf in leaves(gateway)
        if leaf.get("src_endpoint", {}).get("ip") == "198.51.100.23"
    ]
    assert found[-1]["status_id"] == 1
    assert found[-1]["streaming"]["proxy"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (b"", "no PROXY header"),
        (b"PROXY TCP4 198.51.100.23 203.0.113.9 5 6\r\n", "no PROXY header"),
        (_header("198.51.100.23", family=0x00), "no address of TCP"),
        (_header("198.51.100.23", family=0x31), "no address of TCP"),
        (_header("198.51.100.23", command=0x22), "unknown command"),
        (_header("198.51.100.23", values=b"\x04\xff\xff"), "ends within"),
        (_header("0.0.0.0"), "no client's"),
        (SIGNATURE + b"\x21\x11\xff\xff", "longer than"),
    ],
)
def test_a_declared_proxy_says_a_whole_header_or_nothing_is_taken_from_it(
    before: bytes, reason: str, made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    client = context(made, made.signer("own").issue(Wanted(_OWN)), tmp_path)

    with pytest.raises(Refused), connect(client, made.proxied_port, before) as connection:
        ask(connection)

    assert eventually(lambda: reason in _failures(gateway)[-1]["reason"])


def test_nobody_else_says_where_a_client_is(
    made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    client = context(made, made.signer("own").issue(Wanted(_OWN)), tmp_path)

    with pytest.raises(Refused):
        connect(client, made.port, _header("198.51.100.24"))

    assert eventually(lambda: "no declared proxy" in _failures(gateway)[-1]["reason"])
    assert not any(
        leaf.get("src_endpoint", {}).get("ip") == "198.51.100.24" for leaf in leaves(gateway)
    )


def test_a_proxy_may_look_whether_the_gateway_is_well(
    made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    client = context(made, made.signer("own").issue(Wanted(_OWN)), tmp_path)

    with connect(client, made.proxied_port, SIGNATURE + b"\x20\x00\0\0") as connection:
        ask(connection)


HAPROXY = """\
defaults
  mode tcp
  timeout connect 5s
  timeout client 10s
  timeout server 10s
listen kafka
  bind 127.0.0.1:{front}
  source 127.0.0.1
  server gateway 127.0.0.1:{behind} send-proxy-v2
"""


def test_haproxy_tells_the_gateway_where_clients_are(
    made: Certified, gateway: GatewayProcess, tmp_path: Path
) -> None:
    program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if program is None:
        pytest.skip("`haproxy` is not installed")
    front = free_ports(1)
    settings = tmp_path / "haproxy.cfg"
    settings.write_text(HAPROXY.format(front=front, behind=made.proxied_port))
    client = context(made, made.signer("own").issue(Wanted(_OWN)), tmp_path)
    with subprocess.Popen([program, "-db", "-f", str(settings)]) as process:
        try:
            assert eventually(lambda: _listens(front))
            port = _greet_through(client, front)
        finally:
            process.terminate()

    ours = [leaf for leaf in leaves(gateway) if leaf.get("src_endpoint", {}).get("port") == port]
    assert ours[-1]["streaming"]["proxy"] == "127.0.0.1"
    assert ours[-1]["streaming"]["listener"] == "proxied"


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False


def _greet_through(client: ssl.SSLContext, front: int) -> int:
    with connect(client, front) as connection:
        port: int = connection.getsockname()[1]
        ask(connection)
    return port
