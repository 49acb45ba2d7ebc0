"""One suite for every provider of keys: a file, Vault's Transit, AWS KMS and an HSM.

moto lets disabled keys of KMS decrypt, and never deletes one: what that proves of KMS is left out
here, and proved on the others.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streamward.errors import StreamwardError
from streamward.keys.patient import PatientProvider
from streamward.keys.ports import KeyMissing, KeyRefused, KeyUnavailable, Provider, Wrapped
from streamward.keys.providers.aws_kms import AwsKms, KmsOptions
from streamward.keys.providers.hsm import Hsm, HsmOptions, _loaded_by
from streamward.keys.providers.local_file import LocalFile
from streamward.keys.providers.vault_transit import TransitOptions, VaultTransit
from streamward.secrets import Secret
from streamward.secrets.patience import Patience
from streamward.secrets.stores.vault import VaultLogin
from tests.support.forked import in_fork
from tests.support.vault import VaultStub

CONTEXT = {"kid": "00", "ring": "clinical"}
PLAIN = Secret(bytes(range(32)))
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = Secret(b"98765432")


@dataclass
class Place:
    provider: Provider
    key: str
    real: bool = True
    """Whether what is disabled or destroyed really does nothing any more."""
    disables: bool = True


def _local(folder: Path) -> Iterator[Place]:
    yield Place(LocalFile(folder / "keys.json"), "clinical")


def _vault(folder: Path) -> Iterator[Place]:
    with VaultStub() as vault:
        token = Secret(vault.new_token().encode())
        login = VaultLogin("token", "token", "", lambda: token)
        options = TransitOptions(vault.address, login, "transit")
        yield Place(VaultTransit("vault", options), "clinical", disables=False)


def _kms(folder: Path) -> Iterator[Place]:
    moto = pytest.importorskip("moto")
    with moto.mock_aws():
        import boto3

        client: Any = boto3.client("kms", "eu-central-1", **_CREDENTIALS)
        key = client.create_key()["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName="alias/clinical", TargetKeyId=key)
        options = KmsOptions(
            "eu-central-1", access_key_id="canary", secret=lambda: Secret(b"canary-secret")
        )
        yield Place(AwsKms("aws", options), "alias/clinical", real=False)


_CREDENTIALS = {"aws_access_key_id": "canary", "aws_secret_access_key": "canary"}


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not SOFTHSM.exists() or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed (Debian: softhsm2)")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    # The library reads it once in a process, when it is loaded.
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    command = ["softhsm2-util", "--init-token", "--free", "--label", "streamward"]
    command += ["--pin", PIN.value.decode(), "--so-pin", "12345678"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    yield "streamward"
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


def hsm(token: str, pin: Secret = PIN) -> Hsm:
    return Hsm("hsm", HsmOptions(str(SOFTHSM), token, lambda: pin, timeout_seconds=30.0))


_OPENERS = {"local-file": _local, "vault-transit": _vault, "aws-kms": _kms}


@pytest.fixture(params=["local-file", "vault-transit", "aws-kms", "pkcs11"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "pkcs11":
        provider = hsm(request.getfixturevalue("token"))
        yield Place(provider, f"clinical-{secrets.token_hex(4)}")
        provider.close()
        return
    yield from _OPENERS[request.param](tmp_path)


def test_what_is_wrapped_opens_in_its_context_only(place: Place) -> None:
    place.provider.create(place.key)
    place.provider.create(place.key)
    wrapped = place.provider.wrap(place.key, PLAIN, CONTEXT)

    assert place.provider.unwrap(place.key, wrapped, CONTEXT) == PLAIN
    assert PLAIN.value not in wrapped.ciphertext
    assert place.provider.wrap(place.key, PLAIN, CONTEXT).ciphertext != wrapped.ciphertext
    for other in ({"kid": "01", "ring": "clinical"}, {}, CONTEXT | {"more": "1"}):
        with pytest.raises(KeyRefused):
            place.provider.unwrap(place.key, wrapped, other)


def test_what_was_changed_does_not_open(place: Place) -> None:
    place.provider.create(place.key)
    wrapped = place.provider.wrap(place.key, PLAIN, CONTEXT)
    whole = wrapped.ciphertext

    for bad in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:20], b"", b"\xff" * 60, whole + b"x"):
        with pytest.raises(KeyRefused):
            place.provider.unwrap(place.key, Wrapped(bad, wrapped.version), CONTEXT)


def test_a_key_of_nobody_is_missing(place: Place) -> None:
    place.provider.create(place.key)
    wrapped = place.provider.wrap(place.key, PLAIN, CONTEXT)

    with pytest.raises(KeyRefused):
        place.provider.wrap("alias/nobody" if not place.real else "nobody", PLAIN, CONTEXT)
    with pytest.raises(KeyRefused):
        place.provider.unwrap("alias/nobody" if not place.real else "nobody", wrapped, CONTEXT)
    with pytest.raises(KeyMissing):
        place.provider.health("alias/nobody" if not place.real else "nobody")


def test_rotation_keeps_what_is_wrapped(place: Place) -> None:
    place.provider.create(place.key)
    old = place.provider.wrap(place.key, PLAIN, CONTEXT)

    version = place.provider.rotate(place.key)
    new = place.provider.wrap(place.key, PLAIN, CONTEXT)

    assert place.provider.unwrap(place.key, old, CONTEXT) == PLAIN
    assert place.provider.unwrap(place.key, new, CONTEXT) == PLAIN
    if place.real:
        assert (new.version, version) == (version, "2")
        assert old.version == "1"


def test_a_disabled_key_does_nothing_until_it_is_enabled(place: Place) -> None:
    place.provider.create(place.key)
    wrapped = place.provider.wrap(place.key, PLAIN, CONTEXT)

    assert place.provider.disable(place.key) is place.disables
    if place.disables and place.real:
        with pytest.raises(KeyRefused):
            place.provider.unwrap(place.key, wrapped, CONTEXT)
        with pytest.raises(KeyRefused):
            place.provider.wrap(place.key, PLAIN, CONTEXT)
    place.provider.enable(place.key)
    assert place.provider.unwrap(place.key, wrapped, CONTEXT) == PLAIN


def test_a_destroyed_key_is_gone_with_all_its_versions(place: Place) -> None:
    place.provider.create(place.key)
    wrapped = [place.provider.wrap(place.key, PLAIN, CONTEXT)]
    place.provider.rotate(place.key)
    wrapped.append(place.provider.wrap(place.key, PLAIN, CONTEXT))

    gone = place.provider.destroy(place.key)
    again = place.provider.destroy(place.key)

    if place.real:
        assert gone.gone_from is None
        for one in wrapped:
            with pytest.raises(KeyRefused):
                place.provider.unwrap(place.key, one, CONTEXT)
    else:
        # KMS deletes after a week at the earliest; asked twice it is the same day.
        assert gone.gone_from is not None
        assert gone.gone_from == again.gone_from
        with pytest.raises(KeyRefused, match="PendingDeletion"):
            place.provider.health(place.key)


def test_a_key_of_a_token_cannot_be_taken_out(token: str) -> None:
    import pkcs11
    from pkcs11 import Attribute

    provider = hsm(token)
    provider.create("locked")
    provider.close()
    session = (
        pkcs11.lib(str(SOFTHSM)).get_token(token_label=token).open(user_pin=PIN.value.decode())
    )
    try:
        found = list(session.get_objects({Attribute.LABEL: "locked"}))
        assert [(each[Attribute.EXTRACTABLE], each[Attribute.SENSITIVE]) for each in found] == [
            (False, True)
        ]
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            _ = found[0][Attribute.VALUE]
    finally:
        session.close()


def test_a_wrong_pin_is_refused_and_not_told(token: str) -> None:
    provider = hsm(token, Secret(b"00000000"))

    with pytest.raises(KeyRefused, match="refuses the PIN") as told:
        provider.create("any")

    assert "0000" not in str(told.value)
    provider.close()


def test_a_token_that_is_not_there_may_come_back(token: str) -> None:
    provider = hsm("nobody's")

    with pytest.raises(KeyUnavailable, match="0 tokens"):
        provider.health("any")
    provider.close()


def test_vault_sealed_is_trouble_and_a_token_that_ended_is_a_refusal() -> None:
    with VaultStub() as vault:
        token = Secret(vault.new_token().encode())
        login = VaultLogin("token", "token", "", lambda: token)
        provider = VaultTransit("vault", TransitOptions(vault.address, login, "transit"))
        provider.create("a")
        vault.sealed = True
        with pytest.raises(KeyUnavailable, match="key provider `vault`"):
            provider.wrap("a", PLAIN, CONTEXT)
        vault.sealed = False
        vault.revoke_tokens()
        with pytest.raises(KeyRefused) as told:
            provider.wrap("a", PLAIN, CONTEXT)
        assert token.value.decode() not in str(told.value)


def test_a_vault_key_of_another_type_is_refused() -> None:
    with VaultStub() as vault:
        token = Secret(vault.new_token().encode())
        login = VaultLogin("token", "token", "", lambda: token)
        provider = VaultTransit("vault", TransitOptions(vault.address, login, "transit"))
        vault.transit.answer("POST", "keys/a", {"type": "ed25519"})

        with pytest.raises(KeyRefused, match="is of type `ed25519`"):
            provider.create("a")


class Failing:
    """A provider that fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    def unwrap(self, *_: object) -> Secret:
        self.calls += 1
        if self.calls <= self.failures:
            raise KeyUnavailable("down")
        return PLAIN


