"""What has become of a cluster, seen by one who may see everything, straight from the broker."""

from typing import Any

from tests.equivalence.schema import Body
from tests.equivalence.side import Side

TOPIC_RESOURCE, GROUP_RESOURCE, BROKER_RESOURCE = 2, 32, 4
_DYNAMIC = {1, 2, 3, 7, 8}
_BATCH = 200


def state(side: Side) -> dict[str, Any]:
    """Topics with settings and offsets, groups with commits, transactions, quotas, credentials."""
    topics = side.direct("Metadata", 12, {"topics": None})["topics"]
    side.learn_ids(topics)
    kept = [each for each in topics if not each["isInternal"]]
    groups = side.direct("ListGroups", 5, {})["groups"]
    names = sorted(each["groupId"] for each in groups)
    return {
        "topics": {each["name"]: len(each["partitions"]) for each in kept},
        "settings": _settings(side, [each["name"] for each in kept]),
        "offsets": _offsets(side, kept),
        "groups": {each["groupId"]: _group(each) for each in groups},
        "commits": _commits(side, names),
        "transactions": _transactions(side),
        "quotas": side.direct("DescribeClientQuotas", 1, {"components": []})["entries"],
        "scram": _credentials(side),
        "features": side.direct("ApiVersions", 3, _CLIENT)["finalizedFeatures"],
    }


_CLIENT = {"clientSoftwareName": "equivalence", "clientSoftwareVersion": "1"}


def _group(listed: Body) -> str:
    # Not its state: that changes by itself, when members don't say any more that they are there.
    return f"{listed['groupType']} {listed['protocolType']}"


def _settings(side: Side, topics: list[str]) -> dict[str, dict]:
    """Settings that somebody made, of topics and of the broker."""
    wanted = [(TOPIC_RESOURCE, name) for name in topics] + [(BROKER_RESOURCE, "0")]
    found: dict[str, dict] = {}
    for first in range(0, len(wanted), _BATCH):
        resources = [
            {"resourceType": kind, "resourceName": name, "configurationKeys": None}
            for kind, name in wanted[first : first + _BATCH]
        ]
        for result in side.direct("DescribeConfigs", 4, {"resources": resources})["results"]:
            made = {
                each["name"]: each["value"]
                for each in result["configs"]
                if each["configSource"] in _DYNAMIC
            }
            if made:
                found[f"{result['resourceType']} {result['resourceName']}"] = made
    return found


def _offsets(side: Side, topics: list[Body]) -> dict[str, int]:
    """First and next offset of every partition."""
    found: dict[str, int] = {}
    for word, timestamp in (("first", -2), ("next", -1)):
        wanted = [
            {
                "name": each["name"],
                "partitions": [
                    {"partitionIndex": part["partitionIndex"], "timestamp": timestamp}
                    for part in each["partitions"]
                ],
            }
            for each in topics
        ]
        answer = side.direct("ListOffsets", 8, {"replicaId": -1, "topics": wanted})
        for topic in answer["topics"]:
            for part in topic["partitions"]:
                place = f"{word} of {topic['name']}-{part['partitionIndex']}"
                found[place] = part["offset"] if part["errorCode"] == 0 else -part["errorCode"]
    return {place: offset for place, offset in found.items() if offset != 0}


def _commits(side: Side, groups: list[str]) -> dict[str, int]:
    wanted = [{"groupId": name, "topics": None} for name in groups]
    answer = side.direct("OffsetFetch", 9, {"groups": wanted})
    return {
        f"{group['groupId']} {topic['name']}-{part['partitionIndex']}": part["committedOffset"]
        for group in answer["groups"]
        for topic in group["topics"]
        for part in topic["partitions"]
    }


def _transactions(side: Side) -> dict[str, str]:
    listed = side.direct("ListTransactions", 1, {"durationFilter": -1})["transactionStates"]
    return {each["transactionalId"]: each["transactionState"] for each in listed}


def _credentials(side: Side) -> list[str]:
    results = side.direct("DescribeUserScramCredentials", 0, {"users": None})["results"]
    return sorted(each["user"] for each in results)
