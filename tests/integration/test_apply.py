"""A version is applied to a running gateway: in force, signed, recorded, run after a crash."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from typer.testing import CliRunner, Result

from streamward.cli import app
from streamward.demo.brokers import METADATA, METADATA_NEWEST
from streamward.demo.mock import MockCluster
from streamward.errors import StreamwardError
from tests.conftest import require_gateway
from tests.support.bundles import GatewayBundle, write_bundle
from tests.support.confluent import error_code, produce
from tests.support.entries import leaves
from tests.support.gateway import GatewayProcess
from tests.support.ocsf import problems

TOPIC = "conformance.open.orders"
TOPIC_AUTHORIZATION_FAILED = 29
GUEST = (
    f"kind: Grant\nid: guest\nto: ['principal:intruder']\nallow: [write]\non: ['stream:{TOPIC}']\n"
    "---\nkind: Role\nname: observer\n"
    "---\nkind: Principal\nname: auditor\ntype: user\ntenant: outside\nroles: [observer]\n"
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    require_gateway()
    mock = MockCluster(1)
    mock.serve(METADATA, METADATA_NEWEST)
    mock.create_topic(TOPIC, 1)
    bundle = write_bundle(tmp_path_factory.mktemp("applied") / "bundle", mock.bootstrap, nodes=2)
    try:
        with GatewayProcess(bundle) as process:
            yield process
    finally:
        mock.close()


def run(gateway: GatewayProcess, *words: str) -> Result:
    """A command in this process: what it does goes through the gateway's door all the same."""
    return CliRunner().invoke(app, [*words, "--state-dir", str(gateway.state)])


def apply(gateway: GatewayProcess, *words: str) -> Result:
    return run(gateway, "apply", str(gateway.bundle.folder), "--yes", *words)


def may_write(bundle: GatewayBundle) -> bool:
    try:
        produce(bundle.endpoint("intruder"), TOPIC, [b"x"])
    except KafkaException as error:
        if error_code(error) != TOPIC_AUTHORIZATION_FAILED:
            raise
        return False
    return True


def status(gateway: GatewayProcess) -> dict[str, object]:
    with gateway.door() as door:
        return door.status()