def patient(failing: Any, clock: list[float]) -> PatientProvider:
    patience = Patience(
        "p", lambda: clock[0], lambda _: None, what="key provider", failure=KeyUnavailable
    )
    return PatientProvider("p", failing, patience)


def test_a_provider_that_stumbles_is_asked_again() -> None:
    failing = Failing(2)

    assert patient(failing, [0.0]).unwrap("k", Wrapped(b"", "1"), {}) == PLAIN
    assert failing.calls == 3


def test_a_provider_that_goes_on_failing_is_left_alone_for_a_while() -> None:
    failing, clock = Failing(12), [0.0]
    provider = patient(failing, clock)
    for _ in range(4):
        with pytest.raises(KeyUnavailable):
            provider.unwrap("k", Wrapped(b"", "1"), {})
    assert failing.calls == 12

    with pytest.raises(KeyUnavailable, match="the key provider `p` failed 4 times in a row"):
        provider.unwrap("k", Wrapped(b"", "1"), {})
    assert failing.calls == 12
    clock[0] += 11
    assert provider.unwrap("k", Wrapped(b"", "1"), {}) == PLAIN


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    provider = LocalFile(tmp_path / "keys.json")
    provider.create("a")
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    (tmp_path / "keys.json").chmod(mode)

    with pytest.raises(KeyRefused, match="may be read by others"):
        provider.wrap("a", PLAIN, CONTEXT)


def test_a_damaged_key_file_is_refused_without_its_text(tmp_path: Path) -> None:
    provider = LocalFile(tmp_path / "keys.json")
    provider.create("a")
    (tmp_path / "keys.json").write_bytes(b'{"format":1,"keys":{"a":{"versions":"canary"}}}')

    with pytest.raises(StreamwardError, match="is damaged") as told:
        provider.wrap("a", PLAIN, CONTEXT)

    assert "canary" not in str(told.value)


def test_a_forked_process_opens_the_token_for_itself(token: str) -> None:
    """With what it has inherited it would wait for a thread that it does not have."""
    here, key = hsm(token), f"clinical-{secrets.token_hex(4)}"
    here.create(key)
    wrapped = here.wrap(key, PLAIN, CONTEXT)

    def unwraps() -> tuple[Secret, bool]:
        found = hsm(token).unwrap(key, wrapped, CONTEXT)
        return found, _loaded_by[str(SOFTHSM)] == os.getpid()

    assert in_fork(unwraps) == (PLAIN, True)
    assert here.unwrap(key, wrapped, CONTEXT) == PLAIN
    here.close()
