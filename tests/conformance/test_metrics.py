"""The figures say what clients really did, and health says what is really there."""

import contextlib
import json
import re
import resource
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from streamward.audit.compiled import core
from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.bundles import write_bundle
from tests.support.confluent import create_topics, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually
from tests.support.figures import OPENMETRICS, Figures, scrape
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api, encode_request
from tests.support.raw import RawClient
from tests.support.relay import Relay


@dataclass(frozen=True)
class Watched:
    """A gateway that serves its figures over the network."""

    gateway: GatewayProcess
    port: int

    def scrape(self) -> Figures:
        return scrape(self.port)

    def get(self, path: str, accept: str = "") -> httpx.Response:
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.get(url, headers={"accept": accept}, timeout=10.0)

    def missing(self) -> set[str]:
        """The checks that fail."""
        return {one["name"] for one in self.get("/health/ready").json()["checks"] if not one["ok"]}


@contextlib.contextmanager
def watched_gateway(bootstrap: str, folder: pytest.TempPathFactory) -> Iterator[Watched]:
    require_gateway()
    bundle = write_bundle(folder.mktemp("watched") / "bundle", bootstrap)
    port = bundle.sni_port + 1
    metrics = f"kind: Metrics\nname: prometheus\nport: {port}\n"
    (bundle.folder / "metrics.yaml").write_text(metrics)
    with GatewayProcess(bundle) as process:
        yield Watched(process, port)


