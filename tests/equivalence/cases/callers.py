"""What is about callers: ACLs, quotas, SCRAM credentials, delegation tokens, logging in again."""

from collections.abc import Iterator

from tests.equivalence.access import ALLOW, LITERAL, Kind, Operation
from tests.equivalence.case import Context, Generator, Variant
from tests.equivalence.schema import binary

ANY = 1
MATCH = 3
SCRAM_SHA_256, SCRAM_SHA_512 = 1, 2
NO_TOKEN = binary(b"no such token")


def _filter(kind: int = ANY, name: str | None = None, principal: str | None = None) -> dict:
    return {
        "resourceTypeFilter": kind,
        "resourceNameFilter": name,
        "patternTypeFilter": ANY,
        "principalFilter": principal,
        "hostFilter": None,
        "operation": ANY,
        "permissionType": ANY,
    }


def describe_acls(c: Context) -> Iterator[Variant]:
    """All, and by resource, principal and pattern."""
    yield Variant("all", _filter())
    yield Variant("topics", _filter(Kind.TOPIC))
    yield Variant("of-alice", _filter(principal="User:alice"))
    yield Variant("literal", _filter(Kind.TOPIC, "team.") | {"patternTypeFilter": LITERAL})
    yield Variant("match", _filter(Kind.TOPIC, "team.locked") | {"patternTypeFilter": 2})
    yield Variant("nothing", _filter(Kind.GROUP, "no-such-group"))
    yield Variant("unknown-kind", _filter(0))


def create_acls(c: Context) -> Iterator[Variant]:
    """For somebody who isn't there; malformed; none."""
    good = {
        "resourceType": Kind.TOPIC,
        "resourceName": c.name("acl."),
        "resourcePatternType": LITERAL,
        "principal": "User:nobody",
        "host": "*",
        "operation": Operation.READ,
        "permissionType": ALLOW,
    }
    yield Variant("one", {"creations": [good]})
    bad = good | {"principal": "nobody"}
    yield Variant("bad-principal", {"creations": [good, bad]})
    yield Variant("no-such-resource", {"creations": [good | {"resourceName": ""}]})
    wrong = good | {"resourceType": Kind.CLUSTER, "resourceName": "other"}
    yield Variant("other-cluster", {"creations": [wrong]})
    yield Variant("empty", {"creations": []})


def delete_acls(c: Context) -> Iterator[Variant]:
    """Those that match nothing; none."""
    yield Variant("nothing", {"filters": [_filter(Kind.TOPIC, "no-such-topic")]})
    yield Variant("empty", {"filters": []})


def describe_client_quotas(c: Context) -> Iterator[Variant]:
    """All, and by user."""
    yield Variant("all", {"components": []})
    by_name = {"entityType": "user", "matchType": 0, "match": "alice"}
    yield Variant("of-alice", {"components": [by_name]})
    yield Variant("users", {"components": [{"entityType": "user", "matchType": 2}]})
    yield Variant("no-such-type", {"components": [{"entityType": "none", "matchType": 2}]})


def alter_client_quotas(c: Context) -> Iterator[Variant]:
    """Only tried, and of keys that aren't there."""

    def body(key: str, *, only_try: bool) -> dict:
        entity = [{"entityType": "user", "entityName": "nobody"}]
        ops = [{"key": key, "value": 1048576.0, "remove": False}]
        return {"entries": [{"entity": entity, "ops": ops}], "validateOnly": only_try}

    yield Variant("try", body("producer_byte_rate", only_try=True))
    yield Variant("set", body("producer_byte_rate", only_try=False))
    yield Variant("no-such-key", body("no.such.key", only_try=False))
    yield Variant("empty", {"entries": []})


def describe_user_scram_credentials(c: Context) -> Iterator[Variant]:
    """All, some, those that aren't there."""
    yield Variant("all", {"users": None})
    yield Variant("some", {"users": [{"name": "admin"}, {"name": "nobody"}]})
    yield Variant("twice", {"users": [{"name": "admin"}, {"name": "admin"}]})
    yield Variant("empty", {"users": []})


def alter_user_scram_credentials(c: Context) -> Iterator[Variant]:
    """Set, delete, with too few iterations, none."""

    def upsert(name: str, iterations: int) -> dict:
        salted = {"salt": binary(b"salt"), "saltedPassword": binary(b"p" * 32)}
        return {"name": name, "mechanism": SCRAM_SHA_256, "iterations": iterations} | salted

    user = c.name("user-")
    yield Variant("set", {"upsertions": [upsert(user, 4096)]})
    yield Variant("few-iterations", {"upsertions": [upsert(user, 1)]})
    gone = {"name": "no-such-user", "mechanism": SCRAM_SHA_512}
    yield Variant("delete-unknown", {"deletions": [gone]})
    yield Variant("empty", {})


def create_delegation_token(c: Context) -> Iterator[Variant]:
    """For oneself, and for another."""
    yield Variant("own", {"maxLifetimeMs": -1})
    renewer = [{"principalType": "User", "principalName": "bob"}]
    yield Variant("renewer", {"maxLifetimeMs": 60_000, "renewers": renewer})
    bad = [{"principalType": "Group", "principalName": "bob"}]
    yield Variant("bad-renewer", {"maxLifetimeMs": 60_000, "renewers": bad})
    if c.has("ownerPrincipalName"):
        owner = {"ownerPrincipalType": "User", "ownerPrincipalName": "alice"}
        yield Variant("for-alice", owner | {"maxLifetimeMs": -1})


def renew_delegation_token(c: Context) -> Iterator[Variant]:
    """One that isn't there."""
    yield Variant("unknown", {"hmac": NO_TOKEN, "renewPeriodMs": 60_000})


def expire_delegation_token(c: Context) -> Iterator[Variant]:
    """One that isn't there."""
    yield Variant("unknown", {"hmac": NO_TOKEN, "expiryTimePeriodMs": -1})


def describe_delegation_token(c: Context) -> Iterator[Variant]:
    """All, of somebody, of nobody."""
    yield Variant("all", {"owners": None})
    owner = {"principalType": "User", "principalName": "alice"}
    yield Variant("of-alice", {"owners": [owner]})
    yield Variant("empty", {"owners": []})


CASES: dict[str, Generator] = {
    "DescribeAcls": describe_acls,
    "CreateAcls": create_acls,
    "DeleteAcls": delete_acls,
    "DescribeClientQuotas": describe_client_quotas,
    "AlterClientQuotas": alter_client_quotas,
    "DescribeUserScramCredentials": describe_user_scram_credentials,
    "AlterUserScramCredentials": alter_user_scram_credentials,
    "DescribeDelegationToken": describe_delegation_token,
    "CreateDelegationToken": create_delegation_token,
    "RenewDelegationToken": renew_delegation_token,
    "ExpireDelegationToken": expire_delegation_token,
}
