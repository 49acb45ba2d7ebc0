"""`streamward policy explain`: one decision, and what would turn it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streamward.app import asked_bundle, version_at
from streamward.app.sights import records_of
from streamward.cli.options import AuditDir, NoCache, StateDir
from streamward.cli.policy_explained import show_explanation
from streamward.cli.policy_tables import tell_undeclared
from streamward.policy import explain, parse_action, parse_context, parse_resource


def explain_command(
    principal: Annotated[str, typer.Option("--as", metavar="P", help="The principal.")],
    action: Annotated[
        str, typer.Option("--do", metavar="ACTION", help="`produce`, `consume`, `describe`, …")
    ],
    resource: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="RESOURCE",
            help="A stream's NAME, `group:NAME`, `transaction:NAME` or `cluster`.",
        ),
    ],
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")
    ] = Path("."),
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            metavar="KEY=VALUE",
            help="`source=10.20.0.7`, `mfa=false`, `hour=3`, `weekday=6`, …; may be repeated.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="VERSION",
            help="As an applied version decided: its number, or the digest that an entry names.",
        ),
    ] = None,
    state_dir: StateDir = None,
    audit_dir: AuditDir = None,
    no_cache: NoCache = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON document.")] = False,
) -> None:
    """Say what the gateway would decide, which rules decide it, and what would turn it.

    What would turn it are the changes of fewest attributes (another source, hour, second factor,
    group of a token, …) with which the decision is another, each confirmed by the evaluator.

    Of a stream it says what becomes of its records: how they are sealed and signed, where refused
    ones go, and whether this reader sees them clear, opened, masked, as ciphertext or not at all.

    What the context leaves out gets: source 127.0.0.1, TLS, a certificate, MFA and device as the
    principal declares them, the bundle's environment, and now. `device_posture=` says that nothing
    is known of the device.

    Examples:
        streamward policy explain examples/payments --as payments-api --do produce
        --on payments.transactions

        streamward policy explain --as fraud-investigator --do consume --on payments.transactions
        --context source=203.0.113.9 --context hour=3
    """
    day = None
    if at is None:
        bundle = asked_bundle(directory, cache=not no_cache)
    else:
        bundle, day = version_at(directory, at, state_dir, audit_dir)
    asked = parse_resource(bundle, resource)
    tell_undeclared(bundle, asked)
    explanation = explain(
        bundle,
        principal,
        parse_action(action),
        asked,
        parse_context(context or (), bundle),
        today=day,
    )
    console = Console(soft_wrap=True, highlight=False)
    records = records_of(bundle, explanation.decision)
    if as_json:
        told = None if records is None else records.document()
        console.print_json(data={**explanation.document(), "records": told})
    else:
        show_explanation(console, explanation, records)
