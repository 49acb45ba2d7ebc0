"""The question after a breach, asked of the demo's own log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from streamward.audit.exposure import Exposure, Question
from streamward.audit.index import Exposing, opened_index
from streamward.audit.places import log_origin
from streamward.audit.report import caveats, spans
from streamward.demo.outcome import Outcome
from streamward.demo.stage import Stage, Tone
from streamward.demo.trail import Access, Ledger, Ranges, Trail

INTRUDER: Final = "contractor"
VICTIM: Final = "settlement"


def judge_exposure(
    trail: Trail, audit_dir: Path, work: Path, ledger: Ledger, stage: Stage, outcome: Outcome
) -> None:
    """Show what the intruder and the victim moved, and hold it to what the clients know."""
    stage.scene(
        "What was exposed",
        "`streamward audit exposure --principal NAME`: which records exactly, by which rule, from "
        "which address.",
    )
    origin = log_origin(audit_dir)
    with opened_index(trail.readers, work / "index.sqlite", origin) as index:
        for principal in (INTRUDER, VICTIM):
            answer = Exposing(index, Question(principal=principal), origin=origin).answer()
            for text, tone in _told(principal, answer):
                stage.tell(text, tone)
            told = {
                access: ranges
                for access, (_, ranges) in ledger.ranges().items()
                if access[0] == principal
            }
            what = f"the log knows each record that `{principal}` read or wrote, and no other"
            outcome.expect(what, answer.complete and _ranges(principal, answer) == told, told)


def _ranges(principal: str, answer: Exposure) -> dict[Access, Ranges]:
    return {
        (principal, total.stream, total.action): {
            part.partition: [(int(first), int(last)) for first, last in part.ranges]
            for part in total.partitions
        }
        for total in answer.totals
    }


def _told(principal: str, answer: Exposure) -> Iterator[tuple[str, Tone]]:
    if not answer.lines:
        yield f"{principal} read and wrote nothing, in {answer.log.entries} entries", Tone.ALLOWED
    for line in answer.lines:
        classes = f" ({', '.join(line.classes)})" if line.classes else ""
        for part in line.partitions:
            yield (
                f"{principal} {line.action.lower()} {line.stream}{classes} [{part.partition}] "
                f"{spans(part)}, {line.state}: {part.records} records from {line.address} with "
                f"{line.credential} by {', '.join(line.rules)}, entry {line.entries.first}",
                Tone.DENIED,
            )
    for each in caveats(answer):
        yield each, Tone.ALARM
