"""An exposure as a page that can be handed on: Markdown with tables, ready for a PDF."""

from collections.abc import Iterable, Iterator
from typing import Final

from streamward.audit.exposure import Exposure, Line, PartitionPart, Question
from streamward.model.moment import format_moment

RANGES_SHOWN_MAX: Final = 200
_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
_WORDS: Final = """\
- *Read* are offsets whose batches were handed to the connection of the client, in the state named:
  readable, masked, or as ciphertext. *Written* are offsets in the broker's acknowledgement.
- Ranges are inclusive and merged: an offset that was read twice is in them once, and counts twice
  in records and bytes. Offsets without a record (markers of transactions, or what compaction
  removed) may lie inside a range.
- *Unknown* are records whose offsets nobody knows: written without an acknowledgement.
- *Upper bound*: recovered after a crash; what was about to leave is in it.
- *Edge*: the gateway enters once a second what an access moved. Such an interval that reaches over
  the beginning or the end of the time asked for is in the answer as a whole."""


def plain(text: str) -> str:
    """SECURITY: names come from peers; control characters would steer a terminal or a page."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def size(number: int) -> str:
    """Bytes in a unit that a person can read."""
    value, unit = float(number), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{number} B"


def spans(part: PartitionPart, most: int = RANGES_SHOWN_MAX) -> str:
    """The ranges in a line of text."""
    shown = [first if first == last else f"{first}–{last}" for first, last in part.ranges[:most]]
    if len(part.ranges) > most:
        shown.append(f"and {len(part.ranges) - most} more ranges")
    if int(part.unknown_records):
        shown.append(f"unknown ({part.unknown_records} records)")
    return ", ".join(shown) or "none"


def asked(question: Question) -> str:
    """The question in one sentence."""
    of = [
        f"{name} `{plain(value)}`"
        for name, value in (
            ("principal", question.principal),
            ("credential", question.credential),
            ("stream", question.stream),
        )
        if value is not None
    ]
    if question.partition is not None:
        of.append(f"partition {question.partition}")
    if question.offsets is not None:
        of.append(f"offsets {question.offsets[0]}–{question.offsets[1]}")
    since = "the beginning" if question.since is None else format_moment(question.since)
    until = "the end of the log" if question.until is None else format_moment(question.until)
    return f"{', '.join(of) or 'everything'}; from {since} until {until}"


def caveats(answer: Exposure) -> Iterator[str]:
    """What the answer can't be sure of; nothing where it is exact."""
    unknown = sum(int(part.unknown_records) for each in answer.totals for part in each.partitions)
    if unknown:
        yield f"offsets of {unknown} records are unknown"
    if any(line.upper_bound for line in answer.lines):
        yield "some lines are upper bounds: a crash came between the log and the socket"
    if any(line.edge for line in answer.lines):
        yield "some lines reach over an edge of the time asked for"
    if answer.begins_later:
        yield f"entries before {answer.log.first_entry} were pruned: what they said is not in here"
    if answer.pruned_entries:
        yield (
            f"entries before {answer.log.oldest_kept} were pruned since: what they said is from "
            "the index, and can't be shown or proved any more"
        )
    for gap in answer.gaps:
        between = f"from {format_moment(gap.since)} to {format_moment(gap.until)}"
        count = "an unknown number of" if gap.records == "unknown" else gap.records
        yield (
            f"{count} records moved without a record {between}: {gap.reason} (entry {gap.entry})"
        )
    if answer.question.offsets is not None:
        yield "records and bytes are those of whole roll-ups that touch the offsets asked for"


def markdown(answer: Exposure, made_milliseconds: int) -> str:
    """The whole answer as a page."""
    log = answer.log
    lines = [
        "# What was exposed",
        "",
        f"**Question.** {_cell(asked(answer.question))}.",
        "",
        f"**Log.** `{_cell(log.origin)}`, entries {log.first_entry} to {log.last_entry}, "
        f"{format_moment(log.first_time)} to {format_moment(log.last_time)}. "
        f"Made {format_moment(made_milliseconds)}.",
        "",
        f"**Exact.** {'Yes.' if not list(caveats(answer)) else 'With these limits:'}",
        "",
        *[f"- {_cell(each)}" for each in caveats(answer)],
        "",
        "## Streams",
        "",
        *_table(
            (
                "stream",
                "action",
                "data classes",
                "state",
                "partition",
                "offsets",
                "records",
                "size",
            ),
            _total_rows(answer),
        ),
        "",
        "## By whom, from where, by which rule",
        "",
    ]
    for number, line in enumerate(answer.lines, 1):
        lines += _section(number, line)
    return "\n".join([*lines, "## Words", "", _WORDS, ""])


def _total_rows(answer: Exposure) -> Iterator[tuple[str, ...]]:
    for total in answer.totals:
        for part in total.partitions:
            yield (
                total.stream,
                total.action,
                ", ".join(total.classes),
                ", ".join(total.states),
                str(part.partition),
                spans(part),
                part.records,
                size(int(part.bytes)),
            )


def _section(number: int, line: Line) -> list[str]:
    marks = [
        name for name, is_so in (("upper bound", line.upper_bound), ("edge", line.edge)) if is_so
    ]
    opened = ", ".join(line.entries.opened) or "no longer in the log"
    facts = (
        ("principal", line.principal),
        ("credential", line.credential),
        ("address", line.address),
        ("cluster", line.cluster),
        ("state", line.state),
        ("data classes", ", ".join(line.classes) or "none"),
        ("rule", ", ".join(line.rules) or "unknown"),
        ("policy", line.policy_version),
        ("moved", f"{format_moment(line.first_time)} to {format_moment(line.last_time)}"),
        ("entries", f"opened: {opened}; roll-ups {line.entries.first} to {line.entries.last}"),
        ("limits", ", ".join(marks) or "none"),
    )
    return [
        f"### {number}. {_cell(line.action)} {_cell(line.stream)}",
        "",
        *_table(("", ""), facts),
        "",
        *_table(
            ("partition", "offsets", "records", "size"),
            (
                (str(part.partition), spans(part), part.records, size(int(part.bytes)))
                for part in line.partitions
            ),
        ),
        "",
    ]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    found = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return found + [f"| {' | '.join(map(_cell, row))} |" for row in rows]


def _cell(text: str) -> str:
    """Text that can't leave its cell."""
    escaped = plain(text).replace("\\", "\\\\")
    for mark in "|<>[]*_":
        escaped = escaped.replace(mark, f"\\{mark}")
    return escaped
