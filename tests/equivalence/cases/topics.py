"""Topics: what there is, making, changing and deleting them."""

from collections.abc import Iterator

from tests.equivalence.case import UNKNOWN_ID, Context, Generator, TopicId, Variant
from tests.equivalence.cases import mixes
from tests.equivalence.schema import ZERO_ID

TIMEOUT_MS = 10_000


def metadata(c: Context) -> Iterator[Variant]:
    """By name, by id, everything, nothing; with the bits of what is authorized."""
    more = {"allowAutoTopicCreation": False}
    if c.has("includeTopicAuthorizedOperations"):
        more["includeTopicAuthorizedOperations"] = True
    for label, names in mixes.topics():
        if names or c.version > 0:
            yield Variant(label, {"topics": [{"name": name} for name in names]} | more)
    if c.nullable("topics"):
        yield Variant("all", {"topics": None} | more)
    else:
        yield Variant("all", {"topics": []} | more)
    if c.has("includeClusterAuthorizedOperations"):
        yield Variant("cluster", {"topics": [], "includeClusterAuthorizedOperations": True})
    if c.version >= 12:
        for label, ids in mixes.ids():
            listed = [{"topicId": each, "name": None} for each in ids]
            yield Variant(label, {"topics": listed} | more)
    if c.has("allowAutoTopicCreation"):
        named = [{"name": name} for name in ("team.absent", "absent.topic", "team.one")]
        yield Variant("auto-create", {"topics": named, "allowAutoTopicCreation": True})


def describe_topic_partitions(c: Context) -> Iterator[Variant]:
    """By name, everything, and page after page."""
    for label, names in mixes.topics():
        yield Variant(label, {"topics": [{"name": name} for name in names]})
    names = [{"name": name} for name in mixes.TOPIC_MIXES["every"]]
    for limit in (1, 2, 3):
        yield Variant(f"limit-{limit}", {"topics": names, "responsePartitionLimit": limit})
        yield Variant(f"all-limit-{limit}", {"topics": [], "responsePartitionLimit": limit})
    for at in ("open.events", "secret.ledger", "team.", "team.two", "zzz"):
        cursor = {"topicName": at, "partitionIndex": 1}
        body = {"topics": names, "responsePartitionLimit": 2, "cursor": cursor}
        yield Variant(f"cursor-at-{at}", body)
        yield Variant(f"all-cursor-at-{at}", body | {"topics": []})
    yield Variant("limit-zero", {"topics": names, "responsePartitionLimit": 0})
    wrong = {"topicName": "team.two", "partitionIndex": -1}
    yield Variant("cursor-wrong", {"topics": names, "cursor": wrong})


def create_topics(c: Context) -> Iterator[Variant]:
    """In names that may be used, may not, or are taken; only tried, and done."""

    def wanted(name: str, **more: object) -> dict:
        return {"name": name, "numPartitions": 1, "replicationFactor": 1} | more

    def body(*topics: dict, only_try: bool = False) -> dict:
        return {"topics": list(topics), "timeoutMs": TIMEOUT_MS, "validateOnly": only_try}

    allowed, denied = c.name("team.", "new"), c.name("secret.", "new")
    yield Variant("try", body(wanted(allowed), wanted(denied), only_try=True))
    yield Variant("allowed", body(wanted(allowed)))
    yield Variant("again", body(wanted(allowed)))
    yield Variant("denied", body(wanted(denied)))
    yield Variant("partly", body(wanted(f"{allowed}-2"), wanted(f"{denied}-2")))
    yield Variant("existing", body(wanted("team.one"), wanted("secret.ledger")))
    yield Variant("twice", body(wanted(f"{allowed}-3"), wanted(f"{allowed}-3")))
    yield Variant("twice-denied", body(wanted(f"{denied}-3"), wanted(f"{denied}-3")))
    yield Variant("bad-name", body(wanted("team.one/two"), wanted("."), wanted("")))
    yield Variant("internal", body(wanted("__cluster_metadata"), wanted("__consumer_offsets")))
    yield Variant("no-partitions", body(wanted(f"{allowed}-4", numPartitions=0)))
    yield Variant("many-replicas", body(wanted(f"{allowed}-5", replicationFactor=3)))
    yield Variant("empty", body())
    settings = [{"name": "retention.ms", "value": "1000000"}]
    yield Variant("settings", body(wanted(f"{allowed}-6", configs=settings)))
    wrong = [{"name": "no.such.setting", "value": "1"}]
    yield Variant("wrong-settings", body(wanted(f"{allowed}-7", configs=wrong)))
    placed = {"numPartitions": -1, "replicationFactor": -1}
    assigned = [{"partitionIndex": 0, "brokerIds": [0]}]
    yield Variant("assigned", body(wanted(f"{allowed}-8", assignments=assigned, **placed)))
    if c.version >= 4:
        yield Variant("defaults", body(wanted(f"{allowed}-9", **placed)))


