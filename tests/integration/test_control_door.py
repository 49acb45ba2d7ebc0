"""The control door over mutual TLS: a real gateway, and who gets keys of it and who does not."""

import contextlib
import itertools
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamward import clock
from streamward.app import valid_bundle
from streamward.demo.brokers import MockBrokers
from streamward.dev.authority import Authority, Issued
from streamward.dev.certificates import make_certificates
from streamward.errors import InvalidArgument
from streamward.sdk import Parts, RecordRefused, Sealer
from streamward.sdk.door_client import DoorUnavailable, DoorUntrusted, GrantDenied
from streamward.sdk.ports import ByGateway
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.doors import declare_door, door_port, pair, sealer_of
from tests.support.entries import eventually, leaves, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.ocsf import problems

END_TO_END = "conformance.door.end-to-end"
OTHER = "conformance.door.other"
BY_GATEWAY = "conformance.door.by-gateway"
PLAIN = "conformance.plain"
STEP_UP = "stepped.up"
FRESH = "stepped.fresh"
SECRET = b"4929 1234 5678 9012"
GRANT_MILLISECONDS = 120_000
RESET = (ConnectionResetError, BrokenPipeError, ssl.SSLError)

_BUNDLE = """\
kind: KeyProvider
name: local
type: local-file
---
kind: AccessClass
name: testing
readers: ["role:tester"]
owner: tests
---
kind: KeyRing
name: cards
data_class: test-data
access_class: testing
provider: local
key: cards
destruction: {{wait: 1s}}
---
kind: KeyRing
name: others
data_class: test-data
access_class: testing
provider: local
key: others
---
kind: Grant
id: keys-door
to: ["principal:operator"]
allow: [manage_keys]
on: [cluster]
---
kind: Stream
name: {end_to_end}
classes: [test-data]
seal: {{ring: cards, key: deterministic, headers: [card], sealed_by: producer, opened_by: consumer}}
---
kind: Stream
name: {other}
classes: [test-data]
seal: {{ring: others, sealed_by: producer, opened_by: consumer}}
---
kind: Stream
name: {by_gateway}
classes: [test-data]
seal: {{ring: cards}}
"""
_STEP_UP = f"""\
kind: AccessClass
name: stepping
readers: ["principal:one-factor", "principal:two-factors"]
owner: tests
---
kind: KeyRing
name: stepped
data_class: test-data
access_class: stepping
provider: local
key: stepped
---
kind: Stream
prefix: stepped.
classes: [test-data]
seal: {{ring: stepped, sealed_by: producer, opened_by: consumer}}
---
kind: Grant
id: with-a-second-factor
to: ["principal:one-factor", "principal:two-factors"]
allow: [read, write]
on: ["stream:{STEP_UP}"]
requires: {{mfa: true}}
---
kind: Grant
id: with-a-fresh-second-factor
to: ["principal:one-factor", "principal:two-factors"]
allow: [read, write]
on: ["stream:{FRESH}"]
requires: {{mfa_max_age: 15m}}
""" + "".join(
    f"""---
kind: Principal
name: {name}
type: user
tenant: conformance
mfa: {mfa}
credentials:
  - {{id: {name}-certificate, type: certificate, subject: "CN={name},O=Conformance"}}
"""
    for name, mfa in (("one-factor", "false"), ("two-factors", "true"))
)


