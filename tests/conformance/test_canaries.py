"""Secrets of every kind of reference, while all goes well and while it doesn't: seen nowhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from streamward.app import valid_bundle
from streamward.errors import StreamwardError
from streamward.gateway.snapshot import build_snapshot
from streamward.gateway.supply import AccessLog, SecretSupply
from streamward.secrets import SecretKeeper
from streamward.secrets.stores import open_store
from tests.conftest import require_gateway
from tests.support.bundles import GatewayBundle, write_bundle
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.token_endpoint import CLIENT, SECRET, TokenEndpoint
from tests.support.topologies import add_listener, topology
from tests.support.vault import ROLE_ID, SECRET_ID, VaultStub

REGION = "eu-central-1"
IN_VARIABLE, IN_FILE, IN_VAULT, IN_AWS, AWS_KEY = (
    f"canary-{where}-2f9c1e" for where in ("variable", "file", "vault", "aws", "key")
)
VARIABLE = "STREAMWARD_TEST_CANARY"
NOBODY = "127.0.0.1:9"
"""Where no broker is: nothing here needs one."""


@pytest.fixture(autouse=True)
def variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, IN_VARIABLE)


@pytest.fixture(scope="module")
def stores() -> Iterator[tuple[VaultStub, TokenEndpoint, str]]:
    """A Vault, a token endpoint and a Secrets Manager."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "secretsmanager",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="key",
        aws_secret_access_key=AWS_KEY,
    )
    client.create_secret(Name="kafka", SecretString=json.dumps({"password": IN_AWS}))
    with VaultStub(lease_seconds=3) as vault, TokenEndpoint(lifetime_seconds=3) as tokens:
        vault.write("kafka", password=IN_VAULT)
        yield vault, tokens, endpoint
    server.stop()


@pytest.fixture(scope="module")
def bundle(
    stores: tuple[VaultStub, TokenEndpoint, str], tmp_path_factory: pytest.TempPathFactory
) -> GatewayBundle:
    """A cluster for each kind of reference."""
    vault, tokens, endpoint = stores
    bundle = write_bundle(tmp_path_factory.mktemp("canaries") / "bundle", NOBODY)
    files = {"file": IN_FILE, "aws": AWS_KEY, "vault": SECRET_ID, "oauth": SECRET}
    for name, text in files.items():
        file = bundle.folder / "secrets" / f"{name}.secret"
        file.touch(mode=0o600)
        file.write_text(text)
    password = {"mechanism": "SCRAM-SHA-512", "username": "gateway"}
    made = "vault:corporate/database/creds/gateway"
    logins: dict[str, dict[str, Any]] = {
        "variable": password | {"password": "env:STREAMWARD_TEST_CANARY"},
        "file": password | {"password": "file:secrets/file.secret"},
        "aws": password | {"password": "aws-sm:cloud/kafka#password"},
        "vault": password | {"password": "vault:corporate/secret/kafka#password"},
        "leased": {
            "mechanism": "PLAIN",
            "username_from": f"{made}#username",
            "password": f"{made}#password",
        },
        "oauth": {
            "mechanism": "OAUTHBEARER",
            "oauth": {
                "token_endpoint": tokens.address,
                "client_id": CLIENT,
                "client_secret": "file:secrets/oauth.secret",
                "scope": "kafka",
            },
        },
    }
    engines = [{"mount": "secret", "type": "kv-v2"}, {"mount": "database", "type": "dynamic"}]
    auth = {"method": "approle", "role": ROLE_ID, "secret": "file:secrets/vault.secret"}
    aws = {
        "region": REGION,
        "endpoint": endpoint,
        "access_key_id": "key",
        "secret_access_key": "file:secrets/aws.secret",
    }
    with topology(bundle) as documents:
        store = {"kind": "SecretStore", "refresh": "1s", "held": "2s"}
        by_vault = {"address": vault.address, "auth": auth, "engines": engines}
        documents.append(store | {"name": "corporate", "vault": by_vault})
        documents.append(store | {"name": "cloud", "aws_secrets_manager": aws})
        for name, sasl in logins.items():
            cluster = {"kind": "Cluster", "name": name, "bootstrap": [NOBODY], "sasl": sasl}
            documents.append(cluster)
    for name in logins:
        add_listener(bundle, name, cluster=name)
    return bundle


def canaries(stores: tuple[VaultStub, TokenEndpoint, str]) -> set[str]:
    """Every secret that there is or was."""
    vault, tokens, _ = stores
    fixed = {IN_VARIABLE, IN_FILE, IN_VAULT, IN_AWS, AWS_KEY, SECRET_ID, SECRET}
    leased = {f"canary-{number}" for number in range(1, vault.made + 1)}
    return fixed | leased | {*vault.tokens, *tokens.given}


def held_in(data: bytes, secrets: set[str]) -> list[str]:
    """The secrets that these bytes hold, as they are or as numbers of a list."""
    numbers = {secret: ", ".join(map(str, secret.encode())).encode() for secret in secrets}
    return [each for each in secrets if each.encode() in data or numbers[each] in data]


