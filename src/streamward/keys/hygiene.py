"""The life-cycle report: keys that are old, not rotated, not used, or in the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from streamward.keys.data_key import KeyState, Purpose, RingState
from streamward.keys.report import RingReport

DAY: Final = 86_400_000
UNUSED_MILLISECONDS: Final = 90 * DAY
"""A ring for which no data key was made, and none opened, for so long."""

OLD_MILLISECONDS: Final = 365 * DAY
"""A provider's key that was not rotated for so long, where the bundle says nothing else."""


@dataclass(frozen=True, slots=True)
class HygieneFinding:
    """One thing about a ring that somebody should look at."""

    ring: str
    severity: Literal["low", "medium", "high"]
    what: str
    hint: str


def hygiene(report: RingReport, now: int) -> Iterator[HygieneFinding]:
    """What is to say about one ring at a time (ms since 1970)."""
    ring, declared = report.ring, report.declared
    if ring is None:
        hint = "seal a stream under it, or remove it from the bundle"
        yield HygieneFinding(report.name, "low", "it was never used", hint)
        return
    if ring.state is RingState.DESTROYED:
        return
    if declared is None:
        what = "the bundle no longer declares it, so nothing that it sealed can be opened"
        yield HygieneFinding(report.name, "high", what, "declare it again, then destroy it")
        return
    if ring.state is RingState.CONDEMNED and (ring.due or 0) <= now:
        why = "legal hold" if declared.legal_hold else "an approval or its provider"
        what = f"its destruction is due and waits for {why}"
        yield HygieneFinding(report.name, "medium", what, "see `streamward keys show`")
    if ring.state is RingState.DESTROYING:
        what = "its destruction has begun and is not done"
        yield HygieneFinding(report.name, "medium", what, "look at its provider")
    if (ring.provider, ring.provider_key) != (declared.provider, declared.key):
        what = "the bundle names another provider or key than the one that wraps its data keys"
        yield HygieneFinding(report.name, "medium", what, "run `streamward keys rotate`")
    age = now - (ring.rotated or ring.created)
    if age > (declared.rotate or OLD_MILLISECONDS):
        what = f"its provider's key was not rotated for {age // DAY} days"
        yield HygieneFinding(report.name, "medium", what, "run `streamward keys rotate`")
    yield from _keys(report, now)


def _keys(report: RingReport, now: int) -> Iterator[HygieneFinding]:
    ring = report.ring
    assert ring is not None  # its caller looked
    living = [key for key in report.keys if key.state is not KeyState.SHREDDED]
    newest = max(living, key=lambda key: key.changed, default=None)
    if newest is not None:
        stale = [
            key
            for key in living
            if (key.provider, key.provider_key) != (ring.provider, ring.provider_key)
            or (ring.rotated is not None and key.changed < ring.rotated)
        ]
        if stale:
            what = f"{len(stale)} data keys are not wrapped under its newest key"
            yield HygieneFinding(report.name, "medium", what, "run `streamward keys rotate`")
    last = max(
        (moment for key in living for moment in (key.created, key.opened or 0)),
        default=ring.created,
    )
    if now - last > UNUSED_MILLISECONDS:
        what = f"nothing was sealed or opened for {(now - last) // DAY} days"
        hint = "is what it sealed still needed? see `streamward keys destroy --preview`"
        yield HygieneFinding(report.name, "low", what, hint)
    deterministic = [key for key in living if key.purpose is Purpose.DETERMINISTIC]
    if deterministic and now - deterministic[0].created > OLD_MILLISECONDS:
        days = (now - deterministic[0].created) // DAY
        what = f"its deterministic key is {days} days old, and no rotation replaces it"
        yield HygieneFinding(report.name, "low", what, "write the stream anew under another ring")
