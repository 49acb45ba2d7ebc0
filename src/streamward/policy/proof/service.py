"""Prove a bundle's invariants: over all requests, or show one that contradicts."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec

from streamward.clock import monotonic_seconds
from streamward.model.document import Bundle, Document, Place
from streamward.model.invariant import Invariant
from streamward.model.topology import Cluster
from streamward.policy.compile import compile_policy, ends
from streamward.policy.days import utc_today
from streamward.policy.evaluator import compiled_module, evaluated, policy_schema
from streamward.policy.proof.claim import Claim, claims_of
from streamward.policy.proof.counter_example import CounterExample, Ground, Trial
from streamward.policy.proof.solver import solve
from streamward.policy.questions.beside import asserted_groups
from streamward.policy.section import canonical


class Verdict(StrEnum):
    """What came of an invariant."""

    HOLDS = "holds"
    """No request contradicts it."""
    FAILS = "fails"
    """The counter-example does."""
    UNKNOWN = "unknown"
    """Neither proved nor refuted; never to be taken for proved."""
    NOT_ASKED = "not_asked"
    """It compares two versions, and only one was given."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An invariant and what came of it."""

    invariant: str
    place: Place
    """Where the invariant stands."""
    verdict: Verdict
    milliseconds: int
    scripts: int
    """Questions that needed the solver; 0 where the rules' heads alone settle it."""
    why: str = ""
    """Why it is unknown, or was not asked."""
    rules: tuple[tuple[str, str], ...] = ()
    """Rules to look at, each with `FILE:LINE`: those that allow the counter-example."""
    counter_example: CounterExample | None = None
    since: datetime.date | None = None
    """The first day on which it is so; None: the day that was asked about, or all days to come."""


def prove(
    bundle: Bundle, against: Bundle | None = None, *, today: datetime.date | None = None
) -> list[Proof]:
    """Every invariant of a bundle, in the order of files and lines.

    It is proved for the day (today, in UTC) and for every later one on which the end of a grant can
    open something. `against` is the version before it, for invariants that compare two. Raises
    PolicyInvalid where a policy doesn't compile, and Unavailable without the compiled module or
    cvc5.
    """
    first = today or utc_today()
    provers = _Provers(bundle, against, first)
    return [provers.proof(document) for document in bundle.documents_of(Invariant)]


class _Provers:
    """A prover for each day on which other rules hold, made when it is first asked."""

    def __init__(self, bundle: Bundle, against: Bundle | None, first: datetime.date) -> None:
        self._bundle = bundle
        self._against = against
        self._first = first
        # The end of an `allow` takes away, and that of a `deny` gives; of the version before, what
        # it takes away the new one has more.
        denials = ends(bundle, first, denials=True)
        self._alone = (first, *denials)
        before = ends(against, first, denials=False) if against is not None else ()
        self._both = (first, *sorted({*denials, *before}))
        self._made: dict[datetime.date, _Prover] = {}

    def proof(self, document: Document) -> Proof:
        """What came of an invariant on the first day on which it does not hold, or on all."""
        invariant = document.value
        assert isinstance(invariant, Invariant)
        days = self._alone if invariant.widened_only_on is None else self._both
        proof = self._on(self._first).proof(document)
        for day in days[1:]:
            if proof.verdict is not Verdict.HOLDS:
                break
            later = self._on(day).proof(document)
            proof = replace(
                later,
                milliseconds=proof.milliseconds + later.milliseconds,
                scripts=proof.scripts + later.scripts,
                since=None if later.verdict is Verdict.HOLDS else day,
            )
        return proof

    def _on(self, day: datetime.date) -> "_Prover":
        if day not in self._made:
            older = None if self._against is None else _ground(self._against, day)
            self._made[day] = _Prover(_ground(self._bundle, day), older)
        return self._made[day]