def test_a_running_gateway_shows_no_secret(
    stores: tuple[VaultStub, TokenEndpoint, str], bundle: GatewayBundle
) -> None:
    require_gateway()
    vault, tokens, _ = stores
    with GatewayProcess(bundle, {VARIABLE: IN_VARIABLE}) as gateway:
        assert eventually(lambda: len(tokens.given) > 1), "tokens are replaced"
        # All of a sudden nothing works any more.
        vault.sealed = tokens.down = True
        assert gateway.says("a secret's lease has ended")
        assert eventually(lambda: _refused(gateway, "token:oauth"))
        status = json.dumps(gateway.door().status()).encode()
        vault.sealed = tokens.down = False
    seen = {str(file): file.read_bytes() for file in gateway.state.rglob("*") if file.is_file()}
    assert any(name.endswith(".swj") for name in seen), "the journal is among them"
    assert any(name.endswith("gateway.log") for name in seen)
    for name, data in (seen | {"status": status}).items():
        assert held_in(data, canaries(stores)) == [], name
    told = {
        reference
        for entry in of_kind(gateway, "secret_access")
        for reference in entry["secret"]["references"]
    }
    assert {
        "env:STREAMWARD_TEST_CANARY",
        "file:secrets/file.secret",
        "aws-sm:cloud/kafka#password",
        "vault:corporate/secret/kafka#password",
        "vault:corporate/database/creds/gateway#password",
        "token:oauth",
    } < told


def _refused(gateway: GatewayProcess, reference: str) -> bool:
    return any(
        reference in entry["secret"]["references"] and entry.get("reason")
        for entry in of_kind(gateway, "secret_access")
    )


class _Nobody:
    def record(self, entry: bytes) -> int:
        self.entries = [*getattr(self, "entries", []), entry]
        return 0


def test_no_object_on_the_way_shows_a_secret(
    stores: tuple[VaultStub, TokenEndpoint, str], bundle: GatewayBundle
) -> None:
    recorder = _Nobody()
    accesses = AccessLog(recorder)
    keeper = SecretKeeper(open_store, accesses.add)
    supply = SecretSupply(keeper, accesses)
    declared = valid_bundle(bundle.folder)
    materials = supply.materials(declared)
    assert {IN_VARIABLE, IN_FILE, IN_VAULT, IN_AWS} <= {
        value.decode("ascii", "replace") for value in materials.values()
    }, "the canaries are on their way"
    secret = canaries(stores)
    snapshot = build_snapshot(declared)
    assert held_in(snapshot, secret) == []
    shown = [repr(each) for each in (keeper, supply, accesses, declared, keeper.tend())]
    shown += [repr(_inside(keeper)), repr(_core(snapshot, materials, bundle.folder))]
    assert held_in("".join(shown).encode(), secret) == []
    accesses.flush()
    assert recorder.entries
    assert held_in(b"".join(recorder.entries), secret) == []
    keeper.close()


def _inside(thing: object, depth: int = 6) -> object:
    """What a debugger would show of an object's parts."""
    if depth == 0 or not (hasattr(thing, "__dict__") or isinstance(thing, dict | list | tuple)):
        return thing
    if isinstance(thing, dict):
        return {repr(key): _inside(value, depth - 1) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_inside(each, depth - 1) for each in thing]
    if not type(thing).__module__.startswith("streamward"):
        return thing
    return {name: _inside(value, depth - 1) for name, value in vars(thing).items()}


def _core(snapshot: bytes, materials: dict[str, bytes], folder: Path) -> object:
    """The core's own object, and its error where a secret can't be used."""
    from streamward import _core

    gateway = _core.Gateway(snapshot, materials, str(folder / "unused"))
    broken = materials | {"file:secrets/file.secret": f"{IN_FILE}\0\x01".encode()}
    broken["token:oauth"] = f"{SECRET} is no token".encode()
    with pytest.raises(_core.CoreError) as raised:
        _core.Gateway(snapshot, broken, str(folder / "unused"))
    return [gateway, raised.value, str(raised.value)]


def test_no_error_shows_a_secret(
    stores: tuple[VaultStub, TokenEndpoint, str], bundle: GatewayBundle
) -> None:
    vault, tokens, _ = stores
    declared = valid_bundle(bundle.folder)
    for breaks in ("vault", "tokens"):
        vault.sealed, tokens.down = breaks == "vault", breaks == "tokens"
        accesses = AccessLog(_Nobody())
        try:
            with pytest.raises(StreamwardError) as raised:
                SecretSupply(SecretKeeper(open_store, accesses.add), accesses).materials(declared)
        finally:
            vault.sealed = tokens.down = False
        error: BaseException | None = raised.value
        told = ""
        while error is not None:
            told += f"{error!r} {error}"
            error = error.__cause__
        assert held_in(told.encode(), canaries(stores)) == []
