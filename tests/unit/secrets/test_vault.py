"""The Vault provider against a stub that refuses what Vault refuses."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from streamward.secrets import (
    MaterialMissing,
    MaterialRefused,
    Secret,
    SecretUnavailable,
    StoreSettings,
)
from streamward.secrets.reference import Location
from streamward.secrets.stores import vault as module
from streamward.secrets.stores.vault import Engine, Vault, VaultLogin, VaultOptions
from tests.support.vault import JWT, ROLE_ID, SECRET_ID, VaultStub

ENGINES = (
    Engine("secret", "kv-v2"),
    Engine("kv", "kv-v1"),
    Engine("database", "dynamic"),
    Engine("pki", "dynamic", (("common_name", "gateway"),)),
)


@pytest.fixture
def stub() -> Iterator[VaultStub]:
    with VaultStub() as stub:
        stub.write("team/kafka", password="one")
        stub.write("team/kafka", password="two", other="x")
        stub.plain["team/kafka"] = {"password": "plain"}
        yield stub


def login(method: Any = "approle", secret: str = SECRET_ID, mount: str = "") -> VaultLogin:
    return VaultLogin(method, mount or method, ROLE_ID, lambda: Secret(f"{secret}\n".encode()))


def vault(stub: VaultStub, how: VaultLogin | None = None, **options: Any) -> Vault:
    defaults = {"address": stub.address, "engines": ENGINES, "timeout_seconds": 2.0}
    whole = VaultOptions(login=how or login(), **(defaults | options))
    return Vault(StoreSettings("vault", "corporate", 60.0, 600.0, whole))


def password(store: Vault, path: str, version: str | None = None) -> bytes:
    return store.read(Location(path, version)).values["password"].value


def test_versions_of_kv_2_and_the_one_of_kv_1(stub: VaultStub) -> None:
    store = vault(stub)
    assert password(store, "secret/team/kafka") == b"two"
    assert store.read(Location("secret/team/kafka")).version == "2"
    assert password(store, "secret/team/kafka", "1") == b"one"
    assert password(store, "kv/team/kafka") == b"plain"
    assert store.read(Location("kv/team/kafka")).lease is None


@pytest.mark.parametrize(
    ("method", "secret", "mount"),
    [("approle", SECRET_ID, "approle"), ("kubernetes", JWT, "k8s")],
)
def test_it_logs_in_once(stub: VaultStub, method: str, secret: str, mount: str) -> None:
    store = vault(stub, login(method, secret, mount))
    password(store, "secret/team/kafka")
    password(store, "kv/team/kafka")
    assert [call for call in stub.calls if "login" in call] == [f"POST /v1/auth/{mount}/login"]


def test_it_shows_a_token_and_nobody_elses(
    stub: VaultStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = stub.new_token()
    assert password(vault(stub, login("token", token)), "secret/team/kafka") == b"two"
    monkeypatch.setenv("VAULT_TOKEN", token)
    with pytest.raises(MaterialRefused, match="refuses a login"):
        password(vault(stub, login("token", "hvs.other")), "secret/team/kafka")


@pytest.mark.parametrize(
    ("path", "version", "error", "match"),
    [
        ("secret/nothing", None, MaterialMissing, "has nothing at"),
        ("secret/team/kafka", "9", MaterialMissing, "has nothing at"),
        ("kv/nothing", None, MaterialMissing, "has nothing at"),
        ("kv/team/kafka", "1", MaterialRefused, "has no versions"),
        ("database/creds/other", None, MaterialRefused, "as malformed"),
        ("elsewhere/team/kafka", None, MaterialRefused, "under no engine"),
    ],
)
def test_what_is_not_there_or_not_allowed(
    stub: VaultStub, path: str, version: str | None, error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        vault(stub).read(Location(path, version))


def test_a_deleted_version_is_not_there(stub: VaultStub) -> None:
    stub.versions["team/kafka"].append(None)
    with pytest.raises(MaterialMissing):
        password(vault(stub), "secret/team/kafka")
    assert password(vault(stub), "secret/team/kafka", "2") == b"two"


@pytest.mark.parametrize(
    "engine", [Engine("secret", "kv-v1"), Engine("kv", "kv-v2"), Engine("kv", "dynamic")]
)
def test_an_engine_of_another_type_than_declared_gives_nothing(
    stub: VaultStub, engine: Engine
) -> None:
    with pytest.raises((MaterialMissing, MaterialRefused)):
        vault(stub, engines=(engine,)).read(Location(f"{engine.mount}/team/kafka"))


def test_a_lease_is_renewed_and_given_back(stub: VaultStub) -> None:
    store = vault(stub)
    reading = store.read(Location("database/creds/gateway"))
    assert reading.values["username"].value == b"v-1"
    assert reading.lease is not None
    assert (reading.lease.seconds, reading.lease.renewable) == (600.0, True)
    assert store.renew(reading.lease).seconds == 600.0
    stub.lease_max_seconds = 30
    assert store.renew(reading.lease).seconds == 30.0
    store.revoke(reading.lease)
    assert not stub.leases
    with pytest.raises(MaterialRefused):
        store.renew(reading.lease)


def test_an_issued_certificate_ends_when_it_says(stub: VaultStub) -> None:
    reading = vault(stub).read(Location("pki/issue/gateway"))
    assert {*reading.values} == {"certificate", "private_key"}
    assert reading.lease is not None
    assert 890 < reading.lease.seconds <= 900
    assert not reading.lease.renewable


def test_the_token_is_renewed_and_where_that_fails_it_logs_in_anew(
    stub: VaultStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(module, "monotonic_seconds", lambda: now)
    store = vault(stub)
    store.read(Location("database/creds/gateway"))
    assert store.tend()
    assert "renew-self" not in stub.calls[-1]
    now = 2_500.0
    assert store.tend(), "the login is the same"
    assert "renew-self" in stub.calls[-1]
    stub.revoke_tokens()
    now = 5_000.0
    assert not store.tend(), "another login, and the leases of the old one are gone"
    assert password(store, "secret/team/kafka") == b"two"


def test_a_revoked_token_is_replaced_at_the_next_call(stub: VaultStub) -> None:
    store = vault(stub)
    password(store, "secret/team/kafka")
    stub.revoke_tokens()
    with pytest.raises(MaterialRefused):
        password(store, "secret/team/kafka")
    assert password(store, "secret/team/kafka") == b"two"


def test_trouble_that_passes_may_be_asked_again(stub: VaultStub) -> None:
    stub.sealed = True
    with pytest.raises(SecretUnavailable, match="VaultDown"):
        password(vault(stub), "secret/team/kafka")
    with VaultStub() as gone:
        store = vault(gone)
    with pytest.raises(SecretUnavailable, match="ConnectionError"):
        password(store, "secret/team/kafka")


def test_the_namespace_is_part_of_every_call(stub: VaultStub) -> None:
    stub.namespace = "payments"
    with pytest.raises(MaterialMissing):
        password(vault(stub), "secret/team/kafka")
    assert password(vault(stub, namespace="payments"), "secret/team/kafka") == b"two"


def test_what_a_refusal_repeats_is_not_told(stub: VaultStub) -> None:
    with pytest.raises(MaterialRefused) as raised:
        password(vault(stub, login(secret="canary")), "secret/team/kafka")
    told = f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__suppress_context__}"
    assert "canary" not in told
    assert "True" in told
    store = vault(stub)
    reading = store.read(Location("database/creds/gateway"))
    assert "canary" not in f"{reading!r} {store!r} {vars(store)!r}"
    assert "database/creds/gateway/" not in repr(reading), "a lease's id renews it"


def test_the_stub_is_strict(stub: VaultStub) -> None:
    token = stub.new_token()
    head = {"X-Vault-Token": token, "X-Vault-Request": "true"}
    assert httpx.get(f"{stub.address}/v1/secret/data/team/kafka", headers=head).is_success
    for method, path, headers, status in [
        ("GET", "secret/data/team/kafka", {"X-Vault-Token": token}, 400),
        ("GET", "secret/data/team/kafka", {"X-Vault-Request": "true"}, 403),
        ("GET", "secret/team/kafka", head, 404),
        ("POST", "secret/data/team/kafka", head, 405),
        ("GET", "auth/approle/login", head, 405),
        ("GET", "pki/issue/gateway", head, 405),
        ("GET", "sys/leases/renew", head, 405),
        ("PUT", "sys/leases/renew", head, 400),
        ("GET", "cubbyhole/x", head, 403),
    ]:
        answer = httpx.request(method, f"{stub.address}/v1/{path}", headers=headers)
        assert answer.status_code == status, (method, path)
