"""What few gateways need is not in the memory of all."""

import inspect
import subprocess
import sys

import pytest

from streamward.lazy import found_later, lazy

HEAVY = {
    "alembic",
    "boto3",
    "cryptography",
    "cvc5",
    "httpx",
    "hvac",
    "pygments",
    "sigma",
    "sqlalchemy",
}


def test_a_gateway_loads_no_library_that_its_bundle_may_not_need() -> None:
    program = "import sys, streamward.cli.gateway; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert set(ended.stdout.split()).isdisjoint(HEAVY)


def test_a_question_loads_neither_checks_nor_readers() -> None:
    program = "import sys, streamward.cli.policy_ask; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    loaded = set(ended.stdout.split())
    assert "streamward.app.asking" in loaded
    assert loaded.isdisjoint(
        HEAVY
        | {
            "ruamel.yaml",
            "streamward.app.bundles",
            "streamward.gateway",
            "streamward.policy.difference",
            "streamward.policy.proof",
            "streamward.policy.registered",
        }
    )


def test_a_name_that_a_package_has_nowhere_is_no_name_of_it() -> None:
    import streamward.policy

    assert streamward.policy.diff is found_later(
        "streamward.policy", "diff", {"difference": ("diff",)}
    )
    with pytest.raises(AttributeError, match="has no attribute 'diffs'"):
        _ = streamward.policy.diffs  # type: ignore[attr-defined]


def test_a_module_is_loaded_by_use_and_not_by_being_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    later = lazy("this")
    for module in list(sys.modules.values()):
        hasattr(module, "__file__")
    inspect.getmodule(test_a_module_is_loaded_by_use_and_not_by_being_looked_at)
    assert "this" not in sys.modules
    assert later.s.startswith("Gur Mra")
    assert "this" in sys.modules


def test_a_library_that_is_not_installed_is_told_at_once() -> None:
    with pytest.raises(ModuleNotFoundError, match="streamward_absent"):
        lazy("streamward_absent")
