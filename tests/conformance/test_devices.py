"""A device that gets out of order while its owner is connected, as an inventory says."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.confluent import consumer, error_code, produce, read
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess

GOOD_DEVICES = """\
@id("good-devices")
forbid (principal, action, resource is Streamward::Stream)
unless { context has device_posture && context.device_posture == "compliant" };
"""
INVENTORY = """\
kind: DeviceInventory
name: mdm
file: devices.json
covers: everyone
refresh: 1s
age_max: 1h
"""


def write_inventory(folder: Path, posture: str) -> None:
    """Replace the file at once, as whoever keeps it must."""
    devices = [{"principal": "tester", "posture": posture, "status": "in_use"}]
    new = folder / "devices.new"
    new.write_text(json.dumps({"devices": devices}))
    new.replace(folder / "devices.json")


@pytest.fixture
def gateway(kafka: KafkaServer, tmp_path: Path) -> Iterator[GatewayProcess]:
    require_gateway()
    bundle = write_bundle(tmp_path / "bundle", kafka.bootstrap())
    (bundle.folder / "devices.cedar").write_text(GOOD_DEVICES)
    (bundle.folder / "devices.yaml").write_text(INVENTORY)
    write_inventory(bundle.folder, "compliant")
    with GatewayProcess(bundle) as process:
        yield process


def allowed(endpoint: Endpoint, topic: str) -> bool:
    try:
        produce(endpoint, topic, [b"first"])
    except KafkaException as error:
        if error_code(error) == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return False
        raise
    return True


def test_an_open_fetch_is_refused_when_the_inventory_says_so(
    gateway: GatewayProcess, topic: str
) -> None:
    endpoint = gateway.bundle.endpoint("tester")
    assert eventually(lambda: allowed(endpoint, topic), 20), "the inventory was not read"
    reader = consumer(endpoint, f"{topic}-group")
    try:
        reader.subscribe([topic])
        assert read(reader, 1) == [b"first"]
        write_inventory(gateway.bundle.folder, "lost")
        with pytest.raises(KafkaException) as raised:
            read(reader, 1, seconds=20)
    finally:
        reader.close()

    assert error_code(raised.value) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    rule = "cedar:devices.cedar:good-devices"
    entries = of_kind(gateway, "denied", principal="tester", rules=[rule])
    assert any(entry["resource"]["name"] == topic for entry in entries)
