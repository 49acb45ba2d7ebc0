"""Providers of keys, one a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streamward.keys.patient import PatientProvider
from streamward.keys.ports import Provider, ReadSecret
from streamward.model.keys import KeyProvider
from streamward.secrets import Secret

SERVICE_ACCOUNT_TOKEN: Final = "file:/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105
"""Where Kubernetes puts a pod's token, unless the pod says otherwise."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a provider needs beside its settings."""

    read: ReadSecret
    """The bytes of a reference."""
    located: Callable[[str], Path]
    """The path of a `file:` reference's name."""
    folder: Path
    """Where keys of this machine lie unless a path says otherwise."""

    def secret(self, reference: str) -> Callable[[], Secret]:
        """What a reference names, when it is asked for."""
        return lambda: Secret(self.read(reference))

    def file(self, reference: str | None) -> str | None:
        """The path that a `file:` reference names."""
        return None if reference is None else str(self.located(reference.removeprefix("file:")))


def _local_file(declared: KeyProvider, around: Surroundings) -> Provider:
    from streamward.keys.providers.local_file import LocalFile

    given = None if declared.local_file is None else declared.local_file.path
    return LocalFile(Path(given) if given else around.folder / f"{declared.name}.json")


def _vault_transit(declared: KeyProvider, around: Surroundings) -> Provider:
    from streamward.keys.providers.vault_transit import TransitOptions, VaultTransit
    from streamward.secrets.stores.vault import VaultLogin

    vault = declared.vault_transit
    assert vault is not None  # the model demands the settings of its type
    auth = vault.auth
    reference = auth.secret or SERVICE_ACCOUNT_TOKEN
    login = VaultLogin(
        auth.method, auth.mount or auth.method, auth.role or "", around.secret(reference), reference
    )
    ca = around.file(vault.ca)
    seconds = declared.timeout / 1000
    options = TransitOptions(vault.address, login, vault.mount, vault.namespace, ca, seconds)
    return VaultTransit(declared.name, options)


def _aws_kms(declared: KeyProvider, around: Surroundings) -> Provider:
    from streamward.keys.providers.aws_kms import AwsKms, KmsOptions

    kms = declared.aws_kms
    assert kms is not None  # the model demands the settings of its type
    secret = kms.secret_access_key
    options = KmsOptions(
        kms.region,
        kms.endpoint,
        around.file(kms.ca),
        kms.access_key_id,
        None if secret is None else around.secret(secret),
        declared.timeout / 1000,
    )
    return AwsKms(declared.name, options)


def _pkcs11(declared: KeyProvider, around: Surroundings) -> Provider:
    from streamward.keys.providers.hsm import Hsm, HsmOptions

    token = declared.pkcs11
    assert token is not None  # the model demands the settings of its type
    pin = around.secret(token.pin)
    options = HsmOptions(token.module, token.token, pin, declared.timeout / 1000)
    return Hsm(declared.name, options)


PROVIDERS: Final[dict[str, Callable[[KeyProvider, Surroundings], Provider]]] = {
    "local-file": _local_file,
    "vault-transit": _vault_transit,
    "aws-kms": _aws_kms,
    "pkcs11": _pkcs11,
}
"""By type. Their libraries are loaded when a bundle first uses them."""


def open_provider(declared: KeyProvider, around: Surroundings) -> Provider:
    """The provider of a document, asked with patience."""
    return PatientProvider(declared.name, PROVIDERS[declared.type](declared, around))
