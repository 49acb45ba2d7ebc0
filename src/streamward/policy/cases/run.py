"""Decide every case with the evaluator of the gateway."""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from streamward.errors import InvalidArgument
from streamward.model.decision import Decision
from streamward.model.document import Bundle, Document, Place
from streamward.model.nearest import meant
from streamward.model.policy_test import Case, PolicyTest
from streamward.policy.evaluator import decide
from streamward.policy.questions.compiled import Compiled, compiled
from streamward.policy.section import Rule
from streamward.policy.service import parse_resource


@dataclass(frozen=True, slots=True)
class Result:
    """How one case ended."""

    test: str
    """The document that it stands in."""
    case: Case
    place: Place
    decision: Decision | None
    problem: str | None
    """What is wrong; None where it was decided as expected."""
    rules: tuple[tuple[str, str], ...] = ()
    """Rules to look at where it was not: those that decided, or the one that should have, each with
    `FILE:LINE`."""
    missing_rule: str | None = None
    """The rule that should have decided, where the bundle has none of this name."""

    @property
    def passed(self) -> bool:
        """Whether it was decided as expected, by the expected rule."""
        return self.problem is None

    @property
    def rule_place(self) -> Place | None:
        """The line to change, where it is a rule's; None: no rule has to do with it."""
        if not self.rules:
            return None
        file, _, line = self.rules[0][1].rpartition(":")
        return Place(file, int(line))

    @property
    def told(self) -> str:
        """The problem for people, with the lines of the rules."""
        at = ", ".join(f"`{rule}` is at {source}" for rule, source in self.rules)
        return f"{self.problem} ({at})" if at else str(self.problem)

    def document(self) -> dict[str, Any]:
        """The result as JSON values."""
        decision = self.decision
        return {
            "test": self.test,
            "case": self.case.name,
            "place": str(self.place),
            "passed": self.passed,
            "problem": self.problem,
            "effect": None if decision is None else decision.effect.value,
            "rules": [] if decision is None else list(decision.rules),
            "sources": [{"rule": rule, "source": source} for rule, source in self.rules],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Every case, and every rule that none of the passed ones was decided by."""

    policy_version: str
    results: tuple[Result, ...]
    rules: tuple[Rule, ...]
    never_decisive: tuple[Rule, ...]

    @property
    def failed(self) -> tuple[Result, ...]:
        """The cases that did not end as expected."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def coverage_percent(self) -> float:
        """Rules that decided a passed case, of all; 100 where there are none."""
        if not self.rules:
            return 100.0
        return 100.0 * (len(self.rules) - len(self.never_decisive)) / len(self.rules)

    def document(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "policy_version": self.policy_version,
            "cases": len(self.results),
            "failed": len(self.failed),
            "coverage_percent": round(self.coverage_percent, 1),
            "results": [result.document() for result in self.results],
            "never_decisive": [
                {"rule": rule.id, "source": rule.source} for rule in self.never_decisive
            ],
        }


def run_cases(bundle: Bundle, *, today: datetime.date | None = None) -> Report:
    """Decide every case of the bundle. Raises PolicyInvalid where the policy doesn't compile."""
    asked = compiled(bundle, today=today)
    results = []
    decisive: set[str] = set()
    for document in bundle.documents_of(PolicyTest):
        test = document.value
        assert isinstance(test, PolicyTest)
        for number, case in enumerate(test.cases):
            result = _run(bundle, asked, document, number, case)
            results.append(result)
            if result.passed and result.decision is not None:
                decisive.update(result.decision.rules)
    rules = asked.section.rules
    never = tuple(rule for rule in rules if rule.id not in decisive)
    return Report(asked.section.version, tuple(results), rules, never)


def _run(bundle: Bundle, asked: Compiled, document: Document, number: int, case: Case) -> Result:
    place = document.place("cases", number)
    try:
        resource = parse_resource(bundle, case.on)
        context = case.context.request()
        decision = decide(asked.kernel, case.principal, case.action, resource, context)
    except InvalidArgument as error:
        return Result(document.name, case, place, None, str(error))
    problem = _problem(case, decision, asked.sources)
    rules = () if problem is None else _to_look_at(case, decision, asked.sources)
    missing = case.rule if problem is not None and _is_gone(case, asked.sources) else None
    return Result(document.name, case, place, decision, problem, rules, missing)


def _to_look_at(
    case: Case, decision: Decision, sources: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    decided = [*decision.errors, *decision.rules]
    found = [rule for rule in decided if rule in sources]
    if not found and case.rule is not None:
        found = [rule for rule in sources if is_rule(case.rule, rule)]
    return tuple((rule, sources[rule]) for rule in dict.fromkeys(found))


def _problem(case: Case, decision: Decision, known: Collection[str]) -> str | None:
    if decision.errors:
        return f"a rule failed: {decision.reason}"
    if decision.effect.value != case.expect:
        return f"expected {case.expect}, but it is {decision.effect.value}: {decision.reason}"
    if case.rule is None or any(is_rule(case.rule, rule) for rule in decision.rules):
        return None
    by = ", ".join(f"`{rule}`" for rule in decision.rules)
    gone = f"; no rule has this name: {meant(case.rule, known)}" if _is_gone(case, known) else ""
    return f"expected {case.expect} by `{case.rule}`, but it is by {by}{gone}"


def _is_gone(case: Case, known: Collection[str]) -> bool:
    return case.rule is not None and not any(is_rule(case.rule, rule) for rule in known)


def is_rule(expected: str, rule: str) -> bool:
    """Whether a case means this rule: by its id, or by that of the grant or class it is of."""
    return rule == expected or rule.rpartition("#")[0] == expected
