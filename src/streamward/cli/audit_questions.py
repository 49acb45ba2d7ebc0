"""`streamward audit search|show|exposure`: questions to the log, answered from its index."""

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from streamward.app import find_audit_dir
from streamward.audit.exposure import Exposure, Question, document
from streamward.audit.index import Exposing
from streamward.audit.index.searching import PAGE_ENTRIES_MAX, Search, found
from streamward.audit.openings import Openings
from streamward.audit.places import log_origin, oldest_entry
from streamward.audit.report import asked, caveats, markdown, plain, size, spans
from streamward.audit.tail import Choice, chosen
from streamward.audit.transparency import prove
from streamward.cli.audit_index import waited_index
from streamward.cli.audit_show import known_kinds, show
from streamward.cli.files import written
from streamward.cli.options import AsJson, AuditDir, StateDir
from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument, NotFound
from streamward.model.moment import format_moment, parse_moment

RANGES_SHOWN_MAX: Final = 12
ENTRIES_SHOWN_MAX: Final = 20

IndexFile = Annotated[
    Path | None,
    typer.Option("--index", metavar="FILE", help="The index.  [default: AUDIT_DIR/index/…]"),
]
Since = Annotated[
    str | None, typer.Option("--since", "--from", metavar="TIME", help="`2026-11-20T08:00Z`, `2h`.")
]
Until = Annotated[
    str | None, typer.Option("--until", "--to", metavar="TIME", help="Up to, not including.")
]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="Only this kind; may be repeated.")]


def moment(text: str | None) -> int | None:
    """The time that an option means."""
    return None if text is None else parse_moment(text, now_milliseconds())


def search(
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    index_file: IndexFile = None,
    kind: Kinds = None,
    principal: Annotated[str | None, typer.Option(help="Who, or whom it is about.")] = None,
    stream: Annotated[str | None, typer.Option(help="Only about this stream.")] = None,
    action: Annotated[str | None, typer.Option(help="`Read`, `Write`, `Describe`, …")] = None,
    decision: Annotated[
        str | None, typer.Option(help="`allow`, `deny`; of logins `success`, `failure`.")
    ] = None,
    address: Annotated[str | None, typer.Option(help="From this address.")] = None,
    credential: Annotated[str | None, typer.Option(help="By this credential.")] = None,
    since: Since = None,
    until: Until = None,
    before: Annotated[
        int | None, typer.Option(metavar="ENTRY", help="The next page: only older entries.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE_ENTRIES_MAX)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print the entries, one a line.")] = False,
) -> None:
    """Find entries; the newest first.

    Examples:
        streamward audit search --principal mallory --decision deny --since 2h

        streamward audit search --stream payments.cards --address 10.0.0.9 --limit 20
    """
    where = find_audit_dir(audit_dir, state_dir, None)
    opened = Openings(where).all() if address is not None else ()
    wanted = Search(
        kinds=known_kinds(kind),
        principal=principal,
        stream=stream,
        action=action,
        decision=decision,
        address=address,
        places=tuple(place for place, opening in opened if opening.value == address),
        credential=credential,
        since=moment(since),
        until=moment(until),
        before=before,
        limit=limit,
    )
    console = Console(soft_wrap=True, highlight=False)
    with waited_index(where, index_file, quiet=as_json) as index:
        answer = found(index, wanted, oldest_entry(where))
    for entry in answer.entries:
        line = chosen(entry, Choice())
        if line is not None:
            show(console, entry, line, as_json=as_json)
    if answer.pruned:
        told = f"{len(answer.pruned)} more were pruned from the log: {_numbers(answer.pruned)}"
        Console(stderr=True, soft_wrap=True, highlight=False).print(Text(told, style="yellow"))
    if answer.last is not None and not as_json:
        console.print(Text(f"older ones: --before {answer.last}", style="dim"))


def _numbers(entries: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, entries[:ENTRIES_SHOWN_MAX]))
    return shown + (", …" if len(entries) > ENTRIES_SHOWN_MAX else "")


def show_entry(
    entry: Annotated[int, typer.Argument(metavar="ENTRY", min=0, help="The index of the entry.")],
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    index_file: IndexFile = None,
    raw: Annotated[bool, typer.Option("--raw", help="The bytes of the leaf and nothing else.")] = (
        False
    ),
) -> None:
    """Print one entry: in a line, and as the event that it is.

    Example:
        streamward audit show 4711
    """
    where = find_audit_dir(audit_dir, state_dir, None)
    with waited_index(where, index_file, quiet=raw) as index:
        oldest = oldest_entry(where)
        entries = list(index.entries([entry], oldest))
    if entry < oldest:
        raise NotFound(f"entry `{entry}` was pruned; the log holds those from {oldest} on")
    if not entries:
        raise NotFound(f"the log has no entry `{entry}`")
    console = Console(soft_wrap=True, highlight=False)
    if raw:
        console.out(entries[0].leaf.decode(errors="replace"), highlight=False)
        return
    line = chosen(entries[0], Choice())
    if line is not None:
        show(console, entries[0], line)
    text = json.dumps(json.loads(entries[0].text), indent=2)
    console.out(text, highlight=False)


