"""Groups of consumers, of the classic protocol and of KIP-848."""

from collections.abc import Iterator
from typing import Any

from tests.equivalence.case import UNKNOWN_ID, Context, Generator, TopicId, Variant
from tests.equivalence.cases import mixes
from tests.equivalence.schema import binary

NAMES = {
    "allowed": "team.group",
    "described-only": "open.group",
    "locked": "team.locked-group",
    "denied": "secret.group",
    "unknown": "team.absent-group",
    "unknown-denied": "absent-group",
    "no-name": "",
}
PREFIXES = {
    "allowed": "team.",
    "described-only": "open.",
    "locked": "team.locked-",
    "denied": "secret.",
    "unknown-denied": "absent-",
}
"""Of names for groups that a case makes: as the groups above may be used, so may these."""

TOPICS_PARTLY = ["team.one", "secret.plans", "open.read", "open.write", "open.seen"]


def find_coordinator(c: Context) -> Iterator[Variant]:
    """Of groups, transactions and share groups; one or several."""
    keys = ["team.group", "open.group", "secret.group", "team.absent", "absent", ""]
    kinds = {"group": 0} | ({"transaction": 1} if c.has("keyType") else {})
    if c.version >= 6:
        kinds["share"] = 2
    for word, kind in kinds.items():
        chosen = [f"team.share:{UNKNOWN_ID}:0", "secret.share"] if kind == 2 else keys
        if not c.has("coordinatorKeys"):
            for key in chosen:
                named = {"key": key} | ({"keyType": kind} if c.has("keyType") else {})
                yield Variant(f"{word}-{key}", named)
            continue
        yield Variant(f"{word}-all", {"keyType": kind, "coordinatorKeys": chosen})
        for key in chosen:
            label = f"{word}-{key.partition(':')[0]}"
            yield Variant(label, {"keyType": kind, "coordinatorKeys": [key]})
        yield Variant(f"{word}-empty", {"keyType": kind, "coordinatorKeys": []})
        twice = [keys[0], keys[0], keys[2], keys[2]]
        yield Variant(f"{word}-twice", {"keyType": kind, "coordinatorKeys": twice})
    if c.has("keyType"):
        key = {"coordinatorKeys": ["team.group"]} if c.version >= 4 else {"key": "team.group"}
        yield Variant("no-such-kind", key | {"keyType": 9})


def offset_commit(c: Context) -> Iterator[Variant]:
    """By nobody's member, in all kinds of groups and topics."""
    by_id = c.has("topics.topicId")

    def body(group: str, topics: list[Any], *indexes: int, **more: Any) -> dict:
        key = "topicId" if by_id else "name"
        part = [
            {"partitionIndex": index, "committedOffset": 1, "committedMetadata": "m"}
            for index in indexes or (0,)
        ]
        listed = [{key: each, "partitions": part} for each in topics]
        return {"groupId": group, "topics": listed} | more

    def at(names: list[str]) -> list[Any]:
        return [TopicId(name) for name in names] if by_id else names

    mine = c.name("team.")
    for label, topics in mixes.ids() if by_id else mixes.topics():
        yield Variant(label, body(mine, topics))
    for label, group in NAMES.items():
        yield Variant(f"group-{label}", body(group, at(TOPICS_PARTLY)))
        yield Variant(f"group-{label}-no-topics", body(group, []))
    yield Variant("no-such-partition", body(mine, at(["team.one", "secret.plans"]), 0, 9))
    stranger = {"memberId": "stranger", "generationIdOrMemberEpoch": 3}
    yield Variant("stranger", body(mine, at(TOPICS_PARTLY), **stranger))


