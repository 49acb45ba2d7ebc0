"""What is kept of a principal is erased while it is connected; a power loss is told of."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner, Result

from streamward.audit.transparency import Trust, own_key, verify
from streamward.cli import app
from streamward.demo.brokers import METADATA, METADATA_NEWEST
from streamward.demo.mock import MockCluster
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.confluent import consumer, read
from tests.support.entries import eventually, leaves, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.ocsf import problems

TOPIC = "conformance.open.orders"
ERASE = "kind: Grant\nid: eraser\nto: ['role:operator']\nallow: [erase]\non: [cluster]\n"
LOG = "kind: AuditLog\nname: log\nerasable: [address]\n"
ADDRESS = "127.0.0.1"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    require_gateway()
    mock = MockCluster(1)
    mock.serve(METADATA, METADATA_NEWEST)
    mock.create_topic(TOPIC, 1)
    bundle = write_bundle(tmp_path_factory.mktemp("erased") / "bundle", mock.bootstrap, nodes=2)
    bundle.grants(ERASE)
    (bundle.folder / "log.yaml").write_text(LOG)
    try:
        with GatewayProcess(bundle) as process:
            yield process
    finally:
        mock.close()


def run(gateway: GatewayProcess, *words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words, "--state-dir", str(gateway.state)])


def exposed(gateway: GatewayProcess, principal: str) -> dict[str, set[str]]:
    """The addresses of a principal by action."""
    answer = run(gateway, "exposure", "--principal", principal, "--json")
    assert answer.exit_code == 0, answer.output
    found: dict[str, set[str]] = {}
    for line in json.loads(answer.stdout)["lines"]:
        found.setdefault(line["action"], set()).add(line["address"])
    return found


def written(producer: Producer, value: bytes) -> None:
    producer.produce(TOPIC, value)
    assert producer.flush(30.0) == 0


def test_what_is_kept_of_a_connected_client_is_erased_and_it_goes_on(
    gateway: GatewayProcess,
) -> None:
    bundle, audit = gateway.bundle, gateway.state / "audit"
    producer = Producer(bundle.endpoint("tester").librdkafka(message_timeout_ms=20_000))
    reader = consumer(bundle.endpoint("reader"), "conformance.open.readers")
    reader.subscribe([TOPIC])
    written(producer, b"one")
    assert read(reader, 1) == [b"one"]
    assert eventually(lambda: set(exposed(gateway, "tester")) == {"Write"}, seconds=30.0)
    assert eventually(lambda: set(exposed(gateway, "reader")) == {"Read"}, seconds=30.0)
    assert exposed(gateway, "tester") == {"Write": {ADDRESS}}
    before = [leaf["src_endpoint"] for leaf in leaves(gateway) if "src_endpoint" in leaf]
    assert all("ip" not in endpoint for endpoint in before)

    erased = run(gateway, "erase", "--subject", "tester", "--reason", "request 114")

    assert erased.exit_code == 0, erased.output
    assert int(erased.stdout.split()[0]) >= 1
    written(producer, b"two")
    assert read(reader, 1) == [b"two"]
    reader.close()
    assert exposed(gateway, "tester")["Write"] == {"erased"}
    assert exposed(gateway, "reader")["Read"] == {ADDRESS}
    files = b"".join(path.read_bytes() for path in (audit / "openings").glob("*.swo"))
    assert b'"subject":"tester"' not in files
    assert b'"subject":"reader"' in files
    (entered,) = [leaf for leaf in leaves(gateway) if leaf["streaming"]["kind"] == "erased"]
    assert problems(entered) == []
    assert entered["streaming"]["principal"] == "operator"
    again = run(gateway, "erase", "--subject", "tester", "--reason", "request 114")
    assert again.exit_code != 0, "there is nothing left"


def test_after_a_power_loss_every_answer_says_what_may_be_missing(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    audit = gateway.state / "audit"
    gateway.kill()
    # What the boot of the system was named when the machine went down.
    (audit / "running").write_text("another boot\n")

    # A command that writes while no gateway runs must not hide it from the one that starts next.
    told = run(gateway, "erase", "--subject", "reader", "--reason", "115", "--bundle",
               str(gateway.bundle.folder))  # fmt: skip
    assert told.exit_code == 0, told.output
    gateway.start()

    gaps = [leaf for leaf in leaves(gateway) if leaf["streaming"]["kind"] == "gap"]
    assert [problems(gap) for gap in gaps] == [[]]
    assert gaps[0]["start_time"] <= gaps[0]["end_time"]
    lost = [one for one in of_kind(gateway, "lifecycle") if "openings_from" in one]
    assert len(lost) == 1
    answer = run(gateway, "exposure", "--principal", "tester", "--json")
    document = json.loads(answer.stdout)
    assert [gap["records"] for gap in document["gaps"]] == ["unknown"]
    assert document["complete"] is False
    page = tmp_path / "report.md"
    run(gateway, "exposure", "--principal", "tester", "--report", str(page))
    assert "the machine went down" in page.read_text()


def test_the_log_verifies_and_its_copy_without_openings_too(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    gateway.stop()
    audit = gateway.state / "audit"
    trust = Trust((own_key(audit),))

    verified = verify(audit, trust)
    found = verified["openings"]
    copy = shutil.copytree(audit, tmp_path / "copy", ignore=shutil.ignore_patterns("openings*"))

    assert found["erased"] >= 2
    assert found["lost"] == 0
    gaps = [at for at, leaf in enumerate(leaves(gateway)) if leaf["streaming"]["kind"] == "gap"]
    assert verified["gaps"] == gaps
    assert len(gaps) == 1
    assert verify(copy, trust)["openings"] is None
