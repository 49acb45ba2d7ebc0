"""The lives of groups, of all four kinds."""

from typing import Any

from tests.equivalence.access import ADMIN, ALICE, BOB
from tests.equivalence.case import TopicId
from tests.equivalence.cases.streams import joining
from tests.equivalence.schema import Body, binary
from tests.equivalence.script import Answers, Script, Steps

MEMBER = "AAAAAAAAAAAAAAAAAAAAAg"
MAX_BYTES = 1_048_576
WHO = ((ADMIN, "team."), (ALICE, "team."), (ALICE, "open."), (BOB, "team."))
"""Who tries, in a group of which kind of name."""


def classic_group(s: Steps) -> None:
    """Join, sync, heartbeat, commit, describe, leave."""
    for join, sync, beat, leave, commit in ((9, 5, 4, 5, 9), (4, 2, 2, 2, 6), (0, 0, 0, 0, 2)):
        for who, prefix in WHO:
            s.part(prefix.rstrip("."), join)
            _classic(s, who, s.name(f"{prefix}{who}-"), (join, sync, beat, leave, commit))


def _classic(s: Steps, who: str, group: str, versions: tuple[int, ...]) -> None:
    join, sync, beat, leave, commit = versions
    protocol = {"name": "range", "metadata": binary(b"\0\0\0\0\0\0\0\0\0\0")}
    body: Body = {"groupId": group, "sessionTimeoutMs": 30_000, "protocolType": "consumer"}
    body["protocols"] = [protocol]
    if join:
        body["rebalanceTimeoutMs"] = 30_000
    s.step("first", who, "JoinGroup", join, body)

    def member(a: Answers) -> str:
        return a["join"]["memberId"] if a.get("join") else a["first"]["memberId"]

    def of_member(a: Answers, **more: Any) -> Body:
        return {"groupId": group, "memberId": member(a), "generationId": 1} | more

    if join >= 4:
        s.step("join", who, "JoinGroup", join, lambda a: body | {"memberId": member(a)})
    assigned = binary(b"assignment")
    kinds = {"protocolType": "consumer", "protocolName": "range"} if sync >= 5 else {}
    s.step(
        "sync",
        who,
        "SyncGroup",
        sync,
        lambda a: of_member(
            a, assignments=[{"memberId": member(a), "assignment": assigned}], **kinds
        ),
    )
    s.step("heartbeat", who, "Heartbeat", beat, of_member)
    s.step("stale", who, "Heartbeat", beat, lambda a: of_member(a, generationId=9))
    part = {"partitionIndex": 0, "committedOffset": 2, "committedMetadata": ""}
    topics = [{"name": name, "partitions": [part]} for name in ("team.one", "secret.plans")]
    s.step(
        "commit",
        who,
        "OffsetCommit",
        commit,
        lambda a: {
            "groupId": group,
            "memberId": member(a),
            "generationIdOrMemberEpoch": 1,
            "topics": topics,
        },
    )
    s.step("committed", who, "OffsetFetch", 8, {"groups": [{"groupId": group, "topics": None}]})
    s.step("describe", who, "DescribeGroups", 5, {"groups": [group]})
    if leave >= 3:
        s.step(
            "leave",
            who,
            "LeaveGroup",
            leave,
            lambda a: {"groupId": group, "members": [{"memberId": member(a)}]},
        )
    else:
        left = lambda a: {"groupId": group, "memberId": member(a)}  # noqa: E731
        s.step("leave", who, "LeaveGroup", leave, left)
    s.step("left", who, "DescribeGroups", 5, {"groups": [group]})
    s.step("delete", who, "DeleteGroups", 2, {"groupsNames": [group]})


def consumer_group(s: Steps) -> None:
    """KIP-848: join, heartbeat, commit, subscribe to what is denied, describe, leave."""
    for version in (0, 1):
        for who, prefix in WHO:
            s.part(prefix.rstrip("."), version)
            _consumer(s, who, s.name(f"{prefix}{who}-"), version)


def _consumer(s: Steps, who: str, group: str, version: int) -> None:
    names = ["team.one"]
    first = {
        "groupId": group,
        "memberId": MEMBER if version else "",
        "memberEpoch": 0,
        "rebalanceTimeoutMs": 30_000,
        "subscribedTopicNames": names,
        "topicPartitions": [],
    }
    s.step("join", who, "ConsumerGroupHeartbeat", version, first)

    def of_member(a: Answers, **more: Any) -> Body:
        joined = a["join"]
        known = {"memberId": joined["memberId"] or MEMBER, "memberEpoch": joined["memberEpoch"]}
        return {"groupId": group} | known | more

    mine = [{"topicId": TopicId("team.one"), "partitions": [0]}]
    s.step("heartbeat", who, "ConsumerGroupHeartbeat", version, of_member)
    s.step(
        "owning",
        who,
        "ConsumerGroupHeartbeat",
        version,
        lambda a: of_member(a, topicPartitions=mine),
    )
    part = {"partitionIndex": 0, "committedOffset": 2, "committedMetadata": ""}
    topics = [{"name": name, "partitions": [part]} for name in ("team.one", "secret.plans")]
    s.step(
        "commit",
        who,
        "OffsetCommit",
        9,
        lambda a: {
            "groupId": group,
            "memberId": of_member(a)["memberId"],
            "generationIdOrMemberEpoch": of_member(a)["memberEpoch"],
            "topics": topics,
        },
    )
    s.step("describe", who, "ConsumerGroupDescribe", version, {"groupIds": [group]})
    denied = ["team.one", "secret.plans"]
    s.step(
        "denied-topic",
        who,
        "ConsumerGroupHeartbeat",
        version,
        lambda a: of_member(a, subscribedTopicNames=denied),
    )
    s.step("described-again", who, "ConsumerGroupDescribe", version, {"groupIds": [group]})
    s.step(
        "leave",
        who,
        "ConsumerGroupHeartbeat",
        version,
        lambda a: of_member(a, memberEpoch=-1),
    )
    s.step("left", who, "ConsumerGroupDescribe", version, {"groupIds": [group]})


