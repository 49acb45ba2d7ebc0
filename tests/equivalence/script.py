"""Scripts: requests of which each needs what an earlier one was answered."""

import time
from collections.abc import Callable
from typing import Any

from tests.equivalence.runner import Runner
from tests.equivalence.schema import Body
from tests.equivalence.side import Side

STEADY_SECONDS_MAX = 10.0

Answers = dict[str, Any]
"""What one side answered, by the labels of steps."""

Say = Body | Callable[[Answers], Body]
"""A body, or how to make it of what the side answered before."""


class Steps:
    """One script as it runs on both sides in lock-step."""

    def __init__(self, runner: Runner, name: str) -> None:
        self.runner = runner
        self.pair = runner.pair
        self._name = f"script-{name.replace('_', '-')}"
        self._part = ""
        self._answers: dict[str, Answers] = {side.name: {} for side in self.pair.sides}

    def run(self, script: "Script") -> None:
        """Run it to its end, and compare what the clusters are then."""
        began = time.monotonic()
        script(self)
        self.runner.compare_states(f"state/after-{self._name}")
        self.runner.progress(f"{self._name}: {time.monotonic() - began:.1f} s")

    def part(self, *words: object) -> None:
        """Begin a part; its steps have its name in theirs, and know no answers of earlier ones."""
        self._part = "-".join(map(str, words))
        for side in self.pair.sides:
            self._answers[side.name] = {}

    def name(self, prefix: str) -> str:
        """A name that belongs to this part alone."""
        return f"{prefix}{self._name}-{self._part}"

    def step(self, label: str, principal: str, api: str, version: int, say: Say) -> None:
        """Ask both sides, compare, and remember what each answered under the label."""
        bodies = [self._body(side, say) for side in self.pair.sides]
        name = f"{self._name}/{principal}/{self._part}/{label}-{api}-{version}"
        outcomes = self.runner.ask(name, principal, api, version, *bodies)
        assert outcomes is not None, f"{name} can't be written in this version"
        for side, outcome in zip(self.pair.sides, outcomes, strict=True):
            self._answers[side.name][label] = outcome.body

    def settle(
        self,
        principal: str,
        api: str,
        version: int,
        say: Say,
        steady: Callable[[Any], bool],
    ) -> None:
        """Ask each side by itself until its answer is steady: what takes its time isn't compared.

        Where it doesn't get steady, the step that follows shows how.
        """
        for side in self.pair.sides:
            deadline = time.monotonic() + STEADY_SECONDS_MAX
            while time.monotonic() < deadline:
                request = side.request(api, version, self._body(side, say))
                side.send(principal, request)
                outcome = side.outcome(principal, api, version, request)
                if outcome.instead or steady(outcome.body):
                    break
                time.sleep(0.05)

    def _body(self, side: Side, say: Say) -> Body:
        return say(self._answers[side.name]) if callable(say) else say


Script = Callable[[Steps], None]
