"""Settings of topics, groups, brokers and metrics subscriptions."""

from collections.abc import Iterator

from tests.equivalence.case import Context, Generator, Variant
from tests.equivalence.cases import mixes

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
UNANSWERED_SECONDS = 1.0
"""Kafka doesn't answer this one; how long it is waited for."""

SET, DELETE, APPEND = 0, 1, 2


def describe_configs(c: Context) -> Iterator[Variant]:
    """Of all kinds of resources; chosen settings, all, none."""

    def body(*resources: tuple[int, str], keys: list[str] | None = None, **more: bool) -> dict:
        listed = [
            {"resourceType": kind, "resourceName": name, "configurationKeys": keys}
            for kind, name in resources
        ]
        return {"resources": listed} | more

    few = ["retention.ms", "cleanup.policy"]
    for label, names in mixes.topics():
        yield Variant(label, body(*[(TOPIC, name) for name in names], keys=few))
    for label, names in mixes.groups():
        yield Variant(f"groups-{label}", body(*[(GROUP, name) for name in names]))
    pair = (TOPIC, "team.one"), (TOPIC, "secret.plans")
    yield Variant("all-settings", body(*pair))
    yield Variant("no-settings", body(*pair, keys=[]))
    yield Variant("synonyms", body(*pair, keys=few, includeSynonyms=True))
    if c.has("includeDocumentation"):
        yield Variant("documentation", body(*pair, keys=few, includeDocumentation=True))
    of_broker = ["log.retention.ms", "num.io.threads"]
    for label, name in (("broker", "0"), ("brokers", ""), ("other-broker", "7"), ("odd", "x")):
        yield Variant(label, body((BROKER, name), keys=of_broker))
    yield Variant("logger", body((LOGGER, "0"), keys=["kafka.server"]))
    yield Variant("metrics", body((METRICS, "subscription"), (METRICS, "")))
    yield Variant(
        "kinds", body((TOPIC, "open.read"), (BROKER, "0"), (GROUP, "team.group"), keys=few)
    )
    yield Variant("no-such-kind", body((99, "x"), (0, "y")))


def alter_configs(c: Context) -> Iterator[Variant]:
    """Whole sets of settings; tried, and done to a topic of the case's own."""

    def body(
        *resources: tuple[int, str],
        key: str = "retention.ms",
        value: str | None = "1000000",
        only_try: bool = False,
    ) -> dict:
        configs = [{"name": key, "value": value}]
        listed = [
            {"resourceType": kind, "resourceName": name, "configs": configs}
            for kind, name in resources
        ]
        return {"resources": listed, "validateOnly": only_try}

    yield from _altered(c, body)


def incremental_alter_configs(c: Context) -> Iterator[Variant]:
    """Single settings; tried, and done to a topic of the case's own."""

    def body(
        *resources: tuple[int, str],
        key: str = "retention.ms",
        value: str | None = "1000000",
        only_try: bool = False,
        operation: int = SET,
    ) -> dict:
        configs = [{"name": key, "value": value, "configOperation": operation}]
        listed = [
            {"resourceType": kind, "resourceName": name, "configs": configs}
            for kind, name in resources
        ]
        return {"resources": listed, "validateOnly": only_try}

    yield from _altered(c, body)
    mine, hidden = c.topic("team.", "more"), c.topic("secret.", "more")
    both = (TOPIC, mine), (TOPIC, hidden)
    yield Variant("deleted", body(*both, value=None, operation=DELETE))
    added = {"key": "cleanup.policy", "value": "compact", "operation": APPEND}
    yield Variant("appended", body(*both, **added))
    yield Variant("appended-to-no-list", body(*both, operation=APPEND))
    yield Variant("no-such-operation", body(*both, operation=9))


def _altered(c: Context, body) -> Iterator[Variant]:
    for label, names in mixes.topics():
        tried = body(*[(TOPIC, name) for name in names], only_try=True)
        if label != "twice" or c.api.name != "AlterConfigs":
            yield Variant(f"try-{label}", tried)
        elif c.version == c.api.versions[-1]:
            yield Variant("try-twice", tried, seconds=UNANSWERED_SECONDS)
    mine, hidden = c.topic("team."), c.topic("secret.")
    yield Variant("allowed", body((TOPIC, mine)))
    yield Variant("denied", body((TOPIC, hidden)))
    yield Variant(
        "partly",
        body((TOPIC, mine), (TOPIC, hidden), (TOPIC, c.topic("open.seen-")), value="2000000"),
    )
    yield Variant("no-such-setting", body((TOPIC, mine), (TOPIC, hidden), key="no.such"))
    yield Variant("bad-value", body((TOPIC, mine), (TOPIC, hidden), value="soon"))
    yield Variant("null-value", body((TOPIC, mine), (TOPIC, hidden), value=None))
    heartbeat = {"key": "consumer.heartbeat.interval.ms", "value": "6000"}
    groups = (GROUP, c.name("team.")), (GROUP, c.name("secret.")), (GROUP, "")
    yield Variant("groups", body(*groups, **heartbeat))
    retention = {"key": "log.retention.ms", "only_try": True}
    for label, name in (("broker", "0"), ("brokers", ""), ("other-broker", "7"), ("odd", "x")):
        yield Variant(label, body((BROKER, name), **retention))
    yield Variant("logger", body((LOGGER, "0"), key="kafka.server.X", value="INFO", only_try=True))
    metrics = {"key": "interval.ms", "value": "60000"}
    yield Variant("metrics", body((METRICS, c.name("subscription")), **metrics))
    yield Variant("no-such-kind", body((99, "x")))
    yield Variant("empty", body())


def list_config_resources(c: Context) -> Iterator[Variant]:
    """All kinds, and each."""
    yield Variant("all", {})
    if c.has("resourceTypes"):
        for kind in (TOPIC, BROKER, LOGGER, METRICS, GROUP, 99):
            yield Variant(f"kind-{kind}", {"resourceTypes": [kind]})


CASES: dict[str, Generator] = {
    "DescribeConfigs": describe_configs,
    "ListConfigResources": list_config_resources,
    "AlterConfigs": alter_configs,
    "IncrementalAlterConfigs": incremental_alter_configs,
}
