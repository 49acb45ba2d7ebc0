"""From declared stores of secrets to those that are asked, and what must hold of references."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from streamward.errors import StreamwardError
from streamward.gateway.materials import references
from streamward.model.document import Bundle, Mistake
from streamward.model.secret_store import AwsSecretsManagerStore, SecretStore, VaultStore
from streamward.model.topology import Cluster, OAuthClient
from streamward.secrets import TOKEN_SCHEME, Secret, StoreSettings, parse_reference, resolve
from streamward.secrets.local import located
from streamward.secrets.stores.aws_secrets_manager import AwsOptions
from streamward.secrets.stores.oauth import OAuthOptions
from streamward.secrets.stores.vault import Engine, VaultLogin, VaultOptions
from streamward.secrets.stores.workload_api import BUNDLE, SVID, WorkloadApiOptions

SERVICE_ACCOUNT_TOKEN: Final = "file:/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105
"""Where Kubernetes puts a pod's token, unless the pod says otherwise."""


Answer = Callable[[str, bool], Secret]
"""Answers a reference of any scheme; whether it is private."""


def store_settings(bundle: Bundle, answer: Answer) -> tuple[StoreSettings, ...]:
    """Every declared store, and the token endpoint of each cluster that has one.

    Raises MaterialRefused where a path leads out of the bundle.
    """
    stores = (_settings(store, bundle.root) for store in bundle.of(SecretStore))
    endpoints = (
        _endpoint(login, sasl.oauth, answer)
        for cluster in bundle.of(Cluster)
        for login, sasl in cluster.logins()
        if sasl.oauth is not None
    )
    return (*stores, *endpoints)


def _endpoint(login: str, oauth: OAuthClient, answer: Answer) -> StoreSettings:
    scope = {} if oauth.scope is None else {"scope": oauth.scope}
    options = OAuthOptions(
        oauth.token_endpoint,
        oauth.client_id,
        partial(answer, oauth.client_secret, True),
        oauth.client_secret,
        oauth.authentication,
        tuple(sorted((oauth.parameters | scope).items())),
        None if oauth.ca is None else partial(answer, oauth.ca, False),
    )
    # A token always has an end, so how often and how long without one has no meaning.
    return StoreSettings(TOKEN_SCHEME, login, 0.0, 0.0, options)


def _settings(store: SecretStore, root: Path) -> StoreSettings:
    seconds = store.timeout / 1000
    options: VaultOptions | AwsOptions | WorkloadApiOptions
    if store.vault is not None:
        options = _vault(store.vault, root, seconds)
    elif store.spiffe is not None:
        agent = store.spiffe
        options = WorkloadApiOptions(agent.trust_domain, agent.id, agent.socket, seconds)
    else:
        assert store.aws_secrets_manager is not None  # the model demands exactly one of them
        options = _aws(store.aws_secrets_manager, root, seconds)
    return StoreSettings(store.scheme, store.name, store.refresh / 1000, store.held / 1000, options)


def _vault(vault: VaultStore, root: Path, seconds: float) -> VaultOptions:
    auth = vault.auth
    reference = auth.secret or SERVICE_ACCOUNT_TOKEN
    # Kubernetes itself lets a pod's user read the token, and a group if it is told to.
    private = auth.secret is not None
    login = VaultLogin(
        auth.method,
        auth.mount or auth.method,
        auth.role or "",
        partial(resolve, reference, root, private=private),
        reference,
    )
    engines = tuple(
        Engine(each.mount, each.type, tuple(sorted(each.parameters.items())))
        for each in vault.engines
    )
    return VaultOptions(
        vault.address, login, engines, vault.namespace, _ca_file(vault.ca, root), seconds
    )


def _aws(aws: AwsSecretsManagerStore, root: Path, seconds: float) -> AwsOptions:
    key = aws.secret_access_key
    return AwsOptions(
        aws.region,
        aws.endpoint,
        aws.access_key_id,
        None if key is None else partial(resolve, key, root, private=True),
        key or "",
        _ca_file(aws.ca, root),
        seconds,
    )


def _ca_file(reference: str | None, root: Path) -> str | None:
    if reference is None:
        return None
    return str(located(reference.removeprefix("file:"), root))


def references_to_declared_stores(bundle: Bundle) -> Iterator[Mistake]:
    """A reference to a store has its form, and the store is declared with that scheme."""
    schemes = {store.name: store.scheme for store in bundle.of(SecretStore)}
    names = bundle.names("SecretStore")
    for document, path, _, reference in references(bundle):
        try:
            parsed = parse_reference(reference)
        except StreamwardError as error:
            hint = "write it as `vault:STORE/MOUNT/PATH#FIELD` or `aws-sm:STORE/ID#FIELD`"
            yield document.mistake(str(error), *path, suggestion=hint)
            continue
        if parsed is None:
            continue
        if parsed.store not in names:
            yield document.mistake(
                f"there is no SecretStore `{parsed.store}`",
                *path,
                suggestion="declare a document of kind SecretStore",
            )
        elif schemes.get(parsed.store, parsed.scheme) != parsed.scheme:
            scheme = schemes[parsed.store]
            yield document.mistake(
                f"the SecretStore `{parsed.store}` isn't one of `{parsed.scheme}:`",
                *path,
                suggestion=f"write `{scheme}:{parsed.store}/…`",
            )


def paths_under_declared_engines(bundle: Bundle) -> Iterator[Mistake]:
    """What is read from Vault lies under an engine that the store declares."""
    stores = {store.name: store.vault for store in bundle.of(SecretStore) if store.vault}
    for document, path, _, reference in references(bundle):
        try:
            parsed = parse_reference(reference)
        except StreamwardError:
            continue
        vault = stores.get(parsed.store) if parsed is not None else None
        if parsed is None or vault is None or parsed.scheme != "vault":
            continue
        mounts = [engine.mount for engine in vault.engines]
        if not any(parsed.location.path.startswith(f"{mount}/") for mount in mounts):
            listed = "`, `".join(mounts)
            yield document.mistake(
                f"`{parsed.location.path}` is under no engine of `{parsed.store}` (`{listed}`)",
                *path,
                suggestion="start the path with a mount, or declare the engine",
            )


_OF_THE_WORKLOAD_API: Final = {
    "certificate": (SVID, "certificate"),
    "key": (SVID, "key"),
    "ca": (BUNDLE, None),
}
"""What a reference to the Workload API names, by what it is for; None: a trust domain."""


def what_the_workload_api_has(bundle: Bundle) -> Iterator[Mistake]:
    """A certificate is read where certificates are, a key where keys are."""
    for document, path, material, reference in references(bundle):
        try:
            parsed = parse_reference(reference)
        except StreamwardError:
            continue
        if parsed is None or parsed.scheme != "spiffe":
            continue
        place, name = _OF_THE_WORKLOAD_API[material.purpose]
        if parsed.location.path != place or name not in (None, parsed.field):
            yield document.mistake(
                f"the Workload API gives no {material.purpose} at `{reference}`",
                *path,
                suggestion=f"write `spiffe:{parsed.store}/{place}#{name or 'TRUST_DOMAIN'}`",
            )


CHECKS = (
    references_to_declared_stores,
    paths_under_declared_engines,
    what_the_workload_api_has,
)
