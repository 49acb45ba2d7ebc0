"""AWS Secrets Manager against moto's server."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from streamward.secrets import (
    MaterialMissing,
    MaterialRefused,
    Secret,
    SecretUnavailable,
    StoreSettings,
)
from streamward.secrets.reference import Location
from streamward.secrets.stores.aws_secrets_manager import AwsOptions, AwsSecretsManager

REGION = "eu-central-1"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def manager(endpoint: str) -> Any:
    """The SDK itself, to make secrets."""
    client = boto3.client(
        "secretsmanager",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_secret(Name="prod/kafka", SecretString=json.dumps({"password": "one", "n": 1}))
    client.put_secret_value(SecretId="prod/kafka", SecretString=json.dumps({"password": "two"}))
    client.create_secret(Name="plain", SecretString="whole")
    client.create_secret(Name="binary", SecretBinary=b"\x00\xff")
    return client


def store(endpoint: str) -> AwsSecretsManager:
    options = AwsOptions(REGION, endpoint, "key", lambda: Secret(b"canary\n"), "env:KEY")
    return AwsSecretsManager(StoreSettings("aws-sm", "cloud", 60.0, 600.0, options))


def test_values_fields_stages_and_versions(endpoint: str, manager: Any) -> None:
    cloud = store(endpoint)
    now = cloud.read(Location("prod/kafka"))
    assert now.values["password"].value == b"two"
    assert now.lease is None
    assert now.version == manager.get_secret_value(SecretId="prod/kafka")["VersionId"]
    before = cloud.read(Location("prod/kafka", stage="AWSPREVIOUS"))
    assert before.values["password"].value == b"one"
    assert "n" not in before.values, "a number is no secret"
    assert cloud.read(Location("prod/kafka", version=before.version)).values == before.values
    assert cloud.read(Location("plain")).values == {None: Secret(b"whole")}
    assert cloud.read(Location("binary")).values == {None: Secret(b"\x00\xff")}


def test_what_is_not_there(endpoint: str, manager: Any) -> None:
    with pytest.raises(MaterialMissing, match="has nothing at `nothing`"):
        store(endpoint).read(Location("nothing"))


def test_what_is_marked_for_deletion_is_refused(endpoint: str, manager: Any) -> None:
    manager.create_secret(Name="dying", SecretString="x")
    manager.delete_secret(SecretId="dying", RecoveryWindowInDays=7)
    with pytest.raises(MaterialRefused, match="`InvalidRequestException`"):
        store(endpoint).read(Location("dying"))


def test_trouble_that_passes_may_be_asked_again() -> None:
    with pytest.raises(SecretUnavailable, match="can't be asked"):
        store("http://127.0.0.1:9").read(Location("plain"))


def test_its_key_is_not_shown(endpoint: str) -> None:
    cloud = store(endpoint)
    assert "canary" not in f"{cloud!r} {vars(cloud)!r}"