def exposure(
    principal: Annotated[str | None, typer.Option(help="What this principal moved.")] = None,
    credential: Annotated[str | None, typer.Option(help="What was moved by it.")] = None,
    stream: Annotated[str | None, typer.Option(help="Of this stream only.")] = None,
    since: Since = None,
    until: Until = None,
    partition: Annotated[int | None, typer.Option(min=0, help="Of this partition only.")] = None,
    offsets: Annotated[
        str | None, typer.Option(metavar="FIRST-LAST", help="Who moved these records.")
    ] = None,
    entries: Annotated[
        bool, typer.Option("--entries", help="With each line the index of every entry below it.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Write a report to hand on.")
    ] = None,
    proofs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a proof of each entry, one a file.")
    ] = None,
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    index_file: IndexFile = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Ask the log itself, in a pass over it; trust no index."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say which records somebody read and wrote, or who read a record: offset by offset.

    Examples:
        streamward audit exposure --principal mallory --from 2026-11-20 --to 2026-11-21

        streamward audit exposure --stream payments.cards --partition 0 --offsets 100-200
    """
    if principal is None and credential is None and stream is None:
        raise InvalidArgument("name a `--principal`, a `--credential` or a `--stream`")
    question = Question(
        principal=principal,
        credential=credential,
        stream=stream,
        partition=partition,
        offsets=_offsets(offsets),
        since=moment(since),
        until=moment(until),
    )
    where = find_audit_dir(audit_dir, state_dir, None)
    origin = log_origin(where)
    if fresh and index_file is not None:
        raise InvalidArgument("`--fresh` trusts no index: leave `--index` out")
    with waited_index(where, index_file, quiet=as_json, fresh=fresh) as index:
        indexes = entries or proofs is not None
        exposing = Exposing(
            index,
            question,
            origin=origin,
            indexes=indexes,
            address=Openings(where).address,
            oldest=oldest_entry(where),
        )
        answer = exposing.answer()
        named = {"principal": principal, "credential": credential, "stream": stream}
        never = [f"{name} `{it}`" for name, it in named.items() if it and index.word(it) is None]
    proved = 0 if proofs is None else _prove(answer, where, proofs)
    if report is not None:
        written(report, markdown(answer, now_milliseconds()))
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.out(json.dumps(document(answer)), highlight=False)
        return
    print_exposure(console, answer)
    for each in never:
        console.print(Text(f"note: no entry names the {plain(each)}", style="yellow"))
    if report is not None:
        console.print(Text(f"report: {report}", style="dim"))
    if proofs is not None:
        console.print(Text(f"proofs: {proved} entries in {proofs}", style="dim"))


def _prove(answer: Exposure, audit_dir: Path, folder: Path) -> int:
    """Write what `audit prove` would for every entry that a line rests on; gives how many.

    What was pruned can't be proved any more; the answer's caveats say so.
    """
    oldest = int(answer.log.oldest_kept)
    every = {index for line in answer.lines for index in line.entries.every}
    entries = {index for index in every if int(index) >= oldest}
    folder.mkdir(parents=True, exist_ok=True)
    for index in sorted(entries, key=int):
        (folder / f"{index}.json").write_bytes(prove(audit_dir, int(index)))
    return len(entries)


def _offsets(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        raise InvalidArgument(f"`{text}` is no range of offsets; write `100-200` or `100`")
    low, high = int(first), int(last or first)
    if low > high:
        raise InvalidArgument(f"`{text}` ends before it begins")
    return low, high


def print_exposure(console: Console, answer: Exposure) -> None:
    """The answer for a terminal."""
    console.print(Text(asked(answer.question), style="bold"))
    if not answer.lines:
        console.print("nothing was read or written")
    for line in answer.lines:
        head = Text(f"{plain(line.action):<6} {plain(line.stream)}", style="bold")
        head.append(f"  {line.state}", style="yellow" if line.state == "readable" else "green")
        if line.classes:
            head.append(f"  {', '.join(map(plain, line.classes))}", style="red")
        console.print(head)
        for part in line.partitions:
            records = "1 record" if part.records == "1" else f"{part.records} records"
            told = f"{records}, {size(int(part.bytes))}"
            if answer.question.offsets is not None:
                told = f"{part.offsets} offsets, in roll-ups of {told}"
            console.print(f"  [{part.partition}] {spans(part, RANGES_SHOWN_MAX)}", markup=False)
            console.print(Text(f"      {told}", style="dim"))
        for name, text in _facts(line):
            console.print(Text(f"  {name:<9}{plain(text)}", style="dim"))
    for each in caveats(answer):
        console.print(Text(f"note: {plain(each)}", style="yellow"))
    if answer.lines and not list(caveats(answer)):
        console.print(Text("exact: every offset is known", style="green"))


def _facts(line: Any) -> list[tuple[str, str]]:
    """Who, how and when, for a person."""
    moved = f"{format_moment(line.first_time)} to {format_moment(line.last_time)}"
    bounds = ", ".join(line.entries.opened) or "none"
    return [
        ("by", f"{line.principal} from {line.address} with {line.credential}"),
        ("under", f"{', '.join(line.rules) or 'unknown rule'}, policy {line.policy_version}"),
        ("moved", moved + (" (edge)" if line.edge else "")),
        ("entries", f"opened {bounds}; roll-ups {line.entries.first} to {line.entries.last}"),
    ]
