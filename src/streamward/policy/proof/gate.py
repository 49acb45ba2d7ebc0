"""Invariants as a gate: a bundle that breaks one, or can't be shown to keep it, stays out."""

from collections.abc import Iterator

from streamward.model.document import Bundle, Mistake, Place
from streamward.policy.proof.counter_example import CounterExample
from streamward.policy.proof.service import Proof, Verdict, prove


def broken_invariants(bundle: Bundle, before: Bundle | None) -> Iterator[Mistake]:
    """Each invariant that does not hold, at the rule that breaks it; unknown is not enough."""
    for proof in prove(bundle, before):
        if proof.verdict is Verdict.FAILS:
            yield _broken(proof)
        elif proof.verdict is Verdict.UNKNOWN:
            what = f"invariant `{proof.invariant}` is neither proved nor refuted: {proof.why}"
            hint = "write the rule simpler, or say in the invariant what is meant"
            yield Mistake(proof.place, what, f"Invariant {proof.invariant}", hint)


def _broken(proof: Proof) -> Mistake:
    by, place = "", proof.place
    if proof.rules:
        rule, source = proof.rules[0]
        file, _, line = source.rpartition(":")
        by, place = f" by `{rule}`", Place(file, int(line))
    example = "" if proof.counter_example is None else f": {_example(proof.counter_example)}{by}"
    since = "" if proof.since is None else f" from {proof.since.isoformat()} on"
    what = f"invariant `{proof.invariant}` fails{since}{example}"
    hint = f"change the rule; the invariant is at {proof.place}"
    return Mistake(place, what, f"Invariant {proof.invariant}", hint)


def _example(example: CounterExample) -> str:
    decision = example.decision
    kind = decision.resource.type.value.lower()
    told = f"`{decision.principal}` may `{decision.action.word}` on {kind}"
    return f"{told} `{decision.resource.name}`"
