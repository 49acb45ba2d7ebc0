"""`streamward policy prove`: what the policy can never allow."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamward.app import bundle_at, valid_bundle
from streamward.cli.options import AuditDir, StateDir
from streamward.errors import InvalidArgument
from streamward.model.text import printable
from streamward.policy.proof import CounterExample, Proof, Verdict, prove

FAILED = 1
UNKNOWN = 3

_STYLES = {
    Verdict.HOLDS: "bold green",
    Verdict.FAILS: "bold red",
    Verdict.UNKNOWN: "bold yellow",
    Verdict.NOT_ASKED: "dim",
}


def prove_command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")
    ] = Path("."),
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="OLD",
            help="The version before, for invariants that compare two: a folder, "
            "`REVISION:FOLDER` of git, or an applied version.",
        ),
    ] = None,
    alone: Annotated[
        bool,
        typer.Option("--alone", help="Leave out invariants that compare two versions."),
    ] = False,
    state_dir: StateDir = None,
    audit_dir: AuditDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON document.")] = False,
) -> None:
    """Prove the invariants that a bundle declares, over all requests that there can be.

    Where one fails, a request that contradicts it is shown, with the rules that allow it and where
    they stand. Every such request is held against the evaluator of the gateway first.

    Exits with 1 when an invariant fails, and with 3 when one is neither proved nor refuted: also
    where it compares two versions, and neither `--against` nor `--alone` is given.

    Examples:
        streamward policy prove examples/payments --alone

        streamward policy prove . --against ../released --json
    """
    bundle = valid_bundle(directory, materials=False)
    if alone and against is not None:
        raise InvalidArgument("`--alone` leaves out what `--against` is for: give one of them")
    before = None
    if against is not None:
        before = bundle_at(against, directory, state_dir, audit_dir)
    proofs = prove(bundle, before)
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.print_json(data={"proofs": [document(proof) for proof in proofs]})
    else:
        _print(console, proofs)
    code = exit_code(proofs, alone=alone)
    if code:
        raise typer.Exit(code)


def exit_code(proofs: Iterable[Proof], *, alone: bool = False) -> int:
    """1: an invariant fails; 3: none does, and one is unknown or was not asked; 0: all hold.

    `alone`: those that compare two versions were left out on purpose.
    """
    verdicts = {proof.verdict for proof in proofs}
    if Verdict.FAILS in verdicts:
        return FAILED
    unproved = {Verdict.UNKNOWN} if alone else {Verdict.UNKNOWN, Verdict.NOT_ASKED}
    return UNKNOWN if verdicts & unproved else 0


def document(proof: Proof) -> dict[str, Any]:
    """A proof as JSON values."""
    example = proof.counter_example
    return {
        "invariant": proof.invariant,
        "source": f"{proof.place.file}:{proof.place.line}",
        "verdict": proof.verdict.value,
        "milliseconds": proof.milliseconds,
        "scripts": proof.scripts,
        "since": None if proof.since is None else proof.since.isoformat(),
        "why": proof.why,
        "rules": [{"id": rule, "source": source} for rule, source in proof.rules],
        "counter_example": None if example is None else _example(example),
    }


def _example(example: CounterExample) -> dict[str, Any]:
    decision = example.decision
    return {
        "principal": decision.principal,
        "action": decision.action.value,
        "resource": {"type": decision.resource.type.value, "name": decision.resource.name},
        "context": dict(example.context),
        "environment": example.environment,
        "groups": list(example.groups),
        "reason": decision.reason,
        "policy_version": decision.policy_version,
    }


def _print(console: Console, proofs: list[Proof]) -> None:
    if not proofs:
        console.print(
            "The bundle declares no invariant: there is nothing to prove. A document of kind "
            "`Invariant` says what must be true."
        )
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("invariant", "where", "verdict"):
        table.add_column(heading)
    table.add_column("time", justify="right")
    for proof in proofs:
        table.add_row(
            printable(proof.invariant),
            printable(f"{proof.place.file}:{proof.place.line}"),
            Text(proof.verdict.value.replace("_", " "), style=_STYLES[proof.verdict]),
            f"{proof.milliseconds} ms",
        )
    console.print(table)
    for proof in proofs:
        _explain(console, proof)


def _explain(console: Console, proof: Proof) -> None:
    if proof.verdict is Verdict.HOLDS:
        return
    place = f"{proof.place.file}:{proof.place.line}"
    console.print()
    console.print(
        Text(printable(proof.invariant), style=_STYLES[proof.verdict])
        + Text(f"  {printable(place)}", style="dim")
    )
    if proof.since is not None:
        console.print(Text(f"  from {proof.since.isoformat()} on"))
    if proof.why:
        console.print(Text(f"  {printable(proof.why)}"))
    if proof.counter_example is not None:
        for line in proof.counter_example.told():
            console.print(Text(f"  {printable(line)}"))
    for rule, source in proof.rules:
        console.print(
            Text("  rule ") + Text(printable(rule), "bold") + Text(f"  {printable(source)}", "dim")
        )
