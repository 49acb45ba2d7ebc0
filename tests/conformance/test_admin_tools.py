"""Kafka's administrative tools: what administrators get, what others don't, what nobody is told."""

import subprocess
from dataclasses import dataclass

import pytest

from tests.support.bundles import GatewayBundle
from tests.support.endpoints import Endpoint
from tests.support.java_tools import JavaTools

pytestmark = pytest.mark.slow
CONFIGS = "kafka.admin.ConfigCommand"
TOOLS = "org.apache.kafka.tools"


@dataclass(frozen=True)
class Tool:
    """One of Kafka's tools in front of a bootstrap address."""

    java: JavaTools
    endpoint: Endpoint

    def __call__(
        self,
        main: str,
        *arguments: str,
        config: str = "--command-config",
        config_first: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end; `config` is what it calls its file of settings."""
        place = ["--bootstrap-server", self.endpoint.bootstrap]
        place += [config, str(self.endpoint.java(self.java.folder))]
        given = [*place, *arguments] if config_first else [*arguments, *place]
        return self.java.run(main, *given)


@pytest.fixture
def admin(java: JavaTools, bundle: GatewayBundle) -> Tool:
    return Tool(java, bundle.endpoint("administrator"))


@pytest.fixture
def nobody(java: JavaTools, bundle: GatewayBundle) -> Tool:
    return Tool(java, bundle.endpoint("reader"))


def said(finished: subprocess.CompletedProcess[str]) -> str:
    return finished.stdout + finished.stderr


def succeeded(finished: subprocess.CompletedProcess[str]) -> str:
    assert finished.returncode == 0, said(finished)
    return finished.stdout


def test_settings_of_brokers_are_shown_without_their_addresses(
    admin: Tool, nobody: Tool, direct: Endpoint
) -> None:
    asked = ("--entity-type", "brokers", "--entity-name", "0", "--describe", "--all")
    shown = succeeded(admin(CONFIGS, *asked))
    assert "log.retention.hours=" in shown
    assert "advertised.listeners=null sensitive=true" in shown
    assert direct.bootstrap not in shown
    assert "ClusterAuthorizationException" in said(nobody(CONFIGS, *asked))


def test_settings_of_topics_are_changed_and_shown(admin: Tool, nobody: Tool, topic: str) -> None:
    of_topic = ("--entity-type", "topics", "--entity-name", topic)
    change = ("--alter", "--add-config", "retention.ms=12345678")
    assert "TopicAuthorizationException" in said(nobody(CONFIGS, *of_topic, *change))
    succeeded(admin(CONFIGS, *of_topic, *change))
    assert "retention.ms=12345678" in succeeded(admin(CONFIGS, *of_topic, "--describe"))


def test_levels_of_loggers_are_shown(admin: Tool) -> None:
    asked = ("--entity-type", "broker-loggers", "--entity-name", "0", "--describe")
    assert "root=" in succeeded(admin(CONFIGS, *asked))


def test_metrics_that_clients_shall_send_are_set_and_listed(admin: Tool, unique: str) -> None:
    tool = f"{TOOLS}.ClientMetricsCommand"
    succeeded(admin(tool, "--alter", "--name", unique, "--interval", "60000"))
    assert unique in succeeded(admin(tool, "--list"))
    assert "interval.ms=60000" in succeeded(admin(tool, "--describe", "--name", unique))
    succeeded(admin(tool, "--delete", "--name", unique))


def test_users_are_the_bundles_and_changed_nowhere_else(admin: Tool) -> None:
    users = ("--entity-type", "users")
    shown = succeeded(admin(CONFIGS, *users, "--describe"))
    assert "SCRAM credential configs for user-principal 'tester' are SCRAM-SHA-256" in shown
    change = ("--entity-name", "x", "--alter", "--add-config", "SCRAM-SHA-256=[password=p]")
    assert "PolicyViolationException" in said(admin(CONFIGS, *users, *change))
    change = ("--entity-name", "x", "--alter", "--add-config", "producer_byte_rate=1")
    assert "PolicyViolationException" in said(admin(CONFIGS, *users, *change))


def test_acls_are_the_grants_and_changed_nowhere_else(admin: Tool, nobody: Tool) -> None:
    tool = f"{TOOLS}.AclCommand"
    shown = succeeded(admin(tool, "--list"))
    assert "name=conformance.open., patternType=PREFIXED" in shown
    assert "principal=User:reader, host=*, operation=READ, permissionType=ALLOW" in shown
    add = ("--add", "--allow-principal", "User:x", "--operation", "Read", "--topic", "y")
    assert "SecurityDisabledException" in said(admin(tool, *add))
    assert "ClusterAuthorizationException" in said(nobody(tool, "--list"))


def test_the_cluster_is_described_by_the_gateways_own_address(
    admin: Tool, bundle: GatewayBundle, direct: Endpoint
) -> None:
    tool, settings = f"{TOOLS}.ClusterTool", "--config"
    shown = said(admin(tool, "cluster-id", config=settings, config_first=False))
    assert "Cluster ID: " in shown
    shown = said(admin(tool, "list-endpoints", config=settings, config_first=False))
    assert "localhost" in shown
    assert str(bundle.bootstrap_port + 1) in shown
    assert str(direct.address[1]) not in shown


def test_log_directories_are_shown(admin: Tool, nobody: Tool, topic: str) -> None:
    tool = f"{TOOLS}.LogDirsCommand"
    assert f"{topic}-0" in succeeded(admin(tool, "--describe", "--topic-list", topic))
    refused = nobody(tool, "--describe")
    assert "ClusterAuthorizationException" in said(refused)


def test_the_quorum_is_described_without_where_controllers_listen(
    admin: Tool, nobody: Tool
) -> None:
    tool = f"{TOOLS}.MetadataQuorumCommand"
    shown = succeeded(admin(tool, "describe", "--status"))
    assert "LeaderId:" in shown
    assert "CONTROLLER://" not in shown
    assert "LogEndOffset" in succeeded(admin(tool, "describe", "--replication"))
    assert "ClusterAuthorizationException" in said(nobody(tool, "describe", "--status"))


def test_features_are_described_and_changed_by_administrators_only(
    admin: Tool, nobody: Tool
) -> None:
    tool = f"{TOOLS}.FeatureCommand"
    assert "transaction.version" in succeeded(admin(tool, "describe"))
    same = ("upgrade", "--feature", "transaction.version=2", "--dry-run")
    assert "Cluster authorization failed." in said(nobody(tool, *same))
    assert "authorization failed" not in said(admin(tool, *same))


def test_leaders_are_elected_by_administrators_only(admin: Tool, nobody: Tool, topic: str) -> None:
    tool = f"{TOOLS}.LeaderElectionCommand"
    asked = ("--election-type", "preferred", "--topic", topic, "--partition", "0")
    elected = said(admin(tool, *asked, config="--admin.config"))
    assert f"Valid replica already elected for partitions {topic}-0" in elected
    refused = said(nobody(tool, *asked, config="--admin.config"))
    assert "uthoriz" in refused
    assert "already elected" not in refused


def test_reassignments_are_listed_for_who_may_describe_the_cluster(
    admin: Tool, nobody: Tool
) -> None:
    tool = f"{TOOLS}.reassign.ReassignPartitionsCommand"
    assert "No partition reassignments found." in succeeded(admin(tool, "--list"))
    assert "ClusterAuthorizationException" in said(nobody(tool, "--list"))


def test_nobody_gets_a_delegation_token(admin: Tool) -> None:
    tool = f"{TOOLS}.DelegationTokenCommand"
    for asked in (("--create", "--max-life-time-period", "-1"), ("--describe",)):
        assert "DelegationTokenDisabledException" in said(admin(tool, *asked))
