"""`streamward policy who-can|what-can|roles|matrix`: questions about all requests at once."""

from pathlib import Path
from typing import Annotated, Any

import typer

from streamward.app import asked_bundle
from streamward.app.sights import sees
from streamward.cli.files import text_of, written
from streamward.cli.options import AsJson, NoCache
from streamward.cli.policy_tables import (
    console,
    plain,
    show_rights,
    show_roles,
    tell_undeclared,
)
from streamward.model.document import Bundle
from streamward.policy import parse_action, parse_resource
from streamward.policy.questions import (
    Right,
    Rights,
    access_matrix,
    effective_roles,
    what_can,
    who_can,
)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")]
Do = Annotated[
    list[str],
    typer.Option(
        "--do",
        metavar="ACTION",
        help="`produce`, `consume`, `describe`, `create`, …; may be repeated.",
    ),
]


def who_can_command(
    do: Do,
    directory: Directory = Path("."),
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            metavar="RESOURCE",
            help="A stream's NAME, `PREFIX*` for every name of a prefix, `group:NAME`, "
            "`transaction:NAME` or `cluster`.",
        ),
    ] = None,
    data_class: Annotated[
        str | None,
        typer.Option("--class", metavar="CLASS", help="Any stream that carries this data class."),
    ] = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """Name every principal that may do something, by which rule, and under which conditions.

    `always` means under all circumstances. With `sometimes`, each rule that allows it stands with
    what it asks of the circumstances, and each rule that may take it away with when it does.

    Of a prefix, and of a class, each name that a document or rule names is told by itself; a block
    `fraud.*` stands for all others.

    Where only a token gives the role, the condition names the issuer, the claim and the group.
    `SEES` is what a reader gets: `clear` (nothing is sealed or masked), `opened`, `masked`,
    `ciphertext`, `partly_sealed`, or `refused` by a key ring or contract, whatever the policy says.

    Examples:
        streamward policy who-can examples/payments --do consume --on payments.transactions

        streamward policy who-can --do consume --do produce --class cardholder --json
    """
    bundle = asked_bundle(directory, cache=not no_cache)
    resource = None if on is None else parse_resource(bundle, on)
    actions = [parse_action(word) for word in do]
    rights = who_can(bundle, actions, resource, data_class)
    tell_undeclared(bundle, resource)
    to = console()
    if as_json:
        to.print_json(data=_document(bundle, rights))
        return
    texts = dict.fromkeys(right.on.text for right in rights.rights)
    is_one = resource is not None and not resource.name.endswith("*")
    if is_one or not texts:
        show_rights(to, rights, by_resource=False, sees=lambda right: _sees(bundle, right))
        return
    for text in texts:
        to.print(plain(text, "bold underline"))
        one = tuple(right for right in rights.rights if right.on.text == text)
        of_one = Rights(rights.policy_version, one, rights.work)
        show_rights(to, of_one, by_resource=False, sees=lambda right: _sees(bundle, right))
        to.print()


def what_can_command(
    principal: Annotated[str, typer.Option("--as", metavar="P", help="The principal.")],
    directory: Directory = Path("."),
    do: Annotated[
        list[str] | None,
        typer.Option("--do", metavar="ACTION", help="Only this; may be repeated."),
    ] = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """List everything that a principal may do, on every resource that rules tell apart.

    A row `fraud.*` stands for every name of the prefix that has no row of its own. `SEES` is what
    it gets of streams that it reads, as in `who-can`.

    Examples:
        streamward policy what-can examples/payments --as fraud-investigator

        streamward policy what-can --as analytics-batch --do consume --json
    """
    bundle = asked_bundle(directory, cache=not no_cache)
    actions = [parse_action(word) for word in do] if do else None
    rights = what_can(bundle, principal, *(() if actions is None else (actions,)))
    to = console()
    if as_json:
        to.print_json(data=_document(bundle, rights))
    else:
        show_rights(to, rights, by_resource=True, sees=lambda right: _sees(bundle, right))


def _sees(bundle: Bundle, right: Right) -> str:
    found = sees(bundle, right)
    return "" if found is None else found.told


def _document(bundle: Bundle, rights: Rights) -> dict[str, Any]:
    document = rights.document()
    for told, right in zip(document["rights"], rights.rights, strict=True):
        found = sees(bundle, right)
        told["sees"] = None if found is None else found.document()
    return document


def roles_command(
    directory: Directory = Path("."),
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="Only this one.")
    ] = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """Expand roles: what each includes, who holds it, and which grants it comes to.

    Rules of Cedar files that name a role are listed beside its grants. They may give more and, like
    controls of classes, take some of it away: `what-can` tells what comes of all of them.

    Examples:
        streamward policy roles examples/payments

        streamward policy roles --role fraud-analyst --json
    """
    roles = effective_roles(asked_bundle(directory, cache=not no_cache), role)
    to = console()
    if as_json:
        to.print_json(data={"roles": [one.document() for one in roles]})
    else:
        show_roles(to, roles)


def matrix_command(
    directory: Directory = Path("."),
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help="Write it there.")
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help="Exit with 1 where it isn't what FILE holds."),
    ] = None,
    no_cache: NoCache = False,
) -> None:
    """Print the access matrix: each principal, resource and operation, and in which cases.

    Keep it beside the bundle: a change of any right then shows in its review, and `--check` in
    continuous integration sees to it that nobody forgot to write it anew.

    Examples:
        streamward policy matrix examples/payments

        streamward policy matrix . --write access-matrix.txt

        streamward policy matrix . --check access-matrix.txt
    """
    reviewed = None if check is None else text_of(check)
    matrix = access_matrix(asked_bundle(directory, cache=not no_cache))
    if write is not None:
        written(write, matrix)
    if check is not None and reviewed is not None:
        difference = _difference(check, reviewed, matrix)
        for line in difference:
            console().print(plain(line), soft_wrap=True)
        if difference:
            raise typer.Exit(1)
    if write is None and check is None:
        typer.echo(matrix, nl=False)


def _difference(file: Path, reviewed: str, matrix: str) -> list[str]:
    import difflib

    lines = difflib.unified_diff(
        reviewed.splitlines(), matrix.splitlines(), str(file), "the bundle", lineterm=""
    )
    return list(lines)
