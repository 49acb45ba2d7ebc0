"""`streamward audit verify|prove|checkpoint`: check the log, and let others check it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from streamward import clock
from streamward.app import find_audit_dir
from streamward.audit import transparency
from streamward.audit.report import plain
from streamward.audit.transparency import LogAltered, Trust
from streamward.cli.files import written
from streamward.cli.options import AsJson, AuditDir, StateDir
from streamward.errors import InvalidArgument
from streamward.model.duration import parse_duration
from streamward.model.moment import format_moment

GAPS_SHOWN_MAX: Final = 20

Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="VKEY|FILE",
        help="The log's public key, got from elsewhere; may be repeated.",
    ),
]
Bundle = Annotated[
    Path | None, typer.Option("--bundle", metavar="DIR", help="The bundle whose log is meant.")
]
_NOT_FROM_ELSEWHERE = (
    "warning: the key is the log's own copy: whoever altered the log may have replaced it; "
    "give the one that you know with `--key`"
)


def verify(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="The log's directory, or a copy.")
    ] = None,
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    bundle: Bundle = None,
    key: Keys = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint", metavar="FILE", help="One seen before, which the log must continue."
        ),
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", metavar="VKEY|FILE", help="One that must have seen the log."),
    ] = None,
    witnessed_within: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="How long ago it may have been, such as `1h`."),
    ] = None,
    proof: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Instead of a log: what `audit prove` wrote."),
    ] = None,
    journal: Annotated[
        bool, typer.Option(help="Compare with the journal too, where there is one.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Recompute the log from its entries, offline, and name the first place that is wrong.

    Examples:
        streamward audit verify --state-dir /var/lib/streamward --key log.vkey

        streamward audit verify copy-of-log --key log.vkey --checkpoint last-month.checkpoint

        streamward audit verify --proof entry-17.json --key log.vkey
    """
    console = Console(soft_wrap=True, highlight=False)
    trust = Trust(_keys(key), _read(checkpoint), _keys(witness))
    try:
        if proof is not None:
            document = _proved(proof, trust)
        else:
            where = directory or find_audit_dir(audit_dir, state_dir, bundle)
            document = _verified(where, trust, with_journal=journal)
        _witnessed_lately(document, witnessed_within)
    except LogAltered as altered:
        if not as_json:
            raise
        answer = {"ok": False, "place": altered.place, "what": altered.what}
        console.out(json.dumps(answer), highlight=False)
        raise typer.Exit(1) from altered
    if as_json:
        console.out(json.dumps({"ok": True} | document), highlight=False)
        return
    for line in _proof_lines(document) if proof is not None else _log_lines(document):
        console.out(plain(line), highlight=False)


def _keys(texts: list[str] | None) -> tuple[str, ...]:
    return transparency.verifier_keys(texts or ())


def _read(paths: list[Path] | None) -> tuple[bytes, ...]:
    return tuple(transparency.read_bytes(path) for path in paths or ())


def _proved(proof: Path, trust: Trust) -> dict[str, Any]:
    if not trust.keys:
        raise InvalidArgument("a proof needs the log's public key: give it with `--key`")
    return transparency.check_proof(transparency.read_bytes(proof), trust)


def _verified(directory: Path, trust: Trust, *, with_journal: bool) -> dict[str, Any]:
    if not trust.keys:
        trust = replace(trust, keys=(transparency.own_key(directory),))
        Console(stderr=True, soft_wrap=True).print(_NOT_FROM_ELSEWHERE, style="yellow")
    return transparency.verify(directory, trust, with_journal=with_journal)


def _witnessed_lately(document: dict[str, Any], within: str | None) -> None:
    if within is None:
        return
    if not document["witnesses"]:
        raise InvalidArgument("`--witnessed-within` needs a witness: name it with `--witness`")
    seconds_max = parse_duration(within) / 1000
    for seen in document["witnesses"]:
        age = clock.now_milliseconds() / 1000 - seen["seconds"]
        if age > seconds_max:
            raise LogAltered(
                "witnessed",
                f"`{seen['name']}` saw the log {age:.0f} s ago and not since: it was rolled back, "
                "or is not shown to the witness any more",
            )


def _log_lines(document: dict[str, Any]) -> list[str]:
    lines = [
        f"{document['size']} entries of `{document['origin']}` are those that were logged",
        f"  root       {document['root']}",
        f"  signed by  {document['signed_by']}",
        f"  recomputed {document['tiles']} tiles",
    ]
    if document["first"]:
        lines.append(f"  pruned     the entries before {document['first']}; their hashes are there")
    if document["journal"] is not None:
        lines.append(
            f"  journal    {document['journal']} entries say the same, {document['waiting']} wait "
            "for a checkpoint"
        )
    if document["openings"] is not None:
        found = document["openings"]
        told = f"{found['open']} fit what entries commit to, {found['erased']} are erased"
        if found["lost"]:
            told += f", {found['lost']} were lost in a crash, as an entry says"
        lines.append(f"  openings   {told}")
    if document["gaps"]:
        named = ", ".join(map(str, document["gaps"][:GAPS_SHOWN_MAX]))
        more = ", …" if len(document["gaps"]) > GAPS_SHOWN_MAX else ""
        lines.append(f"  gaps       entries {named}{more} say what may be in none")
    for size in document["continues"]:
        lines.append(f"  continues  the log of {size} entries that is trusted")
    if document["rotations"]:
        lines.append(f"  keys       changed {document['rotations']} times, each signed by both")
    return lines + _witness_lines(document)


def _proof_lines(document: dict[str, Any]) -> list[str]:
    head = f"entry {document['index']} is in `{document['origin']}`, of {document['size']} entries"
    lines = [head, f"  signed by  {document['signed_by']}", *_witness_lines(document)]
    return [*lines, document.get("opened", document["leaf"])]


def _witness_lines(document: dict[str, Any]) -> list[str]:
    return [
        f"  witnessed  {seen['size']} entries by `{seen['name']}` at "
        f"{format_moment(seen['seconds'] * 1000)}"
        for seen in document["witnesses"]
    ]


def prove(
    entry: Annotated[int, typer.Argument(min=0, help="The entry's number, as `tail` prints it.")],
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    bundle: Bundle = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it to a file.")
    ] = None,
    opened: Annotated[
        bool, typer.Option("--open", help="With what the entry only commits to.")
    ] = False,
) -> None:
    """Prove that an entry is in the log: one JSON document that needs nothing but the public key.

    Examples:
        streamward audit prove 17 --out entry-17.json
    """
    directory = find_audit_dir(audit_dir, state_dir, bundle)
    document = transparency.prove(directory, entry, opened=opened)
    _give(document.decode(), out)


def checkpoint(
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    bundle: Bundle = None,
    vkey: Annotated[bool, typer.Option("--vkey", help="The log's public key instead.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it to a file.")
    ] = None,
) -> None:
    """Print the newest checkpoint, or the log's public key: keep both where the log is not.

    Examples:
        streamward audit checkpoint --out 2026-11-21.checkpoint

        streamward audit checkpoint --vkey --out log.vkey
    """
    directory = find_audit_dir(audit_dir, state_dir, bundle)
    text = (
        transparency.own_key(directory) if vkey else transparency.newest_checkpoint(directory).note
    )
    _give(text, out)


def _give(text: str, out: Path | None) -> None:
    text = text.rstrip("\n")
    if out is None:
        Console(soft_wrap=True).out(text, highlight=False)
    else:
        written(out, text + "\n")
