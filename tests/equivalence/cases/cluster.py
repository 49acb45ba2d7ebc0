"""The cluster as a whole: brokers, disks, quorum, features, versions, telemetry."""

from collections.abc import Iterator

from tests.equivalence.case import Context, Generator, Variant
from tests.equivalence.cases import mixes
from tests.equivalence.schema import ZERO_ID, binary

TIMEOUT_MS = 5000
NO_SUCH_NODE = 77


def api_versions(c: Context) -> Iterator[Variant]:
    """What is on offer, to clients that say who they are."""
    named = {"clientSoftwareName": "equivalence", "clientSoftwareVersion": "1.0"}
    if c.has("clientSoftwareName"):
        yield Variant("named", named)
        yield Variant("no-name", {})
        yield Variant("bad-name", named | {"clientSoftwareName": "a b\n"})
    else:
        yield Variant("plain", {})


def describe_cluster(c: Context) -> Iterator[Variant]:
    """Brokers, controllers, fenced brokers; with the bits of what is authorized."""
    more = {"endpointType": 1} if c.has("endpointType") else {}
    yield Variant("plain", more)
    yield Variant("operations", more | {"includeClusterAuthorizedOperations": True})
    if c.has("endpointType"):
        yield Variant("controllers", {"endpointType": 2})
        yield Variant("no-such-kind", {"endpointType": 9})
    if c.has("includeFencedBrokers"):
        yield Variant("fenced", more | {"includeFencedBrokers": True})


def describe_log_dirs(c: Context) -> Iterator[Variant]:
    """Of all topics, some, none."""
    yield Variant("all", {"topics": None})
    for label, names in mixes.topics():
        yield Variant(label, {"topics": [{"topic": name, "partitions": [0]} for name in names]})


def alter_replica_log_dirs(c: Context) -> Iterator[Variant]:
    """To a folder that isn't there."""
    for label, names in mixes.topics("allowed", "denied", "partly", "unknown", "empty"):
        topics = [{"name": name, "partitions": [0]} for name in names]
        yield Variant(label, {"dirs": [{"path": "/no/such/folder", "topics": topics}]})
    yield Variant("none", {"dirs": []})


def describe_quorum(c: Context) -> Iterator[Variant]:
    """Of the cluster's log, and of topics that have no quorum."""
    for label, name in (("metadata", "__cluster_metadata"), ("topic", "team.one")):
        topic = {"topicName": name, "partitions": [{"partitionIndex": 0}]}
        yield Variant(label, {"topics": [topic]})
    yield Variant("empty", {"topics": []})


def update_features(c: Context) -> Iterator[Variant]:
    """Only tried where the version can; else levels that can't be."""
    for label, feature, level in (
        ("unknown", "no.such.feature", 1),
        ("too-high", "group.version", 99),
        ("same", "group.version", 1),
    ):
        update = {"feature": feature, "maxVersionLevel": level}
        body = {"featureUpdates": [update], "timeoutMs": TIMEOUT_MS}
        yield Variant(label, body | ({"validateOnly": True} if c.has("validateOnly") else {}))
    yield Variant("empty", {"featureUpdates": [], "timeoutMs": TIMEOUT_MS})


def unregister_broker(c: Context) -> Iterator[Variant]:
    """One that isn't there."""
    yield Variant("no-such-broker", {"brokerId": NO_SUCH_NODE})


def add_raft_voter(c: Context) -> Iterator[Variant]:
    """One that isn't there."""
    voter = {"clusterId": None, "timeoutMs": 1000, "voterId": NO_SUCH_NODE}
    listener = {"name": "CONTROLLER", "host": "localhost", "port": 9}
    yield Variant("no-such-voter", voter | {"listeners": [listener]})
    yield Variant("other-cluster", voter | {"clusterId": "other", "listeners": [listener]})


def remove_raft_voter(c: Context) -> Iterator[Variant]:
    """One that isn't there."""
    voter = {"clusterId": None, "voterId": NO_SUCH_NODE, "voterDirectoryId": ZERO_ID}
    yield Variant("no-such-voter", voter)
    yield Variant("other-cluster", voter | {"clusterId": "other"})


def get_telemetry_subscriptions(c: Context) -> Iterator[Variant]:
    """Of a new client, and of one that has a number."""
    yield Variant("new", {"clientInstanceId": ZERO_ID})
    yield Variant("again", {"clientInstanceId": f"{c.principal:A<21}Q"})


def push_telemetry(c: Context) -> Iterator[Variant]:
    """Of a client without a subscription, and of no client."""
    metrics = {"subscriptionId": 5, "metrics": binary(b"metrics")}
    yield Variant("no-client", {"clientInstanceId": ZERO_ID} | metrics)
    pushing = {"clientInstanceId": f"{'push' + c.principal:A<21}Q"} | metrics
    yield Variant("no-subscription", pushing)
    yield Variant("terminating", pushing | {"terminating": True})
    yield Variant("no-such-compression", pushing | {"compressionType": 99})


CASES: dict[str, Generator] = {
    "ApiVersions": api_versions,
    "DescribeCluster": describe_cluster,
    "DescribeLogDirs": describe_log_dirs,
    "AlterReplicaLogDirs": alter_replica_log_dirs,
    "DescribeQuorum": describe_quorum,
    "UpdateFeatures": update_features,
    "UnregisterBroker": unregister_broker,
    "AddRaftVoter": add_raft_voter,
    "RemoveRaftVoter": remove_raft_voter,
    "GetTelemetrySubscriptions": get_telemetry_subscriptions,
    "PushTelemetry": push_telemetry,
}