class House:
    """A gateway with a door, and programs with nothing but certificates."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self.gateway = gateway
        self.port = door_port(gateway.bundle)
        self.tls = gateway.bundle.folder / "tls"

    def pair(self, principal: str) -> tuple[Path, Path]:
        return pair(self.gateway.bundle, principal)

    def sealer(self, principal: str = "tester", **changed: Any) -> Sealer:
        return sealer_of(self.gateway.bundle, principal, **changed)

    def connect(self, principal: str | None = "tester") -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        if principal is not None:
            context.load_cert_chain(*self.pair(principal))
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return context.wrap_socket(plain, server_hostname="localhost")

    def post(self, body: Any, principal: str = "tester") -> tuple[int, dict[str, Any]]:
        text = json.dumps(body)
        head = f"POST /v1/key-grants HTTP/1.1\r\nHost: d\r\nContent-Length: {len(text)}\r\n\r\n"
        return self.raw((head + text).encode(), principal)

    def raw(self, request: bytes, principal: str = "tester") -> tuple[int, dict[str, Any]]:
        with self.connect(principal) as connection:
            connection.sendall(request)
            answer = b""
            while chunk := connection.recv(65_536):
                answer += chunk
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    def granted(self) -> list[dict[str, Any]]:
        return of_kind(self.gateway, "key_granted")

    def denied(self) -> list[dict[str, Any]]:
        return of_kind(self.gateway, "denied", api="KeyGrant")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    require_gateway()
    with MockBrokers() as brokers:
        host, port = brokers.addresses[0]
        bundle = write_bundle(tmp_path_factory.mktemp("door") / "bundle", f"{host}:{port}")
        text = _BUNDLE.format(end_to_end=END_TO_END, other=OTHER, by_gateway=BY_GATEWAY)
        (bundle.folder / "keys.yaml").write_text(text)
        (bundle.folder / "step-up.yaml").write_text(_STEP_UP)
        make_certificates(valid_bundle(bundle.folder, materials=False), force=True)
        quick = {"grant": "2m", "request_timeout": "1s"}
        declare_door(bundle, **quick, grants_per_second=1, grants_burst=40)
        with GatewayProcess(bundle) as gateway:
            yield House(gateway)


def issued(folder: Path, pair: Issued) -> dict[str, Path]:
    places = {"certificate": folder / "made.pem", "key": folder / "made.key"}
    places["certificate"].write_bytes(pair.certificate)
    places["key"].write_bytes(pair.key)
    return places


def test_two_programs_with_only_a_certificate_seal_and_open(house: House) -> None:
    plain = Parts(b"card-7", SECRET, (("card", SECRET), ("trace", b"7")))

    sealed = house.sealer().seal(END_TO_END, plain)
    opened = house.sealer("administrator").open(END_TO_END, sealed)

    assert opened == plain
    assert SECRET not in (sealed.value or b"")
    granted = [entry for entry in house.granted() if entry["resource"]["name"] == END_TO_END]
    given = [(it["principal"], it["action"], len(it["key"]["granted"])) for it in granted]
    assert ("tester", "Write", 1) in given
    assert ("administrator", "Read", 1) in given
    assert {entry["key"]["ring"] for entry in granted} == {"cards"}
    assert all(entry["policy_version"] and entry["rules"] for entry in granted)


def test_it_is_listed_as_what_it_is(house: House) -> None:
    with house.gateway.door() as door:
        listeners = door.status()["listeners"]
    assert [one["name"] for one in listeners if one["grants"]] == ["keys"]


def test_a_grant_ends_in_minutes_and_holds_no_wrapping_key(house: House) -> None:
    status, answer = house.post(
        {"stream": END_TO_END, "operation": "seal", "data_key": True, "deterministic_key": True}
    )

    assert status == 200
    assert answer["now"] < answer["refresh"] < answer["until"] <= answer["now"] + 120_000
    assert set(answer) == {
        "stream",
        "now",
        "until",
        "refresh",
        "data_key",
        "deterministic_key",
        "keys",
    }
    assert set(answer["data_key"]) == {"kid", "key", "ring_version", "records_max", "expires"}
    with house.gateway.door() as door:
        writers = {key["kid"]: key["writer"] for key in door.key_ring("cards")["keys"]}
    assert writers[answer["data_key"]["kid"]].startswith("tester at ")
    log = house.gateway.log.read_bytes()
    assert answer["data_key"]["key"].encode() not in log


@pytest.mark.parametrize("operation", ["seal", "open"])
def test_who_may_not_gets_no_key_and_that_is_in_the_log(house: House, operation: str) -> None:
    body = {"stream": END_TO_END, "operation": operation}
    status, problem = house.post(body, "intruder")

    assert (status, problem["code"]) == (403, "denied")
    assert problem["help"]
    assert any(
        (it["principal"], it["action"]) == ("intruder", "Write" if operation == "seal" else "Read")
        for it in house.denied()
    )
    with pytest.raises(GrantDenied):
        house.sealer("intruder").seal(END_TO_END, Parts(None, SECRET))


@pytest.mark.parametrize("operation", ["seal", "open"])
def test_where_a_grant_asks_for_a_second_factor_keys_do_so_too(
    house: House, operation: str
) -> None:
    body = {"stream": STEP_UP, "operation": operation, "data_key": operation == "seal"}

    assert house.post(body, "two-factors")[0] == 200
    status, problem = house.post(body, "one-factor")

    assert (status, problem["code"]) == (403, "denied")
    denied = [it for it in house.denied() if it["resource"]["name"] == STEP_UP]
    action = "Write" if operation == "seal" else "Read"
    assert ("one-factor", action, "default") in {
        (it["principal"], it["action"], *it["rules"]) for it in denied
    }
    assert {it["principal"] for it in denied} == {"one-factor"}
    assert not [it for it in house.granted() if it["principal"] == "one-factor"]


def test_a_second_factor_that_nobody_knows_the_time_of_is_not_fresh(house: House) -> None:
    for name in ("one-factor", "two-factors"):
        with pytest.raises(GrantDenied):
            house.sealer(name).seal(FRESH, Parts(None, SECRET))
    assert not [it for it in house.granted() if it["resource"]["name"] == FRESH]


def test_a_key_of_another_ring_is_unknown(house: House) -> None:
    _, made = house.post({"stream": OTHER, "operation": "seal", "data_key": True})
    kid = made["data_key"]["kid"]
    _, foreign = house.post({"stream": END_TO_END, "operation": "open", "keys": [kid]})
    _, own = house.post({"stream": OTHER, "operation": "open", "keys": [kid, "00" * 16]})

    assert foreign["keys"] == {kid: {"unknown": True}}
    assert own["keys"]["00" * 16] == {"unknown": True}
    assert own["keys"][kid]["key"] == made["data_key"]["key"]


def test_what_the_gateway_seals_itself_has_no_keys_to_give(house: House) -> None:
    with pytest.raises(ByGateway, match="seals or opens"):
        house.sealer().seal(BY_GATEWAY, Parts(None, SECRET))
    assert house.sealer().seal(PLAIN, Parts(None, SECRET)).value == SECRET


def test_nobody_gets_in_without_a_certificate_of_the_authority(
    house: House, tmp_path: Path
) -> None:
    with pytest.raises(RESET), house.connect(None) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.recv(1) == b"", "nothing is answered"
        raise ConnectionResetError
    foreign = Authority.create("elsewhere")
    forged = issued(tmp_path, foreign.client("CN=tester,O=Conformance"))
    with pytest.raises((DoorUntrusted, DoorUnavailable)):
        house.sealer(**forged).seal(END_TO_END, Parts(None, SECRET))


def test_a_certificate_of_nobody_gets_no_keys(house: House, tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    root = x509.load_pem_x509_certificate((house.tls / "ca.pem").read_bytes())
    key = load_pem_private_key((house.tls / "ca.key").read_bytes(), None)
    stranger = Authority(root, key).client("CN=stranger,O=Conformance")  # type: ignore[arg-type]
    with pytest.raises(GrantDenied, match="authentication failed"):
        house.sealer(**issued(tmp_path, stranger)).seal(END_TO_END, Parts(None, SECRET))


def test_a_door_that_is_another_is_not_believed(house: House, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(Authority.create("elsewhere").issued.certificate)
    with pytest.raises(DoorUntrusted):
        house.sealer(authority=other).seal(END_TO_END, Parts(None, SECRET))


def test_an_older_tls_is_not_spoken(house: House) -> None:
    context = ssl.create_default_context(cafile=str(house.tls / "ca.pem"))
    context.load_cert_chain(*house.pair("tester"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", house.port), timeout=30) as plain,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /v1/key-grants HTTP/1.1\r\n\r\n", 405),
        (b"GET /v1/status HTTP/1.1\r\n\r\n", 404),
        (b"POST /v1/containments HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 404),
        (b"POST /v1/keys/cards/destroy HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 404),
        (b"POST /v1/key-grants HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 422),
        (b"POST /v1/key-grants HTTP/1.1\r\nContent-Length: 16385\r\n\r\n", 413),
        (b"POST /v1/key-grants HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /v1/key-grants HTTP/1.1\r\nA: " + b"b" * 9_000, 431),
        (b"\0\0\0\x12\0\x12\0\x03\0\0\0\1\0\x01a\0\x01b", 400),
    ],
)
def test_only_keys_are_to_be_had_and_only_in_small_requests(
    house: House, request_: bytes, status: int
) -> None:
    answered, problem = house.raw(request_)

    assert answered == status
    assert problem["help"]


def test_a_program_that_never_ends_its_request_is_let_go(house: House) -> None:
    with house.connect() as connection:
        connection.sendall(b"POST /v1/key-grants HTTP/1.1\r\nA: b\r\n")
        with contextlib.suppress(*RESET):
            assert connection.recv(1) == b""
    assert house.post({"stream": END_TO_END, "operation": "open"})[0] == 200


def test_who_asks_too_often_is_told_to_wait(house: House) -> None:
    body = {"stream": END_TO_END, "operation": "open"}
    answers = (house.post(body, "reader") for _ in itertools.count())
    problem = next(problem for status, problem in answers if status == 429)

    assert problem["code"] == "grant.too_many"
    assert house.post(body)[0] == 200, "others get theirs"


def test_a_quarantine_ends_grants_at_once(house: House) -> None:
    with house.gateway.door() as door:
        until = {"reason": "drill", "expires": "10m"}
        containment = door.contain("quarantine", "stream", OTHER, **until)["id"]
        for operation in ("seal", "open"):
            assert house.post({"stream": OTHER, "operation": operation}, "victim-idle")[0] == 403
        door.lift(containment, reason="drill is over")
    assert house.post({"stream": OTHER, "operation": "seal"}, "victim-idle")[0] == 200


def test_who_holds_a_key_feels_a_quarantine_when_its_grant_ends(house: House) -> None:
    one = house.sealer("administrator")
    sealed = one.seal(OTHER, Parts(None, SECRET))
    assert one.open(OTHER, sealed).value == SECRET
    with house.gateway.door() as door:
        until = {"reason": "drill", "expires": "10m"}
        containment = door.contain("quarantine", "stream", OTHER, **until)["id"]
        assert one.open(OTHER, sealed).value == SECRET, "it was granted before"
        with clock.as_of(clock.now_milliseconds() + GRANT_MILLISECONDS):
            with pytest.raises(GrantDenied):
                one.open(OTHER, sealed)
            with pytest.raises(GrantDenied):
                one.seal(OTHER, Parts(None, SECRET))
        door.lift(containment, reason="drill is over")


def test_every_entry_of_the_door_is_an_event_of_ocsf(house: House) -> None:
    house.post({"stream": END_TO_END, "operation": "seal", "data_key": True})
    house.post({"stream": END_TO_END, "operation": "open"}, "intruder")
    told = [leaf for leaf in leaves(house.gateway) if leaf["streaming"].get("listener") == "keys"]

    kinds = {leaf["streaming"]["kind"] for leaf in told}
    assert kinds >= {"authentication", "key_granted", "denied"}
    assert [problem for leaf in told for problem in problems(leaf)] == []


def test_a_revoked_principal_gets_no_more_keys(house: House) -> None:
    one = house.sealer("victim-busy")
    sealed = one.seal(END_TO_END, Parts(None, SECRET))
    with house.gateway.door() as door:
        door.contain("revoke", "principal", "victim-busy", reason="drill", expires="10m")

    with pytest.raises(GrantDenied):
        one.open(END_TO_END, sealed)
    one.forget_keys()
    with pytest.raises(GrantDenied):
        one.seal(END_TO_END, Parts(None, SECRET))
    failed = of_kind(house.gateway, "authentication", principal="victim-busy")
    assert any("revoked by containment" in each.get("reason", "") for each in failed)


def test_a_revoked_ring_and_a_destroyed_one_give_no_keys(house: House) -> None:
    one = house.sealer("victim-polling")
    sealed = one.seal(END_TO_END, Parts(None, SECRET))
    with house.gateway.door() as door:
        door.change_keys("cards", "revoke", "drill")
        one.forget_keys()
        with pytest.raises(DoorUnavailable):
            one.seal(END_TO_END, Parts(None, SECRET))
        with pytest.raises(RecordRefused):
            one.open(END_TO_END, sealed)

        door.change_keys("cards", "restore", "drill is over")
        one.forget_keys()
        assert one.open(END_TO_END, sealed).value == SECRET

        door.change_keys("cards", "destroy", "drill")
        one.forget_keys()
        with pytest.raises(RecordRefused):
            one.open(END_TO_END, sealed)

        def destroyed() -> bool:
            with contextlib.suppress(InvalidArgument):
                door.change_keys("cards", "destroy")
            return bool(door.key_ring("cards")["state"] == "destroyed")

        assert eventually(destroyed)
    one.forget_keys()
    with pytest.raises(RecordRefused):
        one.open(END_TO_END, sealed)
    with pytest.raises(DoorUnavailable):
        one.seal(END_TO_END, Parts(None, SECRET))
