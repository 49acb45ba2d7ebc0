"""Bring both clusters to the same start: ACLs on the one, topics, records and groups on both."""

import time

from tests.equivalence.access import Acl
from tests.equivalence.fixture import GROUPS, RECORDS, TOPICS, Fresh, marker
from tests.equivalence.schema import Body, binary
from tests.equivalence.side import Side
from tests.support.batches import record_batch

READY_SECONDS_MAX = 30.0
NO_SUCH_TOPIC, NO_LEADER, LOADING, NO_COORDINATOR, NOT_COORDINATOR = 3, 5, 14, 15, 16
NOT_YET = {NO_SUCH_TOPIC, NO_LEADER, LOADING, NO_COORDINATOR, NOT_COORDINATOR, 6}
SHARE_GROUP, STREAMS_GROUP, CONSUMER_GROUP = "team.share", "team.streams", "team.consumer"


def prepare(side: Side) -> None:
    """Make everything that cases take for granted, but the ACLs."""
    create_topics(side, [Fresh(name, count) for name, count in TOPICS.items()])
    for topic, count in TOPICS.items():
        for partition in range(count):
            for _ in range(RECORDS):
                produce(side, topic, partition)
    find_coordinators(side)
    for group in GROUPS:
        commit(side, group)


def create_acls(side: Side, acls: tuple[Acl, ...]) -> None:
    """Put these ACLs into force beside those that are."""
    creations = [creation for acl in acls for creation in acl.creations()]
    answer = side.direct("CreateAcls", 3, {"creations": creations})
    assert all(each["errorCode"] == 0 for each in answer["results"]), answer


def replace_acls(side: Side, acls: tuple[Acl, ...]) -> None:
    """Put these ACLs into force instead of those that are; in force when it returns."""
    kept = {_key(creation) for acl in acls for creation in acl.creations()}
    present = side.direct("DescribeAcls", 3, _ANY_ACL)["resources"]
    gone = [
        _filter(resource, acl)
        for resource in present
        for acl in resource["acls"]
        if _key_of(resource, acl) not in kept
    ]
    create_acls(side, acls)
    side.direct("DeleteAcls", 3, {"filters": gone})
    until(side, "DescribeAcls", 3, _ANY_ACL, lambda answer: [0 if _keys(answer) == kept else 3])


_ANY_ACL = {
    "resourceTypeFilter": 1,
    "resourceNameFilter": None,
    "patternTypeFilter": 1,
    "principalFilter": None,
    "hostFilter": None,
    "operation": 1,
    "permissionType": 1,
}
_OF_RESOURCE = ("resourceType", "resourceName", "resourcePatternType")
_OF_ACL = ("principal", "operation", "permissionType")


def _key(creation: Body) -> tuple:
    return tuple(creation[name] for name in (*_OF_RESOURCE, *_OF_ACL))


def _key_of(resource: Body, acl: Body) -> tuple:
    pattern = (resource["resourceType"], resource["resourceName"], resource["patternType"])
    return (*pattern, *(acl[name] for name in _OF_ACL))


def _keys(answer: Body) -> set[tuple]:
    return {_key_of(resource, acl) for resource in answer["resources"] for acl in resource["acls"]}


def _filter(resource: Body, acl: Body) -> Body:
    return {
        "resourceTypeFilter": resource["resourceType"],
        "resourceNameFilter": resource["resourceName"],
        "patternTypeFilter": resource["patternType"],
        "principalFilter": acl["principal"],
        "hostFilter": acl["host"],
        "operation": acl["operation"],
        "permissionType": acl["permissionType"],
    }


def create_topics(side: Side, topics: list[Fresh] | tuple[Fresh, ...]) -> None:
    """Create topics, wait until the broker leads them, and remember their ids."""
    if not topics:
        return
    wanted = [
        {"name": each.name, "numPartitions": each.partitions, "replicationFactor": 1}
        for each in topics
    ]
    answer = side.direct("CreateTopics", 7, {"topics": wanted, "timeoutMs": 20_000})
    assert all(each["errorCode"] == 0 for each in answer["topics"]), answer
    side.learn_ids(answer["topics"])
    names = {"topics": [{"name": each.name} for each in topics]}
    until(side, "Metadata", 12, names, lambda answer: _codes(answer["topics"], "partitions"))
    ends = [
        {
            "name": each.name,
            "partitions": [
                {"partitionIndex": index, "timestamp": -1} for index in range(each.partitions)
            ],
        }
        for each in topics
    ]
    body = {"replicaId": -1, "topics": ends}
    until(side, "ListOffsets", 8, body, lambda answer: _codes(answer["topics"], "partitions"))


def produce(side: Side, topic: str, partition: int) -> None:
    """Append a record with the topic's marker."""
    data = {"index": partition, "records": binary(record_batch(marker(topic)))}
    body = {
        "acks": -1,
        "timeoutMs": 10_000,
        "topicData": [{"name": topic, "partitionData": [data]}],
    }
    until(
        side,
        "Produce",
        9,
        body,
        lambda answer: [answer["responses"][0]["partitionResponses"][0]["errorCode"]],
    )


def commit(side: Side, group: str) -> None:
    """Commit offset 1 of partition 0 of every topic."""
    partition = {"partitionIndex": 0, "committedOffset": 1, "committedMetadata": ""}
    topics = [{"name": topic, "partitions": [partition]} for topic in TOPICS]
    body = {"groupId": group, "topics": topics}
    until(side, "OffsetCommit", 8, body, lambda answer: _codes(answer["topics"], "partitions"))


def find_coordinators(side: Side) -> None:
    """Have Kafka make the topics behind transactions and share groups, and wait for them."""
    share = f"team.share:{side.topic_id('team.one')}:0"
    for kind, key in enumerate((GROUPS[0], "secret.transaction", share)):
        body = {"keyType": kind, "coordinatorKeys": [key]}
        until(side, "FindCoordinator", 6, body, lambda a: [a["coordinators"][0]["errorCode"]])
    transaction = {"transactionalId": "secret.transaction", "transactionTimeoutMs": 60_000}
    until(side, "InitProducerId", 4, transaction, lambda answer: [answer["errorCode"]])


def until(side: Side, api: str, version: int, body: Body, codes) -> Body:
    """Ask the broker until no error code says that it isn't ready."""
    deadline = time.monotonic() + READY_SECONDS_MAX
    while True:
        answer = side.direct(api, version, body)
        found = set(codes(answer))
        if not found & NOT_YET:
            assert found <= {0}, f"{side.name}: {api} {version} fails with {found}"
            return answer
        assert time.monotonic() < deadline, f"{side.name} doesn't get ready: {answer}"
        time.sleep(0.05)


def _codes(topics: list[Body], below: str) -> list[int]:
    own = [each["errorCode"] for each in topics if "errorCode" in each]
    return own + [part["errorCode"] for each in topics for part in each[below]]