def share_group(s: Steps) -> None:
    """KIP-932: join, open a session, take records, acknowledge them, close, leave."""
    for version in (1, 2):
        for who, prefix in WHO:
            s.part(prefix.rstrip("."), version)
            _share(s, who, s.name(f"{prefix}{who}-"), version)


def _share(s: Steps, who: str, group: str, version: int) -> None:
    for side in s.pair.sides:
        setting = {"name": "share.auto.offset.reset", "value": "earliest", "configOperation": 0}
        of_group = {"resourceType": 32, "resourceName": group, "configs": [setting]}
        side.direct("IncrementalAlterConfigs", 1, {"resources": [of_group]})
    heartbeat = {"groupId": group, "memberId": MEMBER, "memberEpoch": 0}
    heartbeat["subscribedTopicNames"] = ["team.two"]
    s.step("join", who, "ShareGroupHeartbeat", 1, heartbeat)
    asked = {"groups": [{"groupId": group, "topics": None}]}
    if group.startswith("team."):
        # Its partitions are made ready in the background; nobody joins another group.
        s.settle(who, "DescribeShareGroupOffsets", 1, asked, _described)

    def fetch(epoch: int, *acknowledged: Body) -> Body:
        parts = [
            {"partitionIndex": index, "acknowledgementBatches": list(acknowledged)}
            for index in (0, 1)
        ]
        topics = [
            {"topicId": TopicId(n), "partitions": parts} for n in ("team.two", "secret.plans")
        ]
        # More than there is: an answer waits for all partitions, not just for the first.
        sizes = {"maxWaitMs": 500, "minBytes": MAX_BYTES, "maxBytes": MAX_BYTES, "maxRecords": 2}
        session = {"groupId": group, "memberId": MEMBER, "shareSessionEpoch": epoch}
        return session | sizes | {"batchSize": 2, "topics": topics if epoch >= 0 else []}

    s.step("open", who, "ShareFetch", version, fetch(0))
    for epoch in (1, 2, 3):
        s.step(f"fetch-{epoch}", who, "ShareFetch", version, fetch(epoch))
    accepted = {"firstOffset": 0, "lastOffset": 0, "acknowledgeTypes": [1]}
    parts = [{"partitionIndex": 0, "acknowledgementBatches": [accepted]}]
    topics = [{"topicId": TopicId(n), "partitions": parts} for n in ("team.two", "secret.plans")]
    session = {"groupId": group, "memberId": MEMBER, "shareSessionEpoch": 4}
    s.step("acknowledge", who, "ShareAcknowledge", version, session | {"topics": topics})
    s.step("wrong-epoch", who, "ShareFetch", version, fetch(9))
    s.step("describe", who, "ShareGroupDescribe", 1, {"groupIds": [group]})
    s.step("close", who, "ShareFetch", version, fetch(-1))
    s.step("leave", who, "ShareGroupHeartbeat", 1, heartbeat | {"memberEpoch": -1})
    # What was acknowledged is written down in the background too.
    s.settle(who, "DescribeShareGroupOffsets", 1, asked, _acknowledged)
    s.step("offsets", who, "DescribeShareGroupOffsets", 1, asked)
    changed = [{"partitionIndex": 0, "startOffset": 2}]
    named = [{"topicName": n, "partitions": changed} for n in ("team.two", "secret.plans")]
    s.step("alter", who, "AlterShareGroupOffsets", 0, {"groupId": group, "topics": named})
    gone = [{"topicName": name} for name in ("team.two", "secret.plans")]
    s.step("forget", who, "DeleteShareGroupOffsets", 0, {"groupId": group, "topics": gone})
    s.step("delete", who, "DeleteGroups", 2, {"groupsNames": [group]})


def _described(answer: Body) -> bool:
    """Are there partitions that can be fetched, or is none of it for the caller?"""
    described = answer["groups"][0]
    return bool(described["errorCode"] or described["topics"])


def _acknowledged(answer: Body) -> bool:
    """Has the first record left the group's share, or is none of it for the caller?"""
    described = answer["groups"][0]
    partitions = [p for topic in described["topics"] for p in topic["partitions"]]
    return not partitions or any(p["startOffset"] > 0 for p in partitions)


def streams_group(s: Steps) -> None:
    """KIP-1071: join, heartbeat, describe, leave; with and without a right to its topics."""
    for who, prefix in WHO:
        for source in ("team.one", "secret.plans"):
            s.part(prefix.rstrip("."), source)
            group = s.name(f"{prefix}{who}-")
            s.step("join", who, "StreamsGroupHeartbeat", 0, joining(group, [source]))
            beat = {"groupId": group, "memberId": "AAAAAAAAAAAAAAAAAAAAAQ"}
            s.step(
                "heartbeat",
                who,
                "StreamsGroupHeartbeat",
                0,
                lambda a, beat=beat: beat | {"memberEpoch": a["join"]["memberEpoch"]},
            )
            s.step("describe", who, "StreamsGroupDescribe", 0, {"groupIds": [group]})
            s.step("leave", who, "StreamsGroupHeartbeat", 0, beat | {"memberEpoch": -1})
            s.step("left", who, "StreamsGroupDescribe", 0, {"groupIds": [group]})


SCRIPTS: tuple[Script, ...] = (classic_group, consumer_group, share_group, streams_group)
