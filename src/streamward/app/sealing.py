"""For programs that seal and open by themselves (`streamward.sdk`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from streamward.app.bundles import bundle_name, valid_bundle
from streamward.app.places import paths_of
from streamward.app.stores import secrets_of
from streamward.contracts.sealing import sealed_streams, tenant_of, text_of
from streamward.errors import InvalidArgument, NotFound
from streamward.gateway.key_rings import key_settings
from streamward.gateway.secret_stores import store_settings
from streamward.keys.answers import KeyAnswers
from streamward.keys.holder import KeyHolder
from streamward.model.document import Bundle
from streamward.model.keys import KeyRing
from streamward.model.topology import Cluster
from streamward.secrets import SecretKeeper
from streamward.secrets.stores import open_store

if TYPE_CHECKING:
    from streamward.sdk import SealedStreams, Sealer


@contextmanager
def open_sealer(
    directory: Path, cluster: str | None = None, state_dir: Path | None = None
) -> Iterator["Sealer"]:
    """Seals and opens what a bundle declares, in this process, with keys straight from providers.

    `cluster` says through which of the bundle's clusters records go; it may be left out where there
    is one. Without a `KeyStore` that has a URL, wrapped keys lie in `state_dir` (by default where a
    gateway of this bundle, run by the same user, keeps its own). Raises StreamwardError.
    """
    bundle = valid_bundle(directory)
    name = _only_cluster(bundle) if cluster is None else cluster
    where = paths_of(bundle_name(bundle), state_dir)
    where.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    # There is no log to enter reads of secrets in: a provider keeps its own.
    keeper = SecretKeeper(open_store, lambda _: None)
    keeper.configure(
        store_settings(
            bundle, lambda one, private: keeper.resolve(one, bundle.root, private=private)
        )
    )
    keys = KeyHolder(key_settings(bundle, where.state, secrets_of(bundle, keeper)))
    try:
        from streamward.sdk import Sealer

        yield Sealer(sdk_streams(bundle, name), KeyAnswers(keys))
    finally:
        keys.close()
        keeper.close()


def sdk_streams(bundle: Bundle, cluster: str) -> "SealedStreams":
    """The sealed streams of a bundle. Raises NotFound for a cluster that it does not declare."""
    if bundle.find(Cluster, cluster) is None:
        raise NotFound(f"the bundle declares no Cluster `{cluster}`")
    from streamward.sdk import SealedStream, SealedStreams

    rings = {ring.name: ring for ring in bundle.of(KeyRing)}
    return SealedStreams(
        SealedStream(
            name=text_of(declared),
            is_prefix=declared.name is None,
            tenant=tenant_of(bundle, text_of(declared)),
            cluster=seal.home or cluster,
            data_class=rings[seal.ring].data_class,
            seal=seal,
        )
        for declared, seal in sealed_streams(bundle)
    )


def _only_cluster(bundle: Bundle) -> str:
    declared = [each.name for each in bundle.of(Cluster)]
    if len(declared) != 1:
        raise InvalidArgument(f"name one of the clusters: {', '.join(declared) or 'there is none'}")
    return declared[0]