def offset_fetch(c: Context) -> Iterator[Variant]:
    """All kinds of groups and topics; all topics; several groups at once."""
    by_id = c.version >= 10

    def of(topics: list[Any] | None) -> list[dict] | None:
        key = "topicId" if by_id else "name"
        if topics is None:
            return None
        return [{key: each, "partitionIndexes": [0]} for each in topics]

    def body(group: str, topics: list[Any] | None) -> dict:
        if c.has("groups"):
            return {"groups": [{"groupId": group, "topics": of(topics)}]}
        return {"groupId": group, "topics": of(topics)}

    def at(names: list[str]) -> list[Any]:
        return [TopicId(name) for name in names] if by_id else names

    for label, topics in mixes.ids() if by_id else mixes.topics():
        yield Variant(label, body("team.group", topics))
    for label, group in NAMES.items():
        yield Variant(f"group-{label}", body(group, at(TOPICS_PARTLY)))
        yield Variant(f"group-{label}-no-topics", body(group, []))
        if c.version >= 2:
            yield Variant(f"group-{label}-all-topics", body(group, None))
    if c.has("groups"):
        several = [{"groupId": group, "topics": None} for group in NAMES.values()]
        yield Variant("several", {"groups": several})
        named = [{"groupId": g, "topics": of(at(TOPICS_PARTLY))} for g in NAMES.values()]
        yield Variant("several-named", {"groups": named})
        yield Variant("several-twice", {"groups": [several[0], several[0], several[3]]})
        yield Variant("no-groups", {"groups": []})
    if c.has("requireStable"):
        yield Variant("stable", body("team.group", at(TOPICS_PARTLY)) | {"requireStable": True})
    if c.version >= 9:
        stranger = {"groupId": "team.group", "memberId": "stranger", "memberEpoch": 4}
        yield Variant("stranger", {"groups": [stranger | {"topics": of(at(TOPICS_PARTLY))}]})


def offset_delete(c: Context) -> Iterator[Variant]:
    """Of all kinds of groups and topics."""

    def body(group: str, names: list[str]) -> dict:
        parts = [{"partitionIndex": 0}]
        return {"groupId": group, "topics": [{"name": n, "partitions": parts} for n in names]}

    for label, group in NAMES.items():
        yield Variant(f"group-{label}", body(group, TOPICS_PARTLY))
        yield Variant(f"group-{label}-no-topics", body(group, []))
    for label, names in mixes.topics():
        yield Variant(label, body("team.group", names))


def join_group(c: Context) -> Iterator[Variant]:
    """A first member, of groups of all kinds."""
    protocol = {"name": "range", "metadata": binary(b"\0\0\0\0\0\0\0\0\0\0")}

    def body(group: str, **more: Any) -> dict:
        timing = {"sessionTimeoutMs": 6000, "rebalanceTimeoutMs": 6000}
        kind = {"protocolType": "consumer", "protocols": [protocol]}
        every = {"groupId": group} | timing | kind | more
        return {key: value for key, value in every.items() if c.has(key)}

    for label, prefix in PREFIXES.items():
        yield Variant(label, body(c.name(prefix, "join")))
        yield Variant(f"stranger-{label}", body(c.name(prefix, "stranger"), memberId="stranger"))
        yield Variant(f"short-{label}", body(c.name(prefix, "short"), sessionTimeoutMs=1))
        yield Variant(f"no-protocol-{label}", body(c.name(prefix, "no"), protocols=[]))
    yield Variant("no-name", body(""))


def _of_a_stranger(c: Context, **more: Any) -> Iterator[Variant]:
    for label, group in NAMES.items():
        body = {"groupId": group, "memberId": "stranger"} | more
        yield Variant(label, {k: v for k, v in body.items() if c.has(k)})


def heartbeat(c: Context) -> Iterator[Variant]:
    """Of a member that isn't one."""
    yield from _of_a_stranger(c, generationId=3)


def sync_group(c: Context) -> Iterator[Variant]:
    """Of a member that isn't one."""
    yield from _of_a_stranger(c, generationId=3, protocolType="consumer", protocolName="range")


def leave_group(c: Context) -> Iterator[Variant]:
    """Of members that aren't any."""
    yield from _of_a_stranger(c)
    if c.has("members"):
        members = [{"memberId": "stranger"}, {"memberId": "", "groupInstanceId": "instance"}]
        for label, group in NAMES.items():
            yield Variant(f"members-{label}", {"groupId": group, "members": members})


