"""Fixtures shared by tests against real components; each is started once, when asked for."""

import importlib.util
import shutil
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions
from tests.support.bundles import GatewayBundle, write_bundle
from tests.support.confluent import create_topics
from tests.support.endpoints import Endpoint
from tests.support.gateway import GatewayProcess
from tests.support.java_tools import JavaTools
from tests.support.messages import Api, load_apis


def pytest_configure(config: pytest.Config) -> None:
    """Let a run that is told to end take its brokers and gateways with it."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    # A loaded machine is slow, which says nothing about what is tested.
    settings.register_profile("untimed", settings.default, deadline=None)
    settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try once more what fails: a busy machine may stall a broker past a client's patience, or a
    thread past what a test with a clock gives it.

    A first failure is told (`R`, and `RERUN` in the summary) and worth a look; a second one counts.
    """
    for item in items:
        item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaServer]:
    """A real Apache Kafka: one broker, a topic must be created before it is used."""
    for command in ("java", "mvn"):
        if shutil.which(command) is None:
            pytest.skip(f"`{command}` is not on the path")
    server = KafkaServer.ephemeral(KafkaOptions(auto_create_topics=False))
    try:
        server.start()
        yield server
    finally:
        server.stop(delete=True)


@pytest.fixture(scope="session")
def direct(kafka: KafkaServer) -> Endpoint:
    """The broker itself, over mutual TLS."""
    tls = kafka.folder / "tls"
    return Endpoint(
        "direct", kafka.bootstrap("ssl"), kafka.ca_file, tls / "admin.pem", tls / "admin.key"
    )


@pytest.fixture(scope="session")
def gateway(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """The gateway in front of that broker, in a process of its own."""
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("gateway") / "bundle", kafka.bootstrap())
    with GatewayProcess(bundle) as process:
        yield process


def require_gateway() -> None:
    """Skip where the package has no compiled core or no command that runs a gateway."""
    for module in ("streamward._core", "streamward.cli.gateway"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"`{module}` is not built")


@pytest.fixture(scope="session")
def bundle(gateway: GatewayProcess) -> GatewayBundle:
    return gateway.bundle


@pytest.fixture(params=["direct", "gateway"])
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    """The same scenario twice: at the broker, which proves the test, and through the gateway."""
    if request.param == "direct":
        return request.getfixturevalue("direct")
    process: GatewayProcess = request.getfixturevalue("gateway")
    return process.bundle.endpoint("tester")


@pytest.fixture(scope="session")
def apis(kafka: KafkaServer) -> dict[str, Api]:
    """Kafka's own message definitions."""
    return load_apis(next(kafka.jar_folder.glob("kafka-clients-*.jar")))


@pytest.fixture
def java(kafka: KafkaServer, tmp_path: Path) -> JavaTools:
    """Kafka's own tools."""
    return JavaTools(kafka.jar_folder, tmp_path)


@pytest.fixture
def unique() -> str:
    """A name that no other test uses, under the prefix that `tester` may use."""
    return f"conformance.{uuid.uuid4().hex[:12]}"


@pytest.fixture
def topic(unique: str, direct: Endpoint) -> str:
    """A fresh topic of one partition, created at the broker."""
    create_topics(direct, unique)
    return unique
