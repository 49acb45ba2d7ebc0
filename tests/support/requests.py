"""Requests that many tests send, as values for the codec; a version takes the fields it has."""

import uuid
from typing import Any

from tests.support.batches import record_batch
from tests.support.messages import Api, Values
from tests.support.raw import RawClient


def topic_id(client: RawClient, apis: dict[str, Api], topic: str) -> uuid.UUID:
    """The id of a topic that the caller may see."""
    response = client.request(apis["Metadata"], 12, {"Topics": [{"Name": topic}]})
    return response["Topics"][0]["TopicId"]


def produce(topic: str, identity: uuid.UUID, value: bytes = b"value", acks: int = -1) -> Values:
    """Produce one record to partition 0."""
    partition = {"Index": 0, "Records": record_batch(value)}
    data = {"Name": topic, "TopicId": identity, "PartitionData": [partition]}
    return {"TransactionalId": None, "Acks": acks, "TimeoutMs": 5000, "TopicData": [data]}


def fetch(
    topic: str, identity: uuid.UUID, offset: int = 0, wait_ms: int = 100, **partition: Any
) -> Values:
    """Fetch partition 0 outside of any fetch session."""
    one = {"Partition": 0, "FetchOffset": offset, "PartitionMaxBytes": 1_048_576} | partition
    return {
        "MaxWaitMs": wait_ms,
        "MinBytes": 1,
        "SessionId": 0,
        "SessionEpoch": -1,
        "Topics": [{"Topic": topic, "TopicId": identity, "Partitions": [one]}],
    }


def offered(client: RawClient, apis: dict[str, Api]) -> dict[str, range]:
    """What the peer says that it serves, cut to what is defined: versions by name."""
    response = client.request(apis["ApiVersions"], 0, {})
    by_key = {api.key: api for api in apis.values()}
    found: dict[str, range] = {}
    for each in response["ApiKeys"]:
        api = by_key.get(each["ApiKey"])
        if api is not None:
            low = max(each["MinVersion"], api.versions.start)
            found[api.name] = range(low, min(each["MaxVersion"] + 1, api.versions.stop))
    return found
