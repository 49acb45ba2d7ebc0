"""A slice of the differential oracle; `make equivalence` is the whole."""

from collections.abc import Iterator

import pytest

from tests.conftest import require_gateway
from tests.equivalence import catalogue, known
from tests.equivalence.access import ALICE, BOB
from tests.equivalence.case import Case
from tests.equivalence.clusters import Pair, pair
from tests.equivalence.report import Report
from tests.equivalence.runner import Runner
from tests.equivalence.script import Steps
from tests.equivalence.scripts.groups import classic_group, share_group
from tests.equivalence.scripts.topics import fetch_session
from tests.equivalence.scripts.transactions import second_generation
from tests.equivalence.setup import prepare
from tests.equivalence.watch import Watch

CASES_MIN = 1000


@pytest.fixture(scope="module")
def both() -> Iterator[Pair]:
    require_gateway()
    with pair() as started:
        for side in started.sides:
            prepare(side)
        yield started


def chosen(both: Pair) -> Iterator[Case]:
    """The first and last version of each API, as a team's member asks and as one without rights."""
    for case in catalogue.cases(both.kafka.apis):
        versions = both.kafka.apis[case.api].versions
        if case.principal in (ALICE, BOB) and case.version in (versions[0], versions[-1]):
            yield case


@pytest.fixture(scope="module")
def report(both: Pair) -> Report:
    runner = Runner(both, known.load(), Watch(both.upstream))
    runner.run(chosen(both))
    for script in (classic_group, share_group, second_generation, fetch_session):
        Steps(runner, script.__name__).run(script)
    return runner.finish(whole=False)


@pytest.mark.slow
def test_the_gateway_answers_as_kafka_does(report: Report) -> None:
    assert report.cases > CASES_MIN
    assert report.differences == [], report.text()


@pytest.mark.slow
def test_no_answer_discloses_what_its_caller_may_not_see(report: Report) -> None:
    assert report.frames > CASES_MIN
    assert report.leaks == []
