"""Runs cases in lock-step on both sides, and compares answers and what they left behind."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from tests.equivalence.case import Case
from tests.equivalence.clusters import Pair
from tests.equivalence.codec import CodecRefuses
from tests.equivalence.fixture import Fresh
from tests.equivalence.known import Known
from tests.equivalence.masks import Mask, differences
from tests.equivalence.report import Report
from tests.equivalence.schema import Body
from tests.equivalence.setup import create_topics
from tests.equivalence.side import Outcome
from tests.equivalence.state import state
from tests.equivalence.watch import Watch

SLOW_SECONDS = 1.0
Progress = Callable[[str], None]


@dataclass
class Runner:
    """One run over a pair."""

    pair: Pair
    known: Known
    watch: Watch
    report: Report = field(default_factory=Report)
    frames: Path | None = None
    """Where to keep every request, and every answer of the gateway, as files."""
    progress: Progress = lambda _: None
    _seen: set[str] = field(default_factory=set)

    def run(self, cases: Iterable[Case]) -> None:
        """Run the cases; after those of an API the two clusters are compared."""
        for api, group in groupby(cases, key=lambda case: case.api):
            began = time.monotonic()
            listed = list(group)
            fresh = [each for case in listed for each in case.fresh]
            self.create(fresh)
            for case in listed:
                self.single(case)
            self.compare_states(f"state/after-{api}")
            self.delete(fresh)
            self.progress(f"{api}: {len(listed)} cases in {time.monotonic() - began:.1f} s")

    def create(self, topics: list[Fresh]) -> None:
        """Make topics for single cases, on both sides."""
        for side in self.pair.sides:
            create_topics(side, topics)

    def delete(self, topics: list[Fresh]) -> None:
        """Delete those of them that no case did."""
        named = [{"name": each.name} for each in topics]
        for side in self.pair.sides if named else ():
            side.direct("DeleteTopics", 6, {"topics": named, "timeoutMs": 20_000})

    def single(self, case: Case) -> None:
        """One request to both sides."""
        began = time.monotonic()
        sent = case.variant
        self.ask(
            case.name,
            case.principal,
            case.api,
            case.version,
            sent.body,
            answered=sent.answered,
            seconds=sent.seconds,
        )
        if (took := time.monotonic() - began) > SLOW_SECONDS:
            self.report.slow[case.name] = took

    def ask(
        self,
        name: str,
        principal: str,
        api: str,
        version: int,
        *bodies: Body,
        answered: bool = True,
        seconds: float | None = None,
    ) -> tuple[Outcome, Outcome] | None:
        """Send to both sides, compare and judge. One body for both, or one for each side.

        None where Kafka's classes can't write the request in this version.
        """
        sides = self.pair.sides
        try:
            requests = [
                side.request(api, version, body)
                for side, body in zip(sides, bodies * (2 // len(bodies)), strict=True)
            ]
        except CodecRefuses as why:
            self.report.inexpressible.append(f"{name}: {why}")
            return None
        for side, request in zip(sides, requests, strict=True):
            side.send(principal, request)
        kafka, gateway = (
            side.outcome(principal, api, version, request, answered=answered, seconds=seconds)
            for side, request in zip(sides, requests, strict=True)
        )
        self.watch.look(name, principal, requests[1], gateway.frame, kafka.frame)
        self._keep(name, kafka, gateway)
        shown = [
            Mask(side.topic_ids).apply(outcome.shown())
            for side, outcome in zip(sides, (kafka, gateway), strict=True)
        ]
        self.report.judge(name, differences(*shown), self.known)
        return kafka, gateway

    def compare_states(self, name: str) -> None:
        """Judge what is different now and was not before."""
        shown = [Mask(side.topic_ids).apply(state(side)) for side in self.pair.sides]
        new = [line for line in differences(*shown) if line not in self._seen]
        self._seen.update(new)
        self.report.judge(name, new, self.known)

    def finish(self, *, whole: bool) -> Report:
        """The report; only a whole run can tell that a known difference is gone."""
        self.report.leaks = self.watch.found
        self.report.frames = self.watch.frames
        self.report.stale = self.known.stale() if whole else []
        return self.report

    def _keep(self, name: str, kafka: Outcome, gateway: Outcome) -> None:
        if self.frames is None:
            return
        stem = name.replace("/", "_")
        for suffix, data in (
            ("request", gateway.request),
            ("response", gateway.frame),
            ("kafka-response", kafka.frame),
        ):
            if data:
                (self.frames / f"{stem}.{suffix}").write_bytes(data)
