"""What the data plane is given of secrets that changed, and what not."""

from pathlib import Path
from typing import cast

from streamward.app import read_bundle
from streamward.gateway.supply import AccessLog, SecretSupply
from streamward.secrets import (
    MaterialMissing,
    Secret,
    SecretKeeper,
    SecretUnavailable,
)

BUNDLE = """\
kind: Bundle
name: b
environment: development
owner: me
---
kind: SecretStore
name: corporate
vault: {address: "https://vault.example.com", auth: {token: "env:TOKEN"}}
---
kind: Cluster
name: main
bootstrap: ["a:1"]
sasl:
  mechanism: PLAIN
  username_from: vault:corporate/secret/kafka#username
  password: vault:corporate/secret/kafka#password
tls: {ca: "vault:corporate/secret/ca#pem"}
"""
USERNAME, PASSWORD, CA = (
    "vault:corporate/secret/kafka#username",
    "vault:corporate/secret/kafka#password",
    "vault:corporate/secret/ca#pem",
)


class Keeper:
    """Has one secret; another's lease has ended, and a third was deleted."""

    def resolve(self, reference: str, *_: object, **__: object) -> Secret:
        if reference == PASSWORD:
            raise SecretUnavailable("the store doesn't answer")
        if reference == CA:
            raise MaterialMissing("is gone")
        return Secret(b"gateway")


class Log:
    def record(self, entry: bytes) -> int:
        raise AssertionError(entry)


def test_one_secret_that_is_wrong_keeps_no_other_from_being_replaced_or_withheld(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.yaml").write_text(BUNDLE)
    bundle = read_bundle(tmp_path, materials=False).bundle
    supply = SecretSupply(cast("SecretKeeper", Keeper()), AccessLog(Log()))

    fit, unfit = supply.read_anew(bundle, {USERNAME, PASSWORD, CA, "vault:corporate/other"})

    assert fit == {USERNAME: b"gateway", PASSWORD: b""}
    assert unfit == {CA: "is gone"}
    assert supply.read_anew(bundle, {USERNAME}) == ({USERNAME: b"gateway"}, {})