def test_versions_from_the_first_to_a_rollback_after_a_crash(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    bundle = gateway.bundle
    before = status(gateway)
    assert before["version"] is None
    assert before["folder"]["drift"] is False  # type: ignore[index]
    assert before["folder"]["runs"] is True  # type: ignore[index]

    # What another folder would change is told to nobody as long as there is no version.
    other = tmp_path / "other"
    shutil.copytree(bundle.folder, other)
    (other / "more.yaml").write_text(GUEST)
    refused = run(gateway, "apply", str(other), "--yes", "--reason", "from a checkout")
    assert isinstance(refused.exception, StreamwardError)
    assert refused.exception.code == "versions.other_bundle"
    assert f"the gateway runs the folder `{bundle.folder}`" in str(refused.exception)
    assert status(gateway)["version"] is None

    # The first version is what runs already; from here on the folder alone changes nothing.
    first = apply(gateway, "--reason", "the beginning", "--json")
    assert first.exit_code == 0, first.output
    assert status(gateway)["version"] == {
        "number": 1,
        "content": json.loads(first.stdout)["content"],
    }
    since = gateway.said()
    bundle.grants(GUEST)
    assert gateway.says("the folder differs from the version in force", since)
    assert status(gateway)["folder"]["drift"] is True  # type: ignore[index]
    assert not may_write(bundle)

    second = apply(gateway, "--reason", "a guest may write")
    assert second.exit_code == 0, second.output
    assert "+ more.yaml" in second.output
    assert "version 2 is in force" in second.output
    assert may_write(bundle)
    assert status(gateway)["folder"]["drift"] is False  # type: ignore[index]

    back = run(
        gateway, "policy", "rollback", "1", str(bundle.folder), "--yes", "--reason", "no guests"
    )
    assert back.exit_code == 0, back.output
    assert not may_write(bundle)
    assert status(gateway)["version"]["number"] == 3  # type: ignore[index]

    # The folder still says what version 2 said: who was refused since would be let in.
    dry = json.loads(run(gateway, "apply", str(bundle.folder), "--dry-run", "--json").stdout)
    assert dry["base"] == 3
    assert {
        (one["principal"], one["action"], one["was"], one["outcome"])
        for one in dry["decided_otherwise"]
    } == {("intruder", "describe", "deny", "allowed_now")}, "a client asks what a topic is first"
    assert status(gateway)["version"]["number"] == 3  # type: ignore[index]

    # A crash changes nothing of that, although the folder says otherwise.
    gateway.kill()
    gateway.start()
    assert status(gateway)["version"]["number"] == 3  # type: ignore[index]
    assert status(gateway)["folder"]["drift"] is True  # type: ignore[index]
    assert not may_write(bundle)

    shown = run(gateway, "policy", "history", str(bundle.folder), "--json")
    versions = json.loads(shown.stdout)["versions"]
    assert [(one["number"], one["author"], one["reason"]) for one in versions] == [
        (3, "operator", "no guests"),
        (2, "operator", "a guest may write"),
        (1, "operator", "the beginning"),
    ]
    assert versions[0]["content"] == versions[2]["content"]
    assert versions[0]["rollback_of"] == 1

    asked = ["--as", "intruder", "--do", "produce", "--on", TOPIC, "--json"]
    then = {
        at: json.loads(
            run(gateway, "policy", "explain", str(bundle.folder), *asked, "--at", at).stdout
        )
        for at in ("1", "2", versions[1]["policy_version"])
    }
    assert [one["effect"] for one in then.values()] == ["deny", "allow", "allow"]
    assert then["2"]["policy_version"] == versions[1]["policy_version"]

    written = list(leaves(gateway))
    changes = [leaf for leaf in written if leaf["class_uid"] == 3005]
    assert [problems(leaf) for leaf in changes] == [[], []]
    assert [
        (leaf["user"]["name"], leaf["activity_name"], leaf["privileges"]) for leaf in changes
    ] == [
        ("auditor", "Assign Privileges", ["role:observer"]),
        ("auditor", "Revoke Privileges", ["role:observer"]),
    ]
    entries = [leaf["streaming"] for leaf in written]
    verbs = [
        (one["control"]["verb"], one["decision"], one.get("policy_version"))
        for one in entries
        if one["kind"] == "control" and one["control"]["verb"] in ("apply", "applied", "rollback")
    ]
    policy = {one["number"]: one["policy_version"] for one in versions}
    assert [verb for verb, *_ in verbs] == ["apply", "applied"] * 3 + ["rollback", "applied"]
    assert [decision for _, decision, _ in verbs[:2]] == ["allow", "deny"], "another folder"
    assert verbs[5] == ("applied", "allow", policy[2])
    in_force = [one["reason"] for one in entries if one["kind"] == "policy_applied"]
    assert any(one.startswith("version 3 (sha256:") for one in in_force)


def test_what_may_not_come_into_force_changes_nothing(gateway: GatewayProcess) -> None:
    number = status(gateway)["version"]["number"]  # type: ignore[index]
    with gateway.door() as door:
        files = {"streamward.yaml": "kind: Bundle\n"}
        with pytest.raises(StreamwardError) as invalid:
            door.apply(reason="broken", base=number, files=files)
        assert invalid.value.code == "bundle.invalid"
        with pytest.raises(StreamwardError, match=f"version {number} is in force, not 0"):
            door.apply(reason="late", base=0, files=files)
        with pytest.raises(StreamwardError, match="is not a path inside a bundle"):
            door.apply(reason="out", base=number, files={"../x.yaml": "kind: Bundle\n"})
    assert status(gateway)["version"]["number"] == number  # type: ignore[index]
    denied = [
        leaf["streaming"]["reason"]
        for leaf in leaves(gateway)
        if leaf["streaming"].get("control", {}).get("verb") == "applied"
        and leaf["streaming"]["decision"] == "deny"
    ]
    assert [it.partition(":")[0] for it in denied] == [
        "versions.other_bundle",
        "bundle.invalid",
        "versions.changed",
        "invalid",
    ]


ASKS = "owner: tests\napproval: {level: internal, approvers: [risk]}\n"


def test_another_way_to_be_somebody_waits_for_an_approval(gateway: GatewayProcess) -> None:
    """Who may add a certificate for `reader` may read what `reader` may."""
    (gateway.bundle.folder / "more.yaml").unlink(missing_ok=True)
    head = gateway.bundle.folder / "streamward.yaml"
    text = head.read_text()
    head.write_text(text.replace("owner: tests\n", ASKS, 1))
    began = apply(gateway, "--reason", "approvals from now on")
    assert began.exit_code == 0, began.output
    access = gateway.bundle.folder / "access.yaml"
    known = "  - {id: reader-certificate,"
    added = "  - {id: reader-2, type: certificate, subject: 'CN=intruder,OU=Readers'}\n"
    before = access.read_text()
    assert known in before
    access.write_text(before.replace(known, added + known))
    number = status(gateway)["version"]["number"]  # type: ignore[index]

    refused = apply(gateway, "--reason", "one more reader")

    assert refused.exit_code == 1
    assert (
        "`reader` may get at class `test-data` (internal), and can be proved by" in refused.output
    )
    assert status(gateway)["version"]["number"] == number  # type: ignore[index]
    # The gateway itself says so too, whatever a client shows.
    files = {it.name: it.read_text() for it in gateway.bundle.folder.glob("*.yaml")}
    with gateway.door() as door, pytest.raises(StreamwardError, match="mistake"):
        door.apply(reason="past the client", base=number, files=files)
    _, _, pasted = refused.output.partition("what is missing is:\n")
    more = gateway.bundle.folder / "approvals.yaml"
    more.write_text(pasted)
    assert "weaker_authentication: true" in pasted
    agreed = apply(gateway, "--reason", "one more reader")
    assert agreed.exit_code == 0, agreed.output
    # To take a way away needs nobody.
    more.unlink()
    access.write_text(before)
    taken = apply(gateway, "--reason", "one reader less")
    assert taken.exit_code == 0, taken.output


def test_another_bundle_is_not_applied_to_this_gateway(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    folder = gateway.bundle.folder
    number = status(gateway)["version"]["number"]  # type: ignore[index]
    assert status(gateway)["bundle"] == {"name": "conformance", "environment": "development"}
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    head = other / "streamward.yaml"
    text = head.read_text()

    def proposed(*words: str) -> Result:
        return run(gateway, "apply", str(other), "--yes", "--reason", "a mistake", *words)

    def refused(message: str, *words: str) -> None:
        said = proposed(*words)
        assert isinstance(said.exception, StreamwardError)
        assert said.exception.code == "versions.other_bundle"
        assert str(said.exception) == message
        files = {it.name: it.read_text() for it in other.glob("*.yaml")}
        with gateway.door() as door, pytest.raises(StreamwardError, match=re.escape(message)):
            door.apply(
                reason="past the client",
                base=number,
                files=files,
                other_bundle="--other-bundle" in words,
            )
        assert status(gateway)["version"]["number"] == number  # type: ignore[index]

    runs = "`conformance` (development) is in force"
    head.write_text(text.replace("name: conformance\n", "name: billing\n", 1))
    for words in ((), ("--other-bundle",), ("--dry-run",)):
        refused(f"this is the bundle `billing` (development), and {runs}", *words)
    head.write_text(text.replace("environment: development", "environment: staging", 1))
    refused(f"this is the bundle `conformance` (staging), and {runs}")

    # What is meant comes into force, and is a version like any other.
    meant = proposed("--other-bundle")
    assert meant.exit_code == 0, meant.output
    assert status(gateway)["bundle"] == {"name": "conformance", "environment": "staging"}
    back = run(
        gateway, "policy", "rollback", str(number), str(folder), "--yes", "--reason", "back",
        "--other-bundle",
    )  # fmt: skip
    assert back.exit_code == 0, back.output
    assert status(gateway)["bundle"] == {"name": "conformance", "environment": "development"}


def test_no_secret_is_among_the_versions(gateway: GatewayProcess) -> None:
    folder: Path = gateway.bundle.folder
    kept = b"".join(
        path.read_bytes()
        for path in (gateway.state / "versions" / "objects").rglob("*")
        if path.is_file()
    )
    private = [
        *folder.glob("secrets/[!.]*"),
        *folder.glob("tls/**/*.key"),
        *folder.glob("tls/*.key"),
    ]
    assert len(private) > 5
    for path in private:
        assert path.read_bytes().strip() not in kept
