"""What is proved of days to come: each on which a rule ends, at the price of those that matter."""

import datetime
import itertools
from pathlib import Path

import pytest

from streamward.model.document import Bundle
from streamward.policy.proof import Proof, Verdict, prove
from tests.support.small_bundles import small_bundle

pytest.importorskip("streamward._core")

TODAY = datetime.date(2026, 6, 1)
ONLY_READERS = """\
kind: Invariant
id: only-readers
only: [role:reader]
may: [read]
on: ["stream:pay.cards"]
"""


def day(number: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=number)


def grant(name: str, effect: str, to: str, last: int | None, on: str = "stream:pay.cards") -> str:
    ends = "" if last is None else f"expires: {day(last)}\n"
    return f'---\nkind: Grant\nid: {name}\nto: ["{to}"]\n{effect}: [read]\non: ["{on}"]\n{ends}'


def bundle(folder: Path, grants: str) -> Bundle:
    return small_bundle(folder, ONLY_READERS + grants, check=False)


def proved(made: Bundle, against: Bundle | None = None) -> Proof:
    (proof,) = prove(made, against, today=TODAY)
    return proof


def test_days_that_open_nothing_cost_nothing(tmp_path: Path) -> None:
    far = [grant(f"no-{n}", "deny", "role:writer", n, f"stream:x{n}") for n in range(60)]

    none, many = proved(bundle(tmp_path / "0", "")), proved(bundle(tmp_path / "60", "".join(far)))

    assert (none.verdict, many.verdict) == (Verdict.HOLDS, Verdict.HOLDS)
    assert many.scripts == none.scripts
    assert many.since is None


def test_the_one_day_of_many_that_opens_something_is_found(tmp_path: Path) -> None:
    far = [grant(f"no-{n}", "deny", "role:writer", n, f"stream:x{n}") for n in range(64)]
    shut = grant("shut", "deny", "role:writer", 40) + grant("open", "allow", "role:writer", None)

    proof = proved(bundle(tmp_path, "".join(far) + shut))

    assert proof.verdict is Verdict.FAILS
    assert proof.since == day(41)
    assert [rule for rule, _ in proof.rules] == ["grant:open#1"]
    assert proof.counter_example is not None
    assert proof.scripts < 64


# An `allow` that ends before, with, or after the `deny` over it; and one more of each.
ENDS = (None, 0, 3, 5)


@pytest.mark.parametrize(("allowed", "denied"), list(itertools.product(ENDS, ENDS)))
def test_a_run_of_days_is_judged_as_each_of_its_days(
    tmp_path: Path, allowed: int | None, denied: int | None
) -> None:
    others = grant("other", "deny", "role:writer", 2, "stream:news")
    text = grant("open", "allow", "role:writer", allowed) + grant(
        "shut", "deny", "role:writer", denied
    )

    proof = proved(bundle(tmp_path, text + others))

    def holds(last: int | None, number: int) -> bool:
        return last is None or last >= number

    opened = [n for n in range(8) if holds(allowed, n) and not holds(denied, n)]
    assert proof.verdict is (Verdict.FAILS if opened else Verdict.HOLDS)
    assert proof.since == (day(opened[0]) if opened and opened[0] > 0 else None)


WIDER = """\
kind: Invariant
id: no-wider
widened_only_on: ["stream:news"]
"""


@pytest.mark.parametrize(("before", "after"), list(itertools.product(ENDS[:3], ENDS[:3])))
def test_what_ends_of_the_version_before_is_a_widening(
    tmp_path: Path, before: int | None, after: int | None
) -> None:
    old = small_bundle(tmp_path / "old", grant("open", "allow", "role:writer", before), check=False)
    more = grant("open", "allow", "role:writer", after)
    new = small_bundle(tmp_path / "new", WIDER + more, check=False)

    proof = proved(new, old)

    lasts = 99 if after is None else after
    was = 99 if before is None else before
    assert proof.verdict is (Verdict.FAILS if lasts > was else Verdict.HOLDS)
    assert proof.since == (day(was + 1) if lasts > was else None)
