"""`init`, `check`, `schema export` and `policy explain` as a user types them."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from streamward.app import read_bundle
from streamward.cli import check, init, policy, schema
from streamward.errors import InvalidArgument, NotFound

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "payments"

app = Typer()
app.command("init")(init.init_command)
app.command("check")(check.check_command)
app.add_typer(policy.app, name="policy")
app.add_typer(schema.app, name="schema")


def run(*words: str):
    return CliRunner().invoke(app, list(words))


def test_the_starter_bundle_passes_even_a_strict_check(tmp_path: Path) -> None:
    pytest.importorskip("streamward._core")
    made = run("init", str(tmp_path / "b"))
    checked = run("check", str(tmp_path / "b"), "--without-materials", "--strict")

    assert made.exit_code == 0
    assert (checked.exit_code, checked.stdout) == (0, "17 documents, no mistakes\n")
    assert (tmp_path / "b" / ".gitignore").read_text().count("secrets") == 1


def test_init_refuses_a_folder_in_use(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")

    result = run("init", str(tmp_path))

    assert isinstance(result.exception, InvalidArgument)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_example_has_no_mistakes_and_no_warnings() -> None:
    pytest.importorskip("streamward._core")

    assert run("check", str(EXAMPLE), "--without-materials", "--strict").exit_code == 0


def test_a_fresh_clone_says_how_to_make_what_is_missing(tmp_path: Path) -> None:
    run("init", str(tmp_path / "b"))

    result = run("check", str(tmp_path / "b"))

    assert result.exit_code == 1
    assert "streamward.yaml:30:3: error: `file:tls/gateway.pem` does not exist" in result.stdout
    assert "streamward dev certificates" in result.stdout


def test_warnings_fail_a_strict_check_only(tmp_path: Path) -> None:
    run("init", str(tmp_path / "b"))
    with (tmp_path / "b" / "data.yaml").open("a") as stream:
        stream.write("---\nkind: Stream\nname: shop.carts\n")
    plain = ("check", str(tmp_path / "b"), "--without-materials")

    assert run(*plain).exit_code == 0
    assert run(*plain, "--strict").exit_code == 1
    assert "warning: `shop.carts` carries no data class" in run(*plain).stdout


def test_json_says_the_same(tmp_path: Path) -> None:
    run("init", str(tmp_path / "b"))

    result = run("check", str(tmp_path / "b"), "--json")
    document = json.loads(result.stdout)

    told = read_bundle(tmp_path / "b").mistakes
    assert document["valid"] is False
    assert document["documents"]["Principal"] == 3
    assert [m["what"] for m in document["mistakes"]] == [m.what for m in told]
    assert document["mistakes"][0].keys() == {
        "file",
        "line",
        "column",
        "severity",
        "where",
        "what",
        "suggestion",
        "remedy",
    }


def test_checking_what_is_not_there() -> None:
    assert isinstance(run("check", "/nonexistent").exception, NotFound)


def test_markup_in_a_bundle_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: '[bold]x[/bold]'\n")

    assert "no kind `[bold]x[/bold]`" in run("check", str(tmp_path)).stdout


def test_schemas_are_written_for_every_kind(tmp_path: Path) -> None:
    result = run("schema", "export", str(tmp_path / "schemas"))

    grant = json.loads((tmp_path / "schemas" / "Grant.schema.json").read_text())
    whole = json.loads((tmp_path / "schemas" / "bundle.schema.json").read_text())
    assert result.exit_code == 0
    assert grant["properties"]["kind"] == {
        "const": "Grant",
        "description": "What this document declares.",
    }
    assert set(grant["required"]) == {"kind", "id", "to", "on"}
    assert {"$ref": "Grant.schema.json"} in whole["oneOf"]


def test_explain_prints_the_rule_with_its_place() -> None:
    pytest.importorskip("streamward._core")

    result = run(
        "policy", "explain", str(EXAMPLE), "--as", "payments-api", "--do", "produce",
        "--on", "payments.transactions", "--context", "source=10.40.0.1",
    )  # fmt: skip

    assert result.exit_code == 0
    assert result.stdout.startswith("allow  payments-api write payments.transactions (stream)\n")
    assert "grant:payments-write#1  grants.yaml:4" in result.stdout
    assert 'principal in Streamward::Role::"payment-writer"' in result.stdout
    assert 'source = "10.40.0.1"' in result.stdout


def test_explain_as_json() -> None:
    pytest.importorskip("streamward._core")

    result = run(
        "policy", "explain", str(EXAMPLE), "--as", "analytics-batch", "--do", "consume",
        "--on", "payments.transactions", "--json",
    )  # fmt: skip
    document = json.loads(result.stdout)

    assert document["effect"] == "deny"
    assert document["sources"][0]["source"].startswith("grants.yaml:")
    assert document["policy_version"].startswith("sha256:")


def test_help_teaches_with_examples() -> None:
    for words in (("init",), ("check",), ("schema", "export"), ("policy", "explain")):
        assert "Example" in run(*words, "--help").stdout


def test_a_bundle_does_not_write_to_the_terminal_what_it_likes(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text('kind: "\\e[2J\\e]0;owned\\a"\n')

    shown = run("check", str(tmp_path)).stdout

    assert "\x1b" not in shown
    assert "no kind `\\x1b[2J\\x1b]0;owned\\x07`" in shown
