"""Cases that say what a policy must decide."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from streamward.app import read_bundle, valid_bundle
from streamward.policy.cases import failed_cases, junit, run_cases

pytest.importorskip("streamward._core")

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "payments"
BUNDLE = """\
kind: Bundle
name: b
environment: development
owner: nobody
---
kind: Tenant
name: t
---
kind: Principal
name: alice
type: user
tenant: t
---
kind: Stream
name: orders
---
kind: Grant
id: g
to: [principal:alice]
allow: [read]
on: ["stream:orders"]
---
kind: Grant
id: idle
to: [principal:alice]
allow: [write]
on: ["stream:orders"]
---
kind: PolicyTest
name: cases
cases:
  - {name: reads, principal: alice, action: read, on: orders, expect: allow, rule: "grant:g"}
  - {name: wrong effect, principal: alice, action: read, on: orders, expect: deny}
  - {name: wrong rule, principal: alice, action: read, on: orders, expect: allow, rule: other}
  - {name: "no <such> type", principal: alice, action: read, on: "x:orders", expect: allow}
"""


def test_every_rule_of_the_example_decides_a_case() -> None:
    report = run_cases(valid_bundle(EXAMPLE, materials=False))

    assert [str(result.problem) for result in report.failed] == []
    assert report.never_decisive == ()
    assert report.coverage_percent == 100


def test_a_case_fails_with_its_place_and_what_is_decided(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(BUNDLE)
    bundle = valid_bundle(tmp_path, materials=False)

    report = run_cases(bundle)

    problems = {result.case.name: result.problem for result in report.failed}
    assert problems == {
        "wrong effect": "expected deny, but it is allow: allowed by `grant:g#1`",
        "wrong rule": "expected allow by `other`, but it is by `grant:g#1`; no rule has this name: "
        "one of `grant:g#1`, `grant:idle#1`",
        "no <such> type": "`x` is not a type of resource in `x:orders`",
    }
    assert [rule.id for rule in report.never_decisive] == ["grant:idle#1"]
    assert report.coverage_percent == 50
    # The line of the rule that decided, where one did; the case is named beside it.
    failed = list(failed_cases(bundle, None))
    assert [mistake.place.line for mistake in failed] == [17, 17, 35]
    assert [f"(all.yaml:{line})" in it.what for it, line in zip(failed, (33, 34, 35), strict=True)]
    assert report.failed[0].document()["sources"] == [
        {"rule": "grant:g#1", "source": "all.yaml:17"}
    ]


def test_a_report_for_continuous_integration_names_cases_and_places(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(BUNDLE)

    root = ElementTree.fromstring(junit(run_cases(valid_bundle(tmp_path, materials=False))))

    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["wrong effect", "wrong rule", "no <such> type"]
    assert suite[1].get("line") == "33"


def test_a_case_of_an_unknown_principal_is_a_mistake_of_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(BUNDLE.replace("reads, principal: alice", "r, principal: x"))

    found = read_bundle(tmp_path, materials=False).errors

    assert [mistake.what for mistake in found] == ["there is no Principal `x`"]
