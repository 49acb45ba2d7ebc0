"""Every family of cases, in the order in which they run."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from tests.equivalence.access import PRINCIPALS
from tests.equivalence.case import Case, Generator, generate
from tests.equivalence.cases import (
    brokers,
    callers,
    cluster,
    configs,
    groups,
    records,
    shares,
    streams,
    topics,
    transactions,
)
from tests.equivalence.script import Script
from tests.equivalence.scripts import groups as group_scripts
from tests.equivalence.scripts import topics as topic_scripts
from tests.equivalence.scripts import transactions as transaction_scripts
from tests.support.messages import Api

FAMILIES = (
    topics,
    records,
    groups,
    shares,
    streams,
    transactions,
    configs,
    cluster,
    callers,
    brokers,
)

SCRIPTS: tuple[Script, ...] = (
    *group_scripts.SCRIPTS,
    *transaction_scripts.SCRIPTS,
    *topic_scripts.SCRIPTS,
)
"""Those that need state; the one that changes the policy is the last."""

GENERATORS: dict[str, Generator] = {
    api: generator for family in FAMILIES for api, generator in family.CASES.items()
}


def cases(
    apis: dict[str, Api],
    only: list[str] | None = None,
    version: int | None = None,
    pattern: str = "*",
) -> Iterator[Case]:
    """All cases: API by API, version by version, principal by principal; or those asked for."""
    for name, generator in GENERATORS.items():
        if only and name not in only:
            continue
        known = apis[name]
        for each in known.versions if version is None else (version,):
            for principal in PRINCIPALS:
                for case in generate(generator, known, each, principal):
                    if fnmatchcase(case.name, pattern):
                        yield case
