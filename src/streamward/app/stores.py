"""Secrets of a bundle: from files, the environment, and the stores that it declares."""

from collections.abc import Callable

from streamward.gateway.secret_stores import store_settings
from streamward.gateway.supply import AccessLog
from streamward.identity.ports import ReadSecret
from streamward.model.document import Bundle
from streamward.secrets import Secret, SecretKeeper, resolve
from streamward.secrets.stores import open_store


def private_reader(bundle: Bundle) -> Callable[[str], bytes]:
    """Reads references to private files and variables, for commands beside a gateway."""
    return lambda reference: resolve(reference, bundle.root, private=True).value


def keeper_of(bundle: Bundle, accesses: AccessLog) -> SecretKeeper:
    """Knows the stores of secrets that the bundle declares."""
    keeper = SecretKeeper(open_store, accesses.add)

    def answer(reference: str, private: bool) -> Secret:
        return keeper.resolve(reference, bundle.root, private=private)

    keeper.configure(store_settings(bundle, answer))
    return keeper


def secrets_of(bundle: Bundle, keeper: SecretKeeper) -> ReadSecret:
    """Reads what the references of a bundle name; raises StreamwardError.

    That files are private was looked at, and their reading entered, with the bundle's materials.
    """
    return lambda reference: keeper.resolve(reference, bundle.root).value
