"""Rights and changes as tables for people."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamward.model.document import Bundle
from streamward.model.resource import Resource
from streamward.model.text import printable
from streamward.policy import undeclared
from streamward.policy.questions import Certainty, Right, Rights, RoleRights
from streamward.policy.questions.beside import told_group
from streamward.policy.questions.rights import RuleUse

if TYPE_CHECKING:
    from streamward.policy.difference import Difference, Note

STYLES = {Certainty.ALWAYS: "green", Certainty.SOMETIMES: "yellow", Certainty.UNKNOWN: "red"}


def console() -> Console:
    """Where tables go; what doesn't fit is folded, never cut."""
    return Console(highlight=False)


def plain(text: str, style: str = "") -> Text:
    """Text of a bundle, fit for a terminal."""
    return Text(printable(text), style=style)


def _grid(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def show_rights(
    to: Console,
    rights: Rights,
    *,
    by_resource: bool,
    sees: Callable[[Right], str] = lambda _: "",
) -> None:
    """A row for each principal (or each resource), with what it may do in the same cases; `sees`
    says what a reader gets of a stream.
    """
    shown = [sees(right) for right in rights.rights]
    columns = ("SEES",) if any(shown) else ()
    table = _grid("ON" if by_resource else "PRINCIPAL", "MAY", "WHEN", *columns, "")
    notes: dict[tuple[Certainty, tuple[RuleUse, ...], tuple[RuleUse, ...]], int] = {}
    groups: dict[tuple[str, int], tuple[Certainty, list[str]]] = {}
    seen: dict[tuple[str, int], str] = {}
    for right, form in zip(rights.rights, shown, strict=True):
        ruling = right.ruling
        note = notes.setdefault((ruling.certainty, ruling.permits, ruling.forbids), len(notes) + 1)
        name = right.on.text if by_resource else right.principal
        actions = groups.setdefault((name, note), (ruling.certainty, []))[1]
        if right.action.word not in actions:
            actions.append(right.action.word)
        if form:
            seen.setdefault((name, note), form)
    for (name, note), (certainty, actions) in groups.items():
        when = Text(certainty.value, STYLES[certainty])
        got = [plain(seen.get((name, note), "")) for _ in columns]
        table.add_row(plain(name), plain(" ".join(actions)), when, *got, Text(f"[{note}]"))
    if not rights.rights:
        to.print(Text("nothing" if by_resource else "nobody", "bold"))
    else:
        to.print(table)
    for (certainty, permits, forbids), note in notes.items():
        lines = [_rule("allowed by ", "green", rule) for rule in permits]
        # What is always allowed is taken away by nobody.
        if certainty is not Certainty.ALWAYS:
            lines += [_rule("denied by ", "red", rule) for rule in forbids]
        for number, line in enumerate(lines):
            mark = f"[{note}]" if number == 0 else ""
            to.print(Text(f"{mark:5}") + line, soft_wrap=True)
    to.print(plain(f"policy {rights.policy_version}", "dim"), soft_wrap=True)


def _rule(before: str, style: str, rule: RuleUse) -> Text:
    line = Text(before, style) + plain(rule.rule) + plain(f" ({rule.source})", "dim")
    return line + plain(f" {rule.told}", "yellow") if rule.conditions else line


def show_roles(to: Console, roles: Iterable[RoleRights]) -> None:
    """Each role with its holders, and what it comes to."""
    for role in roles:
        to.print(plain(role.role, "bold"))
        nobody = "nobody without a token" if role.by_token else "nobody"
        to.print(plain(f"  held by {', '.join(role.holders) or nobody}"))
        for principal, groups in role.by_token.items():
            told = " or ".join(told_group(group) for group in groups)
            to.print(plain(f"  held by {principal} with {told}"), soft_wrap=True)
        if role.includes:
            to.print(plain(f"  includes {', '.join(role.includes)}"))
        for right in role.rights:
            line = plain(f"  {right.effect} {' '.join(right.actions)}")
            line += plain(f" on {' '.join(right.on)}")
            through = "" if right.through == role.role else f", through {right.through}"
            more = ", with conditions" if right.conditional else ""
            line += plain(f"  grant:{right.grant} ({right.source}{through}{more})", "dim")
            to.print(line, soft_wrap=True)
        for rule in role.rules:
            through = "" if rule.through == role.role else f", through {rule.through}"
            line = plain(f"  {rule.effect} as its own text says")
            to.print(line + plain(f"  {rule.rule} ({rule.source}{through})", "dim"), soft_wrap=True)
        to.print()


def show_difference(to: Console, difference: "Difference") -> None:
    """Who gains (+) and who loses (-) what, in which cases, and what needs an approval."""
    from streamward.policy.difference import noted_effects

    if difference.is_empty:
        to.print(Text("both decide every request alike", "bold green"))
    notes: dict[Note, int] = {}
    for line, note in noted_effects(difference):
        mark = "" if note is None else f"  [{notes.setdefault(note, len(notes) + 1)}]"
        style = {"+": "green", "-": "red", "±": "yellow"}.get(line[:1], "")
        to.print(plain(line, style) + Text(mark), soft_wrap=True)
    for note, number in notes.items():
        _show_note(to, number, note)
    for widening in difference.widenings:
        said = f"approved by {widening.by} ({widening.approval})" if widening.approval else ""
        text = (
            f"{widening.principal} may {widening.action.word} more of class "
            f"{widening.data_class} ({widening.level.value}): {said or 'nobody approved it'}"
        )
        to.print(plain(text, "" if said else "bold red"))
    for weaker in difference.weaker_authentication:
        said = f"approved by {weaker.by} ({weaker.approval})" if weaker.approval else ""
        text = (
            f"{', '.join(weaker.principals)} may be proved in another way, with access to class "
            f"{weaker.data_class} ({weaker.level.value}): {said or 'nobody approved it'}"
        )
        to.print(plain(text, "" if said else "bold red"))
    for what in difference.weaker:
        to.print(plain(f"fewer approvals: {what}; nobody approved it", "bold red"))
    for clearer in difference.clearer:
        said = f"approved by {clearer.by} ({clearer.approval})" if clearer.approval else ""
        text = (
            f"{', '.join(clearer.principals)} may see more of class {clearer.data_class} "
            f"({clearer.level.value}): {said or 'nobody approved it'}"
        )
        to.print(plain(text, "" if said else "bold red"))
    for loosened in difference.loosened:
        to.print(plain(f"{loosened.what}: nobody approved it", "bold red"))


def _show_note(to: Console, number: int, note: "Note") -> None:
    tense = "was " if note.is_past else ""
    lines = [_rule(f"{tense}allowed by ", "green", rule) for rule in note.permits]
    lines += [_rule(f"{tense}denied by ", "red", rule) for rule in note.forbids]
    if note.classes:
        lines.insert(0, plain(f"of class {', '.join(note.classes)}"))
    for place, line in enumerate(lines):
        mark = f"[{number}]" if place == 0 else ""
        to.print(Text(f"{mark:5}") + line, soft_wrap=True)


def tell_undeclared(bundle: Bundle, resource: Resource | None) -> None:
    """Beside the answer, which holds for a name that nobody declares too."""
    said = None if resource is None else undeclared(bundle, resource)
    if said is not None:
        typer.echo(f"note: {printable(said)}", err=True)
