"""`streamward check --live` against brokers that refuse everyone else, and brokers that don't."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from streamward.cli import app
from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions
from tests.support.bundles import GatewayBundle, write_bundle
from tests.support.confluent import create_topics
from tests.support.topologies import brokers, copy_file, find, topology

USERS = ("admin", "known")


def run(bundle: GatewayBundle, *options: str) -> tuple[int, dict[str, Any]]:
    """Run the command; its exit code and the report on the cluster."""
    words = ["check", str(bundle.folder), "--live", "--json", *options]
    finished = CliRunner().invoke(app, words)
    assert finished.exit_code in (0, 1), finished.output
    return finished.exit_code, json.loads(finished.stdout)["live"][0]


def write(folder: Path, kafka: KafkaServer, password: str, **cluster: Any) -> GatewayBundle:
    """A bundle whose gateway has a certificate, and that tries to be `known` with a password."""
    bundle = write_bundle(folder / "bundle", kafka.bootstrap("ssl"))
    tls, own = kafka.folder / "tls", bundle.folder / "tls"
    file = bundle.folder / "secrets" / "known.password"
    file.touch(mode=0o600)
    file.write_text(password)
    with topology(bundle) as documents:
        find(documents, "Cluster", "main").update(
            {
                "tls": {
                    "ca": copy_file(kafka.ca_file, own / "kafka-ca.pem"),
                    "certificate": copy_file(tls / "gateway.pem", own / "upstream.pem"),
                    "key": copy_file(tls / "gateway.key", own / "upstream.key"),
                },
                "probe": {
                    "name": "known",
                    "mechanism": "SCRAM-SHA-512",
                    "password": "file:secrets/known.password",
                },
            }
            | cluster
        )
    return bundle


def outcomes(report: dict[str, Any]) -> dict[tuple[str, str, str], str]:
    """How each caller was taken, by listener."""
    return {
        (each["listener"], each["caller"], each["manner"]): each["outcome"]
        for each in report["attempts"]
    }


def severities(report: dict[str, Any]) -> set[str]:
    return {each["severity"] for each in report["findings"]}


def test_brokers_that_refuse_everyone_else_and_what_a_leaked_password_changes(
    tmp_path: Path,
) -> None:
    options = KafkaOptions(users=USERS, authorizer=True, auto_create_topics=False, plaintext=False)
    with KafkaServer.ephemeral(options) as kafka:
        create_topics(brokers(kafka)[0], "conformance.exists")
        code, report = run(write(tmp_path, kafka, "not the password of known"), "--strict")
        assert outcomes(report) == {
            ("SSL", "anonymous", "TLS without a certificate"): "refused",
            ("SSL", "wrong credential", "a certificate that nobody signed"): "refused",
            ("SASL_SSL", "anonymous", "without a login"): "refused",
            ("SASL_SSL", "wrong credential", "SCRAM-SHA-512 with a wrong password"): "refused",
            ("SASL_SSL", "known", "SCRAM-SHA-512"): "refused",
            ("CONTROLLER", "anonymous", "TLS without a certificate"): "refused",
            ("CONTROLLER", "wrong credential", "a certificate that nobody signed"): "refused",
        }
        assert (code, report["findings"]) == (0, [])

        leaked = write(tmp_path / "leaked", kafka, kafka.password("known"))
        code, report = run(leaked)
        assert outcomes(report)["SASL_SSL", "known", "SCRAM-SHA-512"] == "powerless"
        assert (code, severities(report)) == (0, {"warning"})
        assert run(leaked, "--strict")[0] == 1


def test_brokers_that_let_others_in_are_reported_with_what_to_change(
    kafka: KafkaServer, topic: str, tmp_path: Path
) -> None:
    code, report = run(
        write(tmp_path, kafka, kafka.password("admin"), bootstrap=[kafka.bootstrap("ssl")])
    )
    assert code == 1
    found = outcomes(report)
    assert found["PLAINTEXT", "anonymous", "in clear"] == "admitted"
    assert found["SSL", "anonymous", "TLS without a certificate"] == "refused"
    critical = [each for each in report["findings"] if each["severity"] == "critical"]
    assert [kafka.bootstrap() in each["where"] for each in critical] == [True]
    assert "remove the listener" in critical[0]["change"]
    assert any("no authorizer" in each["what"] for each in report["findings"])


def test_what_can_not_be_looked_at_proves_nothing(tmp_path: Path, kafka: KafkaServer) -> None:
    bundle = write(tmp_path, kafka, "x", bootstrap=["127.0.0.1:9"])
    code, report = run(bundle)
    assert code == 1
    (finding,) = report["findings"]
    assert "nothing is proved" in finding["what"]


@pytest.mark.parametrize("as_json", [True, False])
def test_no_secret_is_in_the_report(tmp_path: Path, kafka: KafkaServer, as_json: bool) -> None:
    bundle = write(tmp_path, kafka, "canary-password")
    words = ["check", str(bundle.folder), "--live", *(["--json"] if as_json else [])]
    finished = CliRunner().invoke(app, words)
    assert "canary" not in finished.output
    assert "SCRAM-SHA-512" in finished.output
    assert "PRIVATE KEY" not in finished.output
