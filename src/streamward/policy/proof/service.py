"""Prove a bundle's invariants: over all requests, or show one that contradicts."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec

from streamward.clock import monotonic_seconds
from streamward.model.document import Bundle, Document, Place
from streamward.model.grant import Grant
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
    """Provers for runs of days on which other rules hold, each made when it is first asked.

    A run is proved at once: with every `allow` that holds on any of its days, and only those `deny`
    that hold on all of them, whatever is refused is refused on each day. What is not proved so is
    asked again of each half, down to single days, for which the rules are those that hold. So days
    that open nothing cost no proof of their own, and the first one that does is found.

    INVARIANT: only grants end, and no rule of a grant can fail, so that leaving one out, or keeping
    it longer, decides nothing by its failing.
    """

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
        self._made: dict[tuple[datetime.date, datetime.date], _Prover] = {}

    def proof(self, document: Document) -> Proof:
        """What came of an invariant on the first day on which it does not hold, or on all."""
        invariant = document.value
        assert isinstance(invariant, Invariant)
        days = self._alone if invariant.widened_only_on is None else self._both
        return self._on_all(document, days)

    def _on_all(self, document: Document, days: tuple[datetime.date, ...]) -> Proof:
        proof = self._on(days[0], days[-1]).proof(document)
        if proof.verdict in (Verdict.HOLDS, Verdict.NOT_ASKED):
            return proof
        if len(days) == 1:
            return replace(proof, since=None if days[0] == self._first else days[0])
        half = len(days) // 2
        spent = proof
        for run in (days[:half], days[half:]):
            proof = self._on_all(document, run)
            spent = replace(
                proof,
                milliseconds=spent.milliseconds + proof.milliseconds,
                scripts=spent.scripts + proof.scripts,
            )
            if proof.verdict is not Verdict.HOLDS:
                break
        return spent

    def _on(self, first: datetime.date, last: datetime.date) -> "_Prover":
        if (first, last) not in self._made:
            newer = _ground(_without(self._bundle, last, denials=True), first)
            before = self._against
            older = (
                None if before is None else _ground(_without(before, last, denials=False), first)
            )
            self._made[first, last] = _Prover(newer, older, is_day=first == last)
        return self._made[first, last]


def _without(bundle: Bundle, last: datetime.date, *, denials: bool) -> Bundle:
    """Without the grants that deny (or allow) and do not hold on this day any more."""

    def holds(document: Document) -> bool:
        grant = document.value
        if not isinstance(grant, Grant) or (grant.deny is not None) != denials:
            return True
        return grant.expires is None or grant.expires >= last

    kept = tuple(document for document in bundle.documents if holds(document))
    return bundle if len(kept) == len(bundle.documents) else replace(bundle, documents=kept)


def _ground(bundle: Bundle, today: datetime.date) -> Ground:
    section = compile_policy(bundle, policy_schema(), today)
    return Ground(bundle, section, asserted_groups(bundle))


class _Prover:
    def __init__(self, newer: Ground, older: Ground | None, *, is_day: bool) -> None:
        core = compiled_module()
        self._is_day = is_day
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
            if not self._is_day:
                # Of a run of days it is no request of any day, so there is nothing to show.
                return self._told(document, began, scripts, Verdict.UNKNOWN)
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