@pytest.fixture(scope="module")
def watched(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched_gateway(kafka.bootstrap(), tmp_path_factory) as watched:
        yield watched


def test_requests_bytes_and_denials_are_what_was_sent(
    watched: Watched, direct: Endpoint, apis: dict[str, Api], topic: str, unique: str
) -> None:
    open_topic = unique.replace("conformance.", "conformance.open.")
    create_topics(direct, open_topic)
    bundle = watched.gateway.bundle
    with RawClient(bundle.endpoint("tester")) as client:
        identities = {name: requests.topic_id(client, apis, name) for name in (topic, open_topic)}
    assert eventually(lambda: watched.scrape().sum("streamward_connections_open") == 0)
    before = watched.scrape()

    with RawClient(bundle.endpoint("writer")) as client:
        allowed = requests.produce(open_topic, identities[open_topic])
        denied = requests.produce(topic, identities[topic])
        both = allowed | {"TopicData": allowed["TopicData"] + denied["TopicData"]}
        sent = 0
        for values in (allowed, allowed, allowed, denied, both):
            client.request(apis["Produce"], 9, values)
            sent += len(encode_request(apis["Produce"], 9, 1, values))
        received = len(client.received)
    assert eventually(lambda: watched.scrape().sum("streamward_connections_open") == 0)
    after = watched.scrape()

    def grown(name: str, **labels: str) -> float:
        return after.sum(name, **labels) - before.sum(name, **labels)

    decided = {
        decision: grown("streamward_requests_total", api="Produce", decision=decision)
        for decision in ("allowed", "partly", "denied", "refused")
    }
    assert decided == {"allowed": 3, "partly": 1, "denied": 1, "refused": 0}
    assert grown("streamward_denials_total") == 2
    assert grown("streamward_received_bytes_total", peer="client") == sent
    assert grown("streamward_sent_bytes_total", peer="client") == received
    # Of five answers the gateway gave the one to the request that was denied whole.
    assert grown("streamward_responses_total", source="broker") == 4
    assert grown("streamward_responses_total", source="gateway") == 1
    assert grown("streamward_request_duration_seconds_count", family="produce") == 5
    assert grown("streamward_connections_accepted_total", listener="clients") == 1
    assert grown("streamward_connections_closed_total", reason="client_gone") == 1
    assert after.sum("streamward_requests_in_flight") == 0
    certificate = {"mechanism": "certificate", "outcome": "success"}
    assert grown("streamward_authentications_total", **certificate) == 1
    assert grown("streamward_records_total", operation="write") == 4


def test_both_formats_have_every_documented_figure_and_no_name_of_a_client(
    watched: Watched, topic: str
) -> None:
    produce(watched.gateway.bundle.endpoint("tester"), topic, [b"value"])
    plain = watched.scrape()
    answer = watched.get("/metrics", OPENMETRICS)
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    strict = Figures(answer.text, strict=True)

    documented = {one["name"] for one in json.loads(core().metric_reference())}
    base = {re.sub("_(total|info)$", "", name) for name in documented}
    assert {family.name for family in strict.families} == base
    assert {re.sub("_info$", "", family.name) for family in plain.families} == base
    assert all("conformance." not in text and text != "tester" for text in strict.texts())
    assert plain.sum("process_resident_memory_bytes") > 1_000_000
    assert plain.sum("streamward_journal_sync_duration_seconds_count") > 0
    state = ("--state-dir", str(watched.gateway.state))
    at_the_door = Figures(watched.gateway.run("gateway", "metrics", *state).stdout)
    assert [one.name for one in at_the_door.families] == [one.name for one in plain.families]


def test_failed_handshakes_are_told_by_their_cause(watched: Watched) -> None:
    address = ("127.0.0.1", watched.gateway.bundle.bootstrap_port)
    before = watched.scrape().sum("streamward_tls_handshakes_failed_total", reason="not_tls")
    with socket.create_connection(address) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while stranger.recv(1024):
            pass

    def failed() -> float:
        return watched.scrape().sum("streamward_tls_handshakes_failed_total", reason="not_tls")

    assert eventually(lambda: failed() == before + 1)


def test_a_scrape_is_answered_while_clients_are_busy(watched: Watched, topic: str) -> None:
    endpoint = watched.gateway.bundle.endpoint("tester")
    values = [bytes(1000)] * 5000
    busy = threading.Thread(target=lambda: produce(endpoint, topic, values))
    before = watched.scrape().sum("streamward_records_total", operation="write")
    busy.start()
    scrapes = 0
    while busy.is_alive():
        assert watched.scrape().families
        scrapes += 1
    busy.join()
    assert scrapes > 0
    written = watched.scrape().sum("streamward_records_total", operation="write") - before
    assert written == len(values)


def test_it_is_not_ready_while_the_log_cannot_be_written(watched: Watched) -> None:
    pid = watched.gateway.pid
    endpoint = watched.gateway.bundle.endpoint("tester")
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    for _ in range(3):
        assert eventually(lambda: watched.get("/health/ready").status_code == 200)
        # What was written just now becomes durable when nothing can be written any more, not even
        # to standard error.
        with RawClient(endpoint):
            pass
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
        try:
            # An attempt to get in is what there is to write.
            with contextlib.suppress(OSError), RawClient(endpoint) as client:
                client.is_closed_by_peer()
            assert eventually(lambda: watched.missing() == {"journal"})
            assert watched.get("/health/ready").status_code == 503
            assert watched.get("/health/live").json() == {"live": True}
            assert watched.scrape().sum("streamward_journal_healthy") == 0
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    assert eventually(lambda: watched.get("/health/ready").status_code == 200)
    assert watched.scrape().sum("streamward_journal_write_failures_total") > 0


def test_it_is_not_ready_without_brokers_until_they_are_back(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        Relay(kafka.bootstrap()) as relay,
        watched_gateway(relay.address, tmp_path_factory) as watched,
    ):
        assert eventually(lambda: watched.missing() == set())
        with relay.shut():
            assert eventually(lambda: watched.missing() == {"cluster:main"}, seconds=30.0)
            assert watched.get("/health/ready").status_code == 503
            assert watched.scrape().sum("streamward_upstream_reachable") == 0
        assert eventually(lambda: watched.missing() == set(), seconds=30.0)


def test_nothing_else_is_served(watched: Watched) -> None:
    assert watched.get("/v1/status").status_code == 404
    assert httpx.post(f"http://127.0.0.1:{watched.port}/metrics", timeout=5.0).status_code == 405
    with socket.create_connection(("127.0.0.1", watched.port)) as rude:
        rude.sendall(b"\x16\x03\x01\x00\x05hello")
        assert rude.recv(1024).startswith(b"HTTP/1.1 400 ")
    with socket.create_connection(("127.0.0.1", watched.port)) as long:
        long.sendall(b"GET /metrics HTTP/1.1\r\nA: " + b"a" * 20_000)
        assert long.recv(1024).startswith(b"HTTP/1.1 431 ")