def delete_topics(c: Context) -> Iterator[Variant]:
    """By name and by id: allowed, denied, gone already, never there."""
    if not c.has("topics"):

        def body(*names: str) -> dict:
            return {"topicNames": list(names), "timeoutMs": TIMEOUT_MS}

        yield Variant("allowed", body(c.topic("team.", "allowed")))
        yield Variant("denied", body(c.topic("secret.", "denied")))
        yield Variant("partly", body(c.topic("team.", "part"), c.topic("secret.", "part")))
        yield Variant("described-only", body(c.topic("open.seen-"), c.topic("open.read-")))
        yield Variant("locked", body(c.topic("team.locked-")))
        yield Variant("unknown", body("team.absent", "absent.topic"))
        yield Variant("twice", body(*[c.topic("team.", "twice")] * 2))
        yield Variant("empty", body())
        return
    for word, state in (("by-name", _named), ("by-id", _identified)):
        yield from _delete_topics(c, word, state)
    for label, states in {
        "by-id-unknown": [_identified(UNKNOWN_ID)],
        "by-id-zero": [_identified(ZERO_ID)],
        "by-both": [{"name": "team.absent", "topicId": UNKNOWN_ID}],
        "by-neither": [{"name": None, "topicId": ZERO_ID}],
        "by-name-unknown": [_named("team.absent"), _named("absent.topic")],
        "empty": [],
    }.items():
        yield Variant(label, {"topics": states, "timeoutMs": TIMEOUT_MS})


def _named(name: object) -> dict:
    return {"name": name.topic if isinstance(name, TopicId) else name}


def _identified(identity: object) -> dict:
    return {"name": None, "topicId": identity}


def _delete_topics(c: Context, word: str, state) -> Iterator[Variant]:
    def body(*names: str) -> dict:
        return {"topics": [state(TopicId(name)) for name in names], "timeoutMs": TIMEOUT_MS}

    yield Variant(f"{word}-allowed", body(c.topic("team.", f"{word}-allowed")))
    yield Variant(f"{word}-denied", body(c.topic("secret.", f"{word}-denied")))
    part = c.topic("team.", f"{word}-part"), c.topic("secret.", f"{word}-part")
    yield Variant(f"{word}-partly", body(*part))
    described = c.topic("open.seen-", word), c.topic("open.read-", word)
    yield Variant(f"{word}-described-only", body(*described))
    yield Variant(f"{word}-locked", body(c.topic("team.locked-", word)))
    yield Variant(f"{word}-twice", body(*[c.topic("team.", f"{word}-twice")] * 2))


def create_partitions(c: Context) -> Iterator[Variant]:
    """More partitions, fewer, in topics of all kinds."""

    def body(*topics: tuple[str, int], only_try: bool = False) -> dict:
        listed = [{"name": name, "count": count, "assignments": None} for name, count in topics]
        return {"topics": listed, "timeoutMs": TIMEOUT_MS, "validateOnly": only_try}

    mine, hidden = c.topic("team."), c.topic("secret.")
    yield Variant("try", body((mine, 2), (hidden, 2), only_try=True))
    yield Variant("allowed", body((mine, 2)))
    yield Variant("denied", body((hidden, 2)))
    yield Variant("partly", body((mine, 3), (hidden, 3), (c.topic("open.read-"), 3)))
    yield Variant("fewer", body((mine, 1)))
    yield Variant("twice", body((mine, 4), (mine, 4), (hidden, 4), (hidden, 4)))
    yield Variant("described-only", body((c.topic("open.seen-"), 2), ("team.mute", 1)))
    yield Variant("unknown", body(("team.absent", 2), ("absent.topic", 2)))
    yield Variant("empty", body())


def elect_leaders(c: Context) -> Iterator[Variant]:
    """Of some partitions, of all, of none."""
    for label, names in mixes.topics("allowed", "denied", "partly", "unknown", "empty"):
        listed = [{"topic": name, "partitions": [0]} for name in names]
        yield Variant(label, {"topicPartitions": listed, "timeoutMs": TIMEOUT_MS})
    yield Variant("all", {"topicPartitions": None, "timeoutMs": TIMEOUT_MS})


def alter_partition_reassignments(c: Context) -> Iterator[Variant]:
    """To where they are, to a broker that isn't there, and cancelled."""
    for label, replicas in (("same", [0]), ("no-such-broker", [7]), ("cancel", None)):
        for mix, names in mixes.topics("allowed", "denied", "unknown"):
            moved = [{"partitionIndex": 0, "replicas": replicas}]
            listed = [{"name": name, "partitions": moved} for name in names]
            yield Variant(f"{label}-{mix}", {"topics": listed, "timeoutMs": TIMEOUT_MS})
    yield Variant("empty", {"topics": [], "timeoutMs": TIMEOUT_MS})


def list_partition_reassignments(c: Context) -> Iterator[Variant]:
    """Of some topics, of all, of none."""
    for label, names in mixes.topics("allowed", "denied", "partly", "unknown", "empty"):
        listed = [{"name": name, "partitionIndexes": [0]} for name in names]
        yield Variant(label, {"topics": listed, "timeoutMs": TIMEOUT_MS})
    yield Variant("all", {"topics": None, "timeoutMs": TIMEOUT_MS})


def describe_producers(c: Context) -> Iterator[Variant]:
    """Of all mixes of topics, and of a partition that isn't there."""
    for label, names in mixes.topics():
        yield Variant(label, {"topics": [{"name": n, "partitionIndexes": [0]} for n in names]})
    odd = [{"name": name, "partitionIndexes": [0, 9]} for name in ("team.one", "secret.plans")]
    yield Variant("no-such-partition", {"topics": odd})


CASES: dict[str, Generator] = {
    "Metadata": metadata,
    "DescribeTopicPartitions": describe_topic_partitions,
    "DescribeProducers": describe_producers,
    "ElectLeaders": elect_leaders,
    "AlterPartitionReassignments": alter_partition_reassignments,
    "ListPartitionReassignments": list_partition_reassignments,
    "CreatePartitions": create_partitions,
    "CreateTopics": create_topics,
    "DeleteTopics": delete_topics,
}
