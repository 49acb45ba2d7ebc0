"""`streamward policy diff`: what changes in effect between two bundles."""

from pathlib import Path
from typing import Annotated

import typer

from streamward.app import bundle_at, difference
from streamward.cli.check import show_mistakes
from streamward.cli.options import AsJson, AuditDir, StateDir
from streamward.cli.policy_tables import console, show_difference
from streamward.policy.difference import mistakes

Reference = "A folder, `REVISION:FOLDER` of git, or an applied version: its number or digest."


def diff_command(
    old: Annotated[str, typer.Argument(metavar="OLD", help=Reference)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same.")],
    directory: Annotated[
        Path,
        typer.Option("--bundle", metavar="DIR", help="The folder whose versions are meant."),
    ] = Path("."),
    state_dir: StateDir = None,
    audit_dir: AuditDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what changes in effect: who gains (+) and who loses (-) what, on what, and when.

    Both policies are compared over all principals, resources and circumstances, by what they
    decide: rules that are written otherwise and decide alike are no difference. What readers see
    of each stream, by key rings and masks, and what of it is sealed is compared too.

    Exits with 1 where more access to a class of data, or a clearer sight of it, needs an approval
    that nobody gave: one of the `approvers` in the bundle's head, by a document of kind Approval.

    Examples:
        streamward policy diff HEAD:examples/payments examples/payments

        streamward policy diff 6 7 --bundle my-bundle --json
    """
    before = bundle_at(old, directory, state_dir, audit_dir)
    after = bundle_at(new, directory, state_dir, audit_dir)
    found = difference(before, after)
    to = console()
    if as_json:
        to.print_json(data=found.document())
    else:
        to.soft_wrap = True
        show_difference(to, found)
        show_mistakes(to, mistakes(after, found))
    if not found.is_approved:
        raise typer.Exit(1)
