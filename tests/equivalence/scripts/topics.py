"""A topic's life by its id, and sessions of fetches over a change of policy."""

from tests.equivalence.access import ACLS, ADMIN, ALICE, BOB, Acl, Kind, Operation
from tests.equivalence.case import TopicId
from tests.equivalence.fixture import Fresh
from tests.equivalence.schema import Body, binary
from tests.equivalence.script import Answers, Script, Steps
from tests.equivalence.setup import create_topics
from tests.support.batches import record_batch

MAX_BYTES = 1_048_576


def by_id(s: Steps) -> None:
    """Create, produce, fetch, delete by id; and then the id that was."""
    for who in (ADMIN, ALICE, BOB):
        s.part(who)
        topic = s.name("team.")
        _create(s, who, topic)

        def identity(answers: Answers, topic: str = topic) -> str:
            made = answers["create"]["topics"][0]
            return made["topicId"] if made["errorCode"] == 0 else TopicId("team.one")

        for moment in ("", "-gone"):
            _use(s, who, identity, moment)
            one = [lambda a: {"name": None, "topicId": identity(a)}][0]
            if moment == "" and who != BOB:
                s.step(
                    "delete",
                    who,
                    "DeleteTopics",
                    6,
                    lambda a, one=one: {"topics": [one(a)], "timeoutMs": 10_000},
                )
                s.settle(
                    who,
                    "Metadata",
                    12,
                    lambda a, one=one: {"topics": [one(a)], "allowAutoTopicCreation": False},
                    lambda answer: answer["topics"][0]["errorCode"] != 0,
                )


def _create(s: Steps, who: str, topic: str) -> None:
    wanted = {"name": topic, "numPartitions": 1, "replicationFactor": 1}
    s.step("create", who, "CreateTopics", 7, {"topics": [wanted], "timeoutMs": 10_000})
    named = {"topics": [{"name": topic}], "allowAutoTopicCreation": False}
    s.settle(
        who,
        "Metadata",
        12,
        named,
        lambda answer: answer["topics"][0]["errorCode"] in (0, 29),
    )
    s.step("named", who, "Metadata", 12, named)


def _use(s: Steps, who: str, identity, moment: str) -> None:
    data = {"index": 0, "records": binary(record_batch(b"by id"))}
    if not moment:
        ready = [{"partition": 0, "fetchOffset": 0, "partitionMaxBytes": MAX_BYTES}]
        s.settle(
            who,
            "Fetch",
            13,
            lambda a: _fetch({"topicId": identity(a), "partitions": ready}),
            lambda answer: _first_error(answer) not in (3, 6, 100),
        )
    s.step(
        f"produce{moment}",
        who,
        "Produce",
        13,
        lambda a: {
            "acks": -1,
            "timeoutMs": 5000,
            "topicData": [{"topicId": identity(a), "partitionData": [data]}],
        },
    )
    part = {"partition": 0, "fetchOffset": 0, "partitionMaxBytes": MAX_BYTES}
    for version in (13, 17):
        s.step(
            f"fetch{moment}",
            who,
            "Fetch",
            version,
            lambda a: _fetch({"topicId": identity(a), "partitions": [part]}),
        )
    s.step(
        f"metadata{moment}",
        who,
        "Metadata",
        12,
        lambda a: {
            "topics": [{"name": None, "topicId": identity(a)}],
            "allowAutoTopicCreation": False,
        },
    )


def _first_error(answer: Body) -> int:
    return answer["responses"][0]["partitions"][0]["errorCode"] if answer["responses"] else 0


def _fetch(*topics: Body, session: int = 0, epoch: int = -1, **more: object) -> Body:
    head = {"maxWaitMs": 0, "minBytes": 0, "maxBytes": MAX_BYTES * 16}
    return head | {"sessionId": session, "sessionEpoch": epoch, "topics": list(topics)} | more


OWN = "session."
BEFORE = (*ACLS, Acl(ALICE, Kind.TOPIC, f"{OWN}*", (Operation.READ, Operation.DESCRIBE)))
REVOKED = (*BEFORE, Acl(ALICE, Kind.TOPIC, f"{OWN}one", (Operation.READ,), deny=True))


def fetch_session(s: Steps) -> None:
    """A session stays as it is while rights go and come back."""
    topics = [Fresh(f"{OWN}{word}") for word in ("one", "two", "three")]
    for side in s.pair.sides:
        create_topics(side, topics)
    s.pair.change_policy(BEFORE)
    for version in (7, 12, 17):
        s.part(version)
        # A client that goes by ids has them from there.
        known = {"topics": [{"name": each.name} for each in topics]}
        s.step("metadata", ALICE, "Metadata", 12, known | {"allowAutoTopicCreation": False})
        _open(s, version)
        _more(s, version, "idle", 1)
        _produce(s)
        _more(s, version, "data", 2)
        s.pair.change_policy(REVOKED)
        _produce(s)
        _more(s, version, "revoked", 3)
        _more(s, version, "still-revoked", 4)
        s.pair.change_policy(BEFORE)
        _more(s, version, "back", 5)
        forgotten = [{_key(version): _topic(version, "two"), "partitions": [0]}]
        _more(s, version, "forgotten", 6, forgottenTopicsData=forgotten)
        _more(s, version, "wrong-epoch", 3)
        _more(s, version, "close", -1)
        _more(s, version, "closed", 7)
    s.pair.change_policy(ACLS)


def _key(version: int) -> str:
    return "topicId" if version >= 13 else "topic"


def _topic(version: int, word: str) -> object:
    return TopicId(f"{OWN}{word}") if version >= 13 else f"{OWN}{word}"


def _open(s: Steps, version: int) -> None:
    part = [{"partition": 0, "fetchOffset": 0, "partitionMaxBytes": MAX_BYTES}]
    topics = [
        {_key(version): _topic(version, word), "partitions": part}
        for word in ("one", "two", "three")
    ]
    hidden = TopicId("secret.plans") if version >= 13 else "secret.plans"
    topics.append({_key(version): hidden, "partitions": part})
    s.step("open", ALICE, "Fetch", version, _fetch(*topics, epoch=0))


def _more(s: Steps, version: int, label: str, epoch: int, **more: object) -> None:
    s.step(
        label,
        ALICE,
        "Fetch",
        version,
        lambda a: _fetch(session=a["open"]["sessionId"], epoch=epoch, **more),
    )


def _produce(s: Steps) -> None:
    data = {"index": 0, "records": binary(record_batch(b"in a session"))}
    body = {
        "acks": -1,
        "timeoutMs": 5000,
        "topicData": [{"name": f"{OWN}{word}", "partitionData": [data]} for word in ("one", "two")],
    }
    for side in s.pair.sides:
        side.direct("Produce", 9, body)


SCRIPTS: tuple[Script, ...] = (by_id, fetch_session)
