"""Command line of the differential oracle."""

import argparse
import itertools
import logging
import signal
import sys
import time
from pathlib import Path

from tests.equivalence import catalogue, known
from tests.equivalence.clusters import pair
from tests.equivalence.runner import Runner
from tests.equivalence.script import Script, Steps
from tests.equivalence.setup import prepare
from tests.equivalence.watch import Watch

log = logging.getLogger("equivalence")


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="make equivalence EQUIVALENCE_ARGS=…",
        description="Send the same requests to Kafka with ACLs and to the gateway, and compare.",
    )
    parser.add_argument("--api", action="append", help="only this API: DeleteTopics (repeatable)")
    parser.add_argument("--version", type=int, help="only this version of it")
    parser.add_argument("--case", default="*", help="only cases like this: '*/bob/by-id-*'")
    parser.add_argument("--script", help="only this script; `none` for no scripts")
    parser.add_argument("--limit", type=int, help="no more single cases than this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write a document for programs")
    parser.add_argument("--frames", type=Path, metavar="DIR", help="keep requests and answers")
    return parser.parse_args()


def main() -> int:
    """Run what was asked for; 0 where nothing differs but for a known reason."""
    wanted = arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # take the brokers along
    began = time.monotonic()
    if wanted.frames is not None:
        wanted.frames.mkdir(parents=True, exist_ok=True)
    with pair() as both:
        for side in both.sides:
            prepare(side)
        log.info("both sides are ready after %.0f s", time.monotonic() - began)
        runner = Runner(
            both, known.load(), Watch(both.upstream), frames=wanted.frames, progress=log.info
        )
        chosen = catalogue.cases(both.kafka.apis, wanted.api, wanted.version, wanted.case)
        if wanted.script is None or wanted.script == "none":
            runner.run(itertools.islice(chosen, wanted.limit))
        for script in _scripts(wanted):
            Steps(runner, script.__name__).run(script)

        report = runner.finish(whole=_is_whole(wanted))
    report.seconds = time.monotonic() - began
    if wanted.json is not None:
        report.write(wanted.json)
    sys.stdout.write(report.text() + "\n")
    return 0 if report.passed else 1


def _scripts(wanted: argparse.Namespace) -> list[Script]:
    """Those asked for by name, or all where no API was asked for."""
    if wanted.script is not None:
        return [each for each in catalogue.SCRIPTS if each.__name__ == wanted.script]
    return list(catalogue.SCRIPTS) if not wanted.api and wanted.case == "*" else []


def _is_whole(wanted: argparse.Namespace) -> bool:
    everything = (wanted.api, wanted.version, wanted.limit, wanted.script) == (None,) * 4
    return everything and wanted.case == "*"


if __name__ == "__main__":
    sys.exit(main())
