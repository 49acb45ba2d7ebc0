"""A pytest plugin: where STREAMWARD_NO_SKIP=1, a skipped test has failed.

A fresh machine may lack what a test needs, and skips it by name. The machine that decides whether a
change is taken has everything, so there a skip would only hide that something was not tested.
"""

import os
from collections.abc import Generator

import pytest

ENVIRONMENT_VARIABLE = "STREAMWARD_NO_SKIP"


def _forbidden() -> bool:
    return os.environ.get(ENVIRONMENT_VARIABLE, "") not in ("", "0")


def _reason(longrepr: object) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    report.outcome = "failed"
    report.longrepr = f"skipped where {ENVIRONMENT_VARIABLE} is set: {_reason(report.longrepr)}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # A test that is expected to fail reports "skipped" too, with `wasxfail`.
    if _forbidden() and report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if _forbidden() and report.skipped:
        _fail(report)
    return report
