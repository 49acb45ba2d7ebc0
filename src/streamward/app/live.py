"""Whether the brokers of a bundle refuse everybody but the gateway."""

from streamward.gateway.secret_stores import store_settings
from streamward.model.document import Bundle
from streamward.model.topology import Cluster
from streamward.posture import Checked, check_cluster, gateway_access, known_access
from streamward.secrets import Secret, SecretKeeper
from streamward.secrets.stores import open_store


def check_live(bundle: Bundle) -> tuple[Checked, ...]:
    """Connect to the brokers of every cluster, as the gateway and as everyone else.

    Raises MaterialMissing, MaterialRefused or SecretUnavailable for a secret that can't be had.
    """
    keeper = SecretKeeper(open_store)

    def answer(reference: str, private: bool) -> Secret:
        return keeper.resolve(reference, bundle.root, private=private)

    try:
        keeper.configure(store_settings(bundle, answer))
        return tuple(
            check_cluster(
                cluster.name,
                cluster.bootstrap,
                gateway_access(cluster, answer),
                known_access(cluster, answer),
            )
            for cluster in bundle.of(Cluster)
        )
    finally:
        keeper.close()
