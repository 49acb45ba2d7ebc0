"""Cases as a gate: a bundle whose own cases fail does not come into force."""

from collections.abc import Iterator

from streamward.model.document import Bundle, Mistake
from streamward.policy.cases.run import run_cases


def failed_cases(bundle: Bundle, before: Bundle | None) -> Iterator[Mistake]:
    """Each case that isn't decided as it expects, at the rule that decided it, or else at its own
    place; `before` plays no part.
    """
    del before
    for result in run_cases(bundle).failed:
        yield Mistake(
            result.rule_place or result.place,
            f"case `{result.case.name}` ({result.place.file}:{result.place.line}): "
            f"{result.problem}",
            f"PolicyTest {result.test}",
            "change the rule, or the case if the new decision is the right one",
        )
