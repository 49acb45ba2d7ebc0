"""Cases as a gate: a bundle whose own cases fail does not come into force."""

from collections.abc import Callable, Iterator
from functools import cache

from streamward.errors import PolicyInvalid
from streamward.model.document import Bundle, Mistake, Place
from streamward.policy.cases.run import is_rule, run_cases
from streamward.policy.compile import compile_policy
from streamward.policy.days import utc_today
from streamward.policy.evaluator import policy_schema

_Sources = Callable[[], tuple[tuple[str, str], ...]]


def failed_cases(bundle: Bundle, before: Bundle | None) -> Iterator[Mistake]:
    """Each case that isn't decided as it expects, at the rule that decided it, where the rule stood
    `before` that is missing now, or else at its own place.
    """

    @cache
    def sources() -> tuple[tuple[str, str], ...]:
        return () if before is None else _sources(before)

    for result in run_cases(bundle).failed:
        stood = _stood(result.missing_rule, sources)
        gone = "" if stood is None else f"; before it stood at {stood.file}:{stood.line}"
        yield Mistake(
            stood or result.rule_place or result.place,
            f"case `{result.case.name}` ({result.place.file}:{result.place.line}): "
            f"{result.problem}{gone}",
            f"PolicyTest {result.test}",
            "change the rule, or the case if the new decision is the right one"
            if stood is None
            else "put the rule back, or change the case if it is right without it",
        )


def _stood(missing: str | None, sources: _Sources) -> Place | None:
    """Where a rule was that is not there any more."""
    if missing is None:
        return None
    for rule, source in sources():
        if is_rule(missing, rule):
            file, _, line = source.rpartition(":")
            return Place(file, int(line))
    return None


def _sources(bundle: Bundle) -> tuple[tuple[str, str], ...]:
    try:
        section = compile_policy(bundle, policy_schema(), utc_today())
    except PolicyInvalid:
        # A version of an older release: where its rules stood is of no help then.
        return ()
    return tuple((rule.id, rule.source) for rule in section.rules)
