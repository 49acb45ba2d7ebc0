"""`streamward policy import kafka-acls`: documents on one stream, what is told on the other."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streamward.app import read_bundle
from streamward.cli.policy import app
from streamward.errors import InvalidArgument, NotFound
from streamward.model.grant import Grant
from streamward.model.principal import Principal

LISTING = """\
Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=pay., patternType=PREFIXED)`:
\t(principal=User:CN=app,O=Example, host=*, operation=READ, permissionType=ALLOW)
\t(principal=User:bob, host=10.0.0.7, operation=WRITE, permissionType=ALLOW)
"""
TOKENS = """\
Current ACLs for resource `ResourcePattern(resourceType=USER, name=bob, patternType=LITERAL)`:
\t(principal=User:bob, host=*, operation=CREATE_TOKENS, permissionType=ALLOW)
"""
BUNDLE = """\
kind: Bundle
name: b
environment: development
owner: tests
---
kind: Tenant
name: t
---
kind: Principal
name: payments-app
type: service
tenant: t
credentials:
  - {id: c, type: certificate, subject: "CN=app,O=Example"}
"""


def run(*arguments: str, text: str = LISTING) -> Result:
    return CliRunner().invoke(app, ["import", "kafka-acls", *arguments], input=text)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "streamward.yaml").write_text(BUNDLE)
    return folder


def test_documents_go_to_standard_output_and_what_is_told_does_not(tmp_path: Path) -> None:
    finished = run("--from", "-", "--super-user", "User:root;User:admin")

    assert finished.exit_code == 0
    assert "3 principals" not in finished.stdout
    assert "2 ACLs, 6 grants for 4 principals" in finished.stderr
    (tmp_path / "all.yaml").write_text(finished.stdout)
    loaded = read_bundle(tmp_path, materials=False)
    assert len(loaded.bundle.of(Grant)) == 6


def test_principals_of_the_bundle_are_referred_to(bundle: Path) -> None:
    finished = run("--from", "-", "--to", str(bundle))

    assert finished.exit_code == 0
    loaded = read_bundle(bundle, materials=False)
    assert [mistake for mistake in loaded.mistakes if mistake.is_error] == []
    assert {p.name for p in loaded.bundle.of(Principal)} == {"payments-app", "bob"}
    assert {to for grant in loaded.bundle.of(Grant) for to in grant.to} == {
        "principal:payments-app",
        "principal:bob",
    }


def test_importing_twice_changes_nothing(bundle: Path) -> None:
    run("--from", "-", "--to", str(bundle))
    first = {path.name: path.read_text() for path in bundle.iterdir()}

    run("--from", "-", "--to", str(bundle))

    assert {path.name: path.read_text() for path in bundle.iterdir()} == first
    assert len(first) == 4


def test_what_is_lost_is_listed_and_strict_writes_nothing(bundle: Path) -> None:
    lenient = run("--from", "-", "--to", str(bundle), "--json", text=LISTING + TOKENS)
    written = {path.name for path in bundle.iterdir()}
    for name in written - {"streamward.yaml"}:
        (bundle / name).unlink()
    strict = run("--from", "-", "--to", str(bundle), "--strict", text=LISTING + TOKENS)

    assert lenient.exit_code == 0
    findings = json.loads(lenient.stdout)["findings"]
    assert [finding["outcome"] for finding in findings] == ["left out"]
    assert strict.exit_code == 1
    assert isinstance(strict.exception, InvalidArgument)
    assert "CREATE_TOKENS" in strict.stderr
    assert [path.name for path in bundle.iterdir()] == ["streamward.yaml"]


def test_a_listing_of_one_principal_is_warned_of() -> None:
    finished = run("--from", "-", text="ACLs for principal `User:bob`\n" + LISTING)

    assert "warning: the listing is only about User:bob" in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "either `--from FILE` or `--bootstrap"),
        (("--from", "-", "--bootstrap", "b:1"), "either `--from FILE` or `--bootstrap"),
        (("--from", "absent"), "`absent` can't be read"),
        (("--bootstrap", "nowhere"), "`host:port`, not `nowhere`"),
        (("--from", "-", "--super-user", "admin"), "`User:NAME`, not `admin`"),
        (("--from", "-", "--json"), "`--to DIR`"),
        (("--from", "-", "--principals-from", "absent"), "no folder `absent`"),
    ],
)
def test_what_makes_no_sense_is_told(arguments: tuple[str, ...], message: str) -> None:
    finished = run(*arguments)

    assert isinstance(finished.exception, InvalidArgument | NotFound)
    assert message in str(finished.exception)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "listing").write_bytes(b"\xff\xfe")

    finished = run("--from", str(tmp_path / "listing"))

    assert "not UTF-8" in str(finished.exception)


def test_a_name_can_not_move_the_cursor() -> None:
    hostile = TOKENS.replace("name=bob", "name=\x1b[2Jbob")

    finished = run("--from", "-", text=hostile)

    assert "\x1b[2J" not in finished.stderr + finished.stdout
