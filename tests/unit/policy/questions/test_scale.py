"""The work of a question does not grow with what it does not ask for. See bench in the guide."""

from pathlib import Path

import pytest

from streamward.model.action import Action, ResourceType
from streamward.model.document import Bundle
from streamward.model.resource import Resource
from streamward.policy.questions import Certainty, compiled, what_can, who_can
from tests.support.large_bundles import large_bundle

pytest.importorskip("streamward._core")

PRINCIPALS, STREAMS, RULES = 100, 300, 200


@pytest.fixture(scope="module")
def large() -> Bundle:
    return large_bundle(PRINCIPALS, STREAMS, RULES)


def test_principals_with_like_rights_cost_one_search(large: Bundle) -> None:
    rights = who_can(large, [Action.READ], Resource(ResourceType.STREAM, "team0.stream0"))

    assert rights.work.pairs == PRINCIPALS
    assert rights.work.searches <= 4
    assert rights.work.steps <= 100
    assert {right.ruling.certainty for right in rights.rights} == {Certainty.SOMETIMES}


def test_streams_of_like_classes_cost_one_search(large: Bundle) -> None:
    rights = what_can(large, "principal0")

    assert rights.work.pairs <= 2 * STREAMS
    assert rights.work.searches <= 12
    assert rights.work.steps <= 500


def test_a_comparison_looks_at_what_changed(large: Bundle) -> None:
    before = compiled(large)
    after = compiled(large_bundle(PRINCIPALS, STREAMS, RULES + 1))
    resources = before.universe(after)

    import msgspec

    from streamward.policy.questions.compiled import question

    answer = before.kernel.compare(after.kernel, question(None, [Action.READ], resources))

    work = msgspec.json.decode(answer)["work"]
    assert 0 < work["pairs"] <= PRINCIPALS
    assert Path(large.root) == Path()
