"""What brokers say of themselves and how they take callers, and what must be changed."""

import pytest

from streamward.posture import Attempt, Brokers, Outcome, Severity
from streamward.posture.attempts import ANONYMOUS, WRONG
from streamward.posture.client import unsigned_token
from streamward.posture.judge import findings

SAFE = {
    "listeners": "OUT://0.0.0.0:9093,IN://:9094,CONTROLLER://10.0.0.1:9095",
    "advertised.listeners": "OUT://broker-1.example.com:9093,IN://[fd00::1]:9094",
    "listener.security.protocol.map": "OUT:SSL,IN:SASL_SSL,CONTROLLER:SSL",
    "inter.broker.listener.name": "IN",
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.voters": "1@10.0.0.1:9095,2@10.0.0.2:9095",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
}
ADDRESSES = {1: ("broker-1.example.com", 9093)}


def brokers(**changed: str) -> Brokers:
    named = {key.replace("_", "."): value for key, value in changed.items()}
    return Brokers(ADDRESSES, {1: SAFE | named}, topics=3)


def attempt(
    outcome: Outcome, caller: str = ANONYMOUS, address: str = "broker-1.example.com:9093"
) -> Attempt:
    return Attempt("OUT", address, 1, caller, "TLS without a certificate", outcome)


def test_every_listener_is_known_once_with_its_protocol() -> None:
    found = {
        each.address: (each.name, each.protocol, each.controller) for each in brokers().listeners()
    }
    assert found == {
        "broker-1.example.com:9093": ("OUT", "SSL", False),
        "[fd00::1]:9094": ("IN", "SASL_SSL", False),
        "10.0.0.1:9095": ("CONTROLLER", "SSL", True),
        "10.0.0.2:9095": ("CONTROLLER", "SSL", True),
    }


def test_a_listener_that_is_bound_everywhere_is_where_the_broker_is() -> None:
    plain = Brokers(ADDRESSES, {1: {"listeners": "PLAINTEXT://:9092"}}, 0)
    addresses = {each.address: each.protocol for each in plain.listeners()}
    assert addresses == {
        "broker-1.example.com:9092": "PLAINTEXT",
        "broker-1.example.com:9093": None,
    }


def test_brokers_that_refuse_everyone_are_as_they_should_be() -> None:
    refused = [attempt(outcome) for outcome in (Outcome.REFUSED, Outcome.UNREACHABLE)]
    assert list(findings("main", brokers(), refused)) == []


@pytest.mark.parametrize(
    ("outcome", "caller", "severity", "change"),
    [
        (Outcome.ADMITTED, ANONYMOUS, Severity.CRITICAL, "listener.name.out.ssl.client.auth"),
        (Outcome.ADMITTED, WRONG, Severity.CRITICAL, "listener.name.out.ssl.client.auth"),
        (Outcome.ADMITTED, "alice", Severity.HIGH, "let only the gateway"),
        (Outcome.POWERLESS, "alice", Severity.WARNING, "let only the gateway"),
        (Outcome.UNTRIED, "alice", Severity.WARNING, "give `probe` a SCRAM mechanism"),
    ],
)
def test_whoever_is_let_in_is_a_finding(
    outcome: Outcome, caller: str, severity: Severity, change: str
) -> None:
    (finding,) = findings("main", brokers(), [attempt(outcome, caller)])
    assert finding.severity is severity
    assert "broker-1.example.com:9093" in finding.where
    assert change in finding.change


@pytest.mark.parametrize(
    ("changed", "severity", "what"),
    [
        (
            {"listener_security_protocol_map": "OUT:SSL,IN:SASL_PLAINTEXT,CONTROLLER:SSL"},
            Severity.HIGH,
            "brokers speak with each other in clear (`SASL_PLAINTEXT`)",
        ),
        ({"inter_broker_listener_name": ""}, Severity.HIGH, "in clear (`PLAINTEXT`)"),
        (
            {"listener_security_protocol_map": "OUT:SSL,IN:SSL,CONTROLLER:PLAINTEXT"},
            Severity.HIGH,
            "brokers and controllers speak in clear",
        ),
        (
            {"listener_security_protocol_map": "OUT:SSL,IN:SSL"},
            Severity.HIGH,
            "brokers and controllers speak in clear",
        ),
        ({"authorizer_class_name": ""}, Severity.WARNING, "no authorizer"),
        ({"allow_everyone_if_no_acl_found": "true"}, Severity.HIGH, "everybody may do everything"),
    ],
)
def test_settings_that_leave_a_door_open(
    changed: dict[str, str], severity: Severity, what: str
) -> None:
    (finding,) = findings("main", brokers(**changed), [])
    assert finding.severity is severity
    assert what in finding.what
    assert finding.change


def test_what_was_not_looked_at_is_told() -> None:
    unseen = Brokers({1: ("a", 1), 2: ("b", 1)}, {1: SAFE}, 0)
    (finding,) = findings("main", unseen, [])
    assert finding.where == "brokers 2"
    assert "DescribeConfigs" in finding.change


def test_an_unsigned_token_has_no_signature() -> None:
    head, claims, signature = unsigned_token("nobody", 1).split(".")
    assert head
    assert claims
    assert signature == ""
