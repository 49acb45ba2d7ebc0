"""The providers of secrets, one file each."""

from collections.abc import Mapping
from typing import Final, Protocol

from streamward.secrets.ports import Store, StoreSettings
from streamward.secrets.stores.aws_secrets_manager import AwsSecretsManager
from streamward.secrets.stores.oauth import OAuthTokens
from streamward.secrets.stores.vault import Vault
from streamward.secrets.stores.workload_api import WorkloadApi


class _Provider(Protocol):
    def __call__(self, settings: StoreSettings) -> Store: ...


STORES: Final[Mapping[str, _Provider]] = {
    "vault": Vault,
    "aws-sm": AwsSecretsManager,
    "token": OAuthTokens,
    "spiffe": WorkloadApi,
}
"""By the scheme of their references."""


def open_store(settings: StoreSettings) -> Store:
    """The store of these settings; nothing is connected to yet."""
    return STORES[settings.scheme](settings)
