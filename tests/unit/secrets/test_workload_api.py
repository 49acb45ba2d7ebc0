"""The Workload API provider against an agent over a Unix socket that refuses what SPIRE's does."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509

from streamward.clock import monotonic_seconds
from streamward.secrets import MaterialMissing, MaterialRefused, SecretUnavailable, StoreSettings
from streamward.secrets.reference import Location
from streamward.secrets.stores import workload_api as module
from streamward.secrets.stores.workload_api import WorkloadApi, WorkloadApiOptions
from tests.support.entries import eventually
from tests.support.issuing import Issued, Signer
from tests.support.workload_api import Agent, svid

GATEWAY = "spiffe://example.org/gateway"
SVID, BUNDLE = Location("svid"), Location("bundle")
Opened = Callable[..., WorkloadApi]


@pytest.fixture
def agent() -> Iterator[Agent]:
    signer = Signer.root("example.org")
    # The path of a socket is short, and a test's own folder may not be.
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        Agent(Path(folder) / "agent.sock", signer) as agent,
    ):
        agent.register(gateway=svid(signer, GATEWAY))
        yield agent


@pytest.fixture
def opened(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    monkeypatch.setattr(module, "RECONNECT_SECONDS", 0.05)
    stores: list[WorkloadApi] = []

    def open_one(**options: object) -> WorkloadApi:
        given = {"trust_domain": "example.org", "socket": agent.address, "timeout_seconds": 3.0}
        settings = WorkloadApiOptions(**given | options)  # type: ignore[arg-type]
        stores.append(WorkloadApi(StoreSettings("spiffe", "mesh", 60.0, 60.0, settings)))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


def serial(store: WorkloadApi) -> int:
    chain = store.read(SVID).values["certificate"].value
    return x509.load_pem_x509_certificates(chain)[0].serial_number


def test_the_certificate_its_key_and_the_bundles_are_read(opened: Opened, agent: Agent) -> None:
    below = agent.signer.below("intermediate")
    other = Signer.root("other.org")
    agent.federated["other.org"] = other
    issued = svid(below, GATEWAY)
    agent.register(gateway=issued)
    store = opened()

    reading, bundles = store.read(SVID), store.read(BUNDLE).values

    chain = x509.load_pem_x509_certificates(reading.values["certificate"].value)
    assert chain == [issued.certificate, below.certificate]
    assert reading.values["key"].value.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert reading.version == GATEWAY
    assert reading.lease is not None
    assert 0 < reading.lease.seconds <= 86_400
    assert not reading.lease.renewable
    assert {str(name): secret.value for name, secret in bundles.items()} == {
        "example.org": agent.signer.pem(),
        "other.org": other.pem(),
    }
    assert "PRIVATE" not in repr(reading) + repr(store.__dict__)
    with pytest.raises(MaterialMissing, match="no `jwt`"):
        store.read(Location("jwt"))


def test_the_agent_refuses_whoever_leaves_the_header_out(agent: Agent) -> None:
    with grpc.insecure_channel(agent.address) as channel:
        call = channel.unary_stream("/SpiffeWorkloadAPI/FetchX509SVID")
        with pytest.raises(grpc.RpcError) as raised:
            next(call(b"", timeout=5))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert agent.refused == 1


def test_a_rotation_is_streamed(opened: Opened, agent: Agent) -> None:
    store = opened()
    first = serial(store)
    assert store.tend(), "nothing came since"
    renewed = svid(agent.signer, GATEWAY)

    agent.register(gateway=renewed)

    assert eventually(lambda: not store.tend())
    assert serial(store) == renewed.certificate.serial_number != first
    assert agent.streams == 1


def test_one_of_several_is_chosen_by_its_id(opened: Opened, agent: Agent) -> None:
    mine, other = svid(agent.signer, GATEWAY), svid(agent.signer, "spiffe://example.org/other")
    agent.register(other=other, gateway=mine)

    assert serial(opened()) == other.certificate.serial_number, "the default comes first"
    assert serial(opened(spiffe_id=GATEWAY)) == mine.certificate.serial_number
    with pytest.raises(MaterialRefused, match=r"gives no SVID of `spiffe://example.org/third`"):
        opened(spiffe_id="spiffe://example.org/third").read(SVID)


def test_an_agent_of_another_trust_domain_is_refused(opened: Opened) -> None:
    with pytest.raises(MaterialRefused, match=r"trust domain `example.org`, and `example.com`"):
        opened(trust_domain="example.com").read(SVID)


def test_who_is_not_registered_gets_nothing_until_he_is(opened: Opened, agent: Agent) -> None:
    agent.register()
    store = opened()
    with pytest.raises(SecretUnavailable, match=r"does not serve the gateway: .*PERMISSION_DENIED"):
        store.read(SVID)
    issued: Issued = svid(agent.signer, GATEWAY)
    agent.register(gateway=issued)
    assert eventually(lambda: not store.tend())
    assert serial(store) == issued.certificate.serial_number


def test_an_agent_that_is_gone_is_told_and_found_again(opened: Opened, agent: Agent) -> None:
    store = opened()
    store.read(SVID)
    agent.stop()

    def gone() -> bool:
        try:
            store.read(SVID)
        except SecretUnavailable:
            return True
        return False

    assert eventually(gone)
    renewed = svid(agent.signer, GATEWAY)
    agent.registered = {GATEWAY: renewed}
    agent.start()
    assert eventually(lambda: not store.tend())
    assert serial(store) == renewed.certificate.serial_number


def test_an_agent_that_hangs_is_asked_anew(opened: Opened, agent: Agent) -> None:
    agent.silent = True
    store = opened(timeout_seconds=0.2)
    with pytest.raises(SecretUnavailable, match="does not answer"):
        store.read(SVID)
    assert agent.streams == 1

    agent.silent = False
    store.tend()
    assert eventually(lambda: not store.tend()), "a message came, though the stream had hung"
    assert store.read(SVID).version == GATEWAY


def test_an_agent_that_sends_nothing_in_time_is_asked_anew(opened: Opened, agent: Agent) -> None:
    store = opened()
    agent.register(gateway=svid(agent.signer, GATEWAY, ends=timedelta(seconds=60)))
    store.read(SVID)
    agent.silent = True
    left = monotonic_seconds() + 60
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "monotonic_seconds", lambda: left)
        assert eventually(lambda: (store.tend(), agent.streams)[1] > 1)


def test_a_key_of_another_certificate_is_refused(opened: Opened, agent: Agent) -> None:
    issued, other = svid(agent.signer, GATEWAY), svid(agent.signer, GATEWAY)
    agent.register(gateway=replace(issued, key=other.key))
    with pytest.raises(MaterialRefused, match="a key that is not its SVID's"):
        opened().read(SVID)


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("no thread"), ValueError("bad")])
def test_whatever_the_client_raises_is_told_as_one_thing(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("spiffe.WorkloadApiClient.stream_x509_contexts", fail)
    store = opened()
    with pytest.raises(SecretUnavailable, match="can't be used"):
        store.read(SVID)


def test_what_has_expired_is_not_given(opened: Opened, agent: Agent) -> None:
    agent.register(gateway=svid(agent.signer, GATEWAY, ends=-timedelta(seconds=1)))
    with pytest.raises(SecretUnavailable, match="has expired"):
        opened().read(SVID)


def test_a_socket_that_is_not_there_is_named(
    opened: Opened, agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SecretUnavailable, match=r"gone\.sock"):
        opened(socket=f"unix://{tmp_path}/gone.sock").read(SVID)
    monkeypatch.delenv("SPIFFE_ENDPOINT_SOCKET", raising=False)
    with pytest.raises(MaterialRefused, match="SPIFFE_ENDPOINT_SOCKET"):
        opened(socket=None).read(SVID)
    monkeypatch.setenv("SPIFFE_ENDPOINT_SOCKET", agent.address)
    assert serial(opened(socket=None))