def _ground(bundle: Bundle, today: datetime.date) -> Ground:
    section = compile_policy(bundle, policy_schema(), today)
    return Ground(bundle, section, asserted_groups(bundle))


class _Prover:
    def __init__(self, newer: Ground, older: Ground | None) -> None:
        core = compiled_module()
        self._newer = newer
        self._older = older
        self._core = core
        self._alone = core.Prover(_document(newer))
        self._both = core.Prover(_document(newer), _document(older)) if older else None

    def proof(self, document: Document) -> Proof:
        invariant = document.value
        assert isinstance(invariant, Invariant)
        began = monotonic_seconds()
        scripts = 0
        for claim in claims_of(invariant, self._newer.bundle):
            if claim.with_older and self._both is None:
                why = "it compares two versions: name the one before with `--against`"
                return self._told(document, began, scripts, Verdict.NOT_ASKED, why=why)
            answer = self._ask(claim)
            scripts += answer["scripts"]
            verdict = answer["verdict"]
            if verdict["verdict"] == "holds":
                continue
            return self._refuted(document, began, scripts, claim, verdict)
        return self._told(document, began, scripts, Verdict.HOLDS)

    def _ask(self, claim: Claim) -> Mapping[str, Any]:
        document = {
            "actions": [action.value for action in claim.actions],
            "resources": [claim.resource_type.value],
            "never": claim.never,
            "environment": claim.environment,
        }
        prover = self._both if claim.with_older else self._alone
        assert prover is not None
        try:
            answer: dict[str, Any] = msgspec.json.decode(
                prover.prove(msgspec.json.encode(document), solve)
            )
        except self._core.CoreError as error:
            return {
                "verdict": {"verdict": "unknown", "why": str(error.args[-1]), "rule": None},
                "scripts": 0,
            }
        return answer

    def _refuted(
        self,
        document: Document,
        began: float,
        scripts: int,
        claim: Claim,
        verdict: Mapping[str, Any],
    ) -> Proof:
        if verdict["verdict"] == "unknown":
            rules = self._places([verdict["rule"]] if verdict["rule"] else [])
            why = verdict["why"]
            return self._told(document, began, scripts, Verdict.UNKNOWN, why=why, rules=rules)
        trial = Trial(claim, self._newer, self._older)
        if trial.contradicts(verdict["request"]) is None:
            why = (
                "internal error: the evaluator does not confirm the solver's counter-example "
                + msgspec.json.encode(verdict["request"]).decode()
            )
            return self._told(document, began, scripts, Verdict.UNKNOWN, why=why)
        request = trial.simplest(verdict["request"])
        decision = trial.contradicts(request)
        assert decision is not None
        example = trial.told(request, decision)
        return self._told(
            document,
            began,
            scripts,
            Verdict.FAILS,
            rules=tuple((rule.id, rule.source) for rule in example.rules),
            example=example,
        )

    def _places(self, rules: Iterable[str]) -> tuple[tuple[str, str], ...]:
        wanted = set(rules)
        sections = [ground.section for ground in (self._newer, self._older) if ground]
        found = {r.id: r.source for s in reversed(sections) for r in s.rules if r.id in wanted}
        return tuple(sorted(found.items()))

    def _told(
        self,
        document: Document,
        began: float,
        scripts: int,
        verdict: Verdict,
        *,
        why: str = "",
        rules: tuple[tuple[str, str], ...] = (),
        example: CounterExample | None = None,
    ) -> Proof:
        return Proof(
            invariant=document.name,
            place=document.place(),
            verdict=verdict,
            milliseconds=round((monotonic_seconds() - began) * 1000),
            scripts=scripts,
            why=why,
            rules=rules,
            counter_example=example,
        )


def _document(ground: Ground) -> bytes:
    clusters = [cluster.name for cluster in ground.bundle.of(Cluster)]
    return canonical(
        {
            **evaluated(ground.section, ground.bundle),
            "assertable": ground.groups,
            "clusters": clusters,
        }
    )