def describe_groups(c: Context) -> Iterator[Variant]:
    """All mixes, with the bits of what is authorized."""
    for label, names in mixes.groups():
        yield Variant(label, {"groups": names})
        if c.has("includeAuthorizedOperations"):
            asked = {"groups": names, "includeAuthorizedOperations": True}
            yield Variant(f"operations-{label}", asked)


def list_groups(c: Context) -> Iterator[Variant]:
    """All, and by state and type."""
    yield Variant("all", {})
    if c.has("statesFilter"):
        for states in (["Empty"], ["Stable", "Dead"], ["empty"], ["NoSuchState"]):
            yield Variant(f"states-{'-'.join(states)}", {"statesFilter": states})
    if c.has("typesFilter"):
        for types in (["classic"], ["consumer", "share"], ["streams"], ["no-such-type"]):
            yield Variant(f"types-{'-'.join(types)}", {"typesFilter": types})


def delete_groups(c: Context) -> Iterator[Variant]:
    """Those that nobody may, those that don't exist, none."""
    for label, names in mixes.groups("denied", "unknown", "twice", "no-name", "empty"):
        if label != "twice":
            yield Variant(label, {"groupsNames": names})
    for label, names in {
        "locked": ["team.locked-absent", "open.absent"],
        "partly": ["team.absent", "secret.absent", "open.absent"],
        "twice": ["team.absent", "team.absent", "secret.absent", "secret.absent"],
    }.items():
        yield Variant(label, {"groupsNames": names})


def consumer_group_heartbeat(c: Context) -> Iterator[Variant]:
    """Joining with names and patterns that may be seen, and that may not."""

    def body(group: str, **more: Any) -> dict:
        joining = {"memberId": "AAAAAAAAAAAAAAAAAAAAAQ" if c.version else "", "memberEpoch": 0}
        timing = {"rebalanceTimeoutMs": 6000, "topicPartitions": []}
        return {"groupId": group} | joining | timing | more

    for label, names in mixes.topics():
        yield Variant(label, body(c.name("team.", label), subscribedTopicNames=names))
    for label, prefix in PREFIXES.items():
        group = c.name(prefix, "group")
        yield Variant(f"group-{label}", body(group, subscribedTopicNames=["team.one"]))
        yield Variant(
            f"group-{label}-denied-topic", body(group, subscribedTopicNames=["secret.plans"])
        )
        stranger = {"groupId": group, "memberId": "stranger", "memberEpoch": 7}
        yield Variant(f"group-{label}-stranger", stranger)
        yield Variant(f"group-{label}-leaving", stranger | {"memberEpoch": -1})
    if c.has("subscribedTopicRegex"):
        for label, pattern in {
            "mine": r"team\..*",
            "hidden": r"secret\..*",
            "everything": ".*",
            "broken": "(",
            "empty": "",
        }.items():
            group = c.name("team.", f"regex-{label}")
            yield Variant(f"regex-{label}", body(group, subscribedTopicRegex=pattern))
    odd = c.name("team.", "assignor")
    wrong = {"subscribedTopicNames": ["team.one"], "serverAssignor": "no-such-assignor"}
    yield Variant("no-such-assignor", body(odd, **wrong))


def _describe_by_ids(c: Context) -> Iterator[Variant]:
    for label, names in mixes.groups():
        yield Variant(label, {"groupIds": names})
        asked = {"groupIds": names, "includeAuthorizedOperations": True}
        yield Variant(f"operations-{label}", asked)


def consumer_group_describe(c: Context) -> Iterator[Variant]:
    """All mixes, with the bits of what is authorized."""
    yield from _describe_by_ids(c)


CASES: dict[str, Generator] = {
    "FindCoordinator": find_coordinator,
    "OffsetCommit": offset_commit,
    "OffsetFetch": offset_fetch,
    "OffsetDelete": offset_delete,
    "Heartbeat": heartbeat,
    "SyncGroup": sync_group,
    "LeaveGroup": leave_group,
    "DescribeGroups": describe_groups,
    "ListGroups": list_groups,
    "DeleteGroups": delete_groups,
    "ConsumerGroupDescribe": consumer_group_describe,
    "ConsumerGroupHeartbeat": consumer_group_heartbeat,
    "JoinGroup": join_group,
}
