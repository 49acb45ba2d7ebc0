"""What holds for every test with real brokers and clients."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try once more what fails: a busy machine may stall a broker past a client's patience.

    A first failure is told (`R`, and `RERUN` in the summary) and worth a look; a second one counts.
    """
    for item in items:
        if "conformance" in item.path.parts:
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))
