"""`streamward policy test`: decide the cases that stand beside a policy."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from streamward.app import valid_bundle
from streamward.cli.files import written
from streamward.cli.options import AsJson
from streamward.cli.policy_tables import console, plain
from streamward.policy.cases import Report, junit, run_cases


def run_command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")
    ] = Path("."),
    junit_file: Annotated[
        Path | None,
        typer.Option("--junit", metavar="FILE", help="Also write a report in JUnit's XML."),
    ] = None,
    coverage_min: Annotated[
        float,
        typer.Option(
            "--coverage",
            metavar="PERCENT",
            min=0,
            max=100,
            help="Fail where fewer of the rules decide a case.",
        ),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Decide every case of the bundle's documents of kind PolicyTest, as the gateway would.

    A rule is covered where it decides a case that passes; those that never do are listed with
    their lines: write a case that needs each, or remove it.

    Exits with 1 where a case fails, and where coverage is below `--coverage`.

    Examples:
        streamward policy test examples/payments

        streamward policy test . --coverage 100 --junit policy-tests.xml
    """
    report = run_cases(valid_bundle(directory, materials=False))
    if junit_file is not None:
        written(junit_file, junit(report))
    to = console()
    to.soft_wrap = True
    if as_json:
        to.print_json(data=report.document())
    else:
        _show(to, report)
    if report.failed or report.coverage_percent < coverage_min:
        raise typer.Exit(1)


def _show(to: Console, report: Report) -> None:
    for result in report.failed:
        to.print(plain(f"{result.place}: ", "bold") + Text("failed: ", "bold red"), end="")
        to.print(plain(f"{result.case.name}: {result.told}"))
    if not report.results:
        to.print("The bundle has no cases. Documents of kind `PolicyTest` hold them.")
    passed = len(report.results) - len(report.failed)
    style = "bold red" if report.failed else "bold green"
    to.print(Text(f"{passed} of {len(report.results)} cases passed", style))
    covered = len(report.rules) - len(report.never_decisive)
    to.print(
        f"{covered} of {len(report.rules)} rules decided one ({report.coverage_percent:.1f} %)"
    )
    for rule in report.never_decisive:
        to.print(plain(f"  {rule.source}: never decisive: {rule.id}", "yellow"))
