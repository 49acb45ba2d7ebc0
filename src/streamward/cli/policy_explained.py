"""An explanation for people: decision, rules, what would turn it, what becomes of records."""

import json

from rich.console import Console
from rich.text import Text

from streamward.app.sights import Records
from streamward.cli.policy_tables import plain
from streamward.policy import Explanation


def show_explanation(to: Console, explanation: Explanation, records: Records | None) -> None:
    """Print it; `records` where it is about a stream."""
    _decision(to, explanation)
    if records is not None:
        _records(to, records)
    to.print(Text("\ncontext", style="bold"))
    for key, value in explanation.decision.context.items():
        to.print(Text(f"    {key} = {json.dumps(value)}"))
    to.print(Text(f"policy {explanation.decision.policy_version}", style="dim"))


def _decision(to: Console, explanation: Explanation) -> None:
    decision = explanation.decision
    style = "bold green" if decision.allowed else "bold red"
    asked = f"{decision.principal} {decision.action.word} {decision.resource.name}"
    kind = decision.resource.type.value.lower()
    to.print(Text(decision.effect.value, style=style) + plain(f"  {asked} ({kind})", "bold"))
    to.print(plain(decision.reason))
    for rule in explanation.rules:
        to.print(Text(f"\n{rule.id}", style="bold") + plain(f"  {rule.source}", "dim"))
        for line in rule.cedar.splitlines():
            to.print(plain(f"    {line}"))
    if decision.errors:
        to.print(Text("\nfailed to evaluate: " + ", ".join(decision.errors), style="red"))
    to.print(Text(_turning(explanation), style="bold"))
    for each in explanation.alternatives:
        to.print(plain(f"    {each.told}"))


def _turning(explanation: Explanation) -> str:
    other = "denied" if explanation.decision.allowed else "allowed"
    if not explanation.alternatives:
        return f"\nno change of up to four attributes would have it {other}"
    return f"\nit would be {other} with one of"


def _records(to: Console, records: Records) -> None:
    seen = records.seen
    if seen is not None:
        is_refused = records.is_refused
        to.print(Text("\nwhat it sees", style="bold"))
        form = plain(f"    {seen.sight.form.value}", "bold red" if is_refused else "bold")
        to.print(form + plain(f": {seen.sight.why}"))
        for field, mask in seen.sight.masks:
            to.print(plain(f"        {field}: {mask}"))
        if seen.sight.key is not None:
            headers = ", ".join(seen.sight.headers or ()) or "none"
            to.print(plain(f"        key: {seen.sight.key}; headers: {headers}"))
        for told in seen.by_token_told:
            to.print(plain(f"    {told}"))
    if records.treatment.told:
        to.print(Text("\nits records", style="bold"))
        for line in records.treatment.told:
            to.print(plain(f"    {line}"))
