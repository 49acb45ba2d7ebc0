"""For programs that seal and open by themselves (`streamward.sdk`)."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from streamward.app.bundles import bundle_name, valid_bundle
from streamward.app.places import paths_of
from streamward.app.stores import secrets_of
from streamward.contracts.sealing import sealed_streams, tenant_of, text_of
from streamward.errors import InvalidArgument, NotFound
from streamward.forks import PerProcess
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
    keys = _OwnKeys(bundle, where.state)
    try:
        from streamward.sdk import Sealer

        sealer = Sealer(sdk_streams(bundle, name), keys)
        try:
            yield sealer
        finally:
            sealer.forget_keys()
    finally:
        keys.close()


class _Opened:
    """The key store, the providers and the secret stores of one process."""

    def __init__(self) -> None:
        self.lock: Final = threading.Lock()
        self.keeper: SecretKeeper | None = None
        self.holder: KeyHolder | None = None

    def rest(self) -> None:
        if self.holder is not None:
            self.holder.rest()


class _OwnKeys:
    """Keys straight from the providers of a bundle (a KeySource).

    SECURITY: a process that is forked opens all of it anew. It must not write into a database or a
    TLS connection of the other one's, nor give back the secrets that were lent to that.
    """

    def __init__(self, bundle: Bundle, state: Path) -> None:
        self._bundle = bundle
        self._state = state
        self._closed = False
        self._opened = PerProcess(_Opened, _Opened.rest)
        self._answers()

    def data_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        return self._answers().data_key(question)

    def deterministic_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        return self._answers().deterministic_key(question)

    def confirm_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        return self._answers().confirm_key(question)

    def open_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        return self._answers().open_key(question)

    def close(self) -> None:
        """Let go of what this process has opened, and open nothing any more."""
        self._closed = True
        opened = self._opened.value
        with opened.lock:
            if opened.holder is not None:
                opened.holder.close()
            if opened.keeper is not None:
                opened.keeper.close()
            opened.holder = opened.keeper = None

    def _answers(self) -> KeyAnswers:
        opened = self._opened.value
        with opened.lock:
            if self._closed:
                raise InvalidArgument("the sealer is closed: use it within its `with` block")
            if opened.holder is None:
                opened.keeper, opened.holder = self._open()
            return KeyAnswers(opened.holder)

    def _open(self) -> tuple[SecretKeeper, KeyHolder]:
        bundle = self._bundle
        # There is no log to enter reads of secrets in: a provider keeps its own.
        keeper = SecretKeeper(open_store, lambda _: None)
        keeper.configure(
            store_settings(
                bundle, lambda one, private: keeper.resolve(one, bundle.root, private=private)
            )
        )
        return keeper, KeyHolder(key_settings(bundle, self._state, secrets_of(bundle, keeper)))


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
