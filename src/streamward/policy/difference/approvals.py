"""Which changes need an approval, and which have one.

SECURITY: whoever writes a change also writes the bundle. So what needs an approval, and who may
give it, is what the bundle in force says; the new one adds to that and takes nothing away without
an approval of its own. That `by` truly agreed is for the review of the change to show.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from streamward.model.approval import Approval
from streamward.model.document import Bundle
from streamward.model.manifest import Manifest
from streamward.model.principal import Principal, Role
from streamward.model.stream import DataClass, Level
from streamward.policy.difference.changes import Change, Widening
from streamward.policy.questions.beside import asserted_groups

OF_APPROVER = "an approval counts only by one of"
EVERYONE = frozenset({"everyone"})
"""What an approval may call somebody of whom nothing is declared."""


@dataclass(frozen=True, slots=True)
class Rule:
    """From which level on more access needs an approval, and by whom."""

    level: Level
    approvers: frozenset[str]


def rule_between(old: Bundle, new: Bundle) -> Rule | None:
    """What holds for a change: the stricter level of both; who may approve, as the bundle in force
    says where it says anything.
    """
    rules = [rule for rule in (rule_of(old), rule_of(new)) if rule is not None]
    if not rules:
        return None
    return Rule(min((it.level for it in rules), key=lambda it: it.rank), rules[0].approvers)


def approvers_between(old: Bundle, new: Bundle) -> tuple[str, ...]:
    """Who may approve a change; nobody where it needs no approval."""
    rule = rule_between(old, new)
    return () if rule is None else tuple(sorted(rule.approvers))


def rule_of(bundle: Bundle) -> Rule | None:
    """What a bundle says by itself; None: nothing needs an approval."""
    heads = bundle.of(Manifest)
    if not heads or heads[0].approval is None:
        return None
    return Rule(heads[0].approval.level, frozenset(heads[0].approval.approvers))


def widenings(
    old: Bundle, new: Bundle, changes: Iterable[Change], day: datetime.date
) -> tuple[Widening, ...]:
    """Every gained right on a class that needs an approval, once for each action and class."""
    rule = rule_between(old, new)
    if rule is None:
        return ()
    approvals = approvals_of(new, rule.approvers, day)
    levels = levels_of(old, new)
    subjects = subjects_of(new)
    found: dict[tuple[str, str, str], tuple[Change, list[str]]] = {}
    for change in changes:
        if not change.gains:
            continue
        for name in change.classes:
            if levels[name].rank >= rule.level.rank:
                key = (change.principal, change.action.value, name)
                found.setdefault(key, (change, []))[1].append(change.on.text)
    widened = []
    for (principal, _, name), (change, streams) in found.items():
        approval = next(
            (
                it
                for it in approvals
                if name in it.classes
                and change.action in it.allow
                and not subjects.get(principal, EVERYONE).isdisjoint(it.to)
            ),
            None,
        )
        widened.append(
            Widening(
                principal=principal,
                action=change.action,
                data_class=name,
                level=levels[name],
                on=tuple(streams),
                approval=None if approval is None else approval.id,
                by=None if approval is None else approval.by,
            )
        )
    return tuple(widened)


def weaker(old: Bundle, new: Bundle, day: datetime.date) -> tuple[str, ...]:
    """Ways in which the new bundle asks for fewer approvals; none where an approval allows that."""
    before, after = rule_of(old), rule_of(new)
    if before is None:
        return ()
    if any(it.weaker_approval for it in approvals_of(new, before.approvers, day)):
        return ()
    if after is None:
        return ("the new bundle asks for no approvals at all",)
    found = []
    if after.level.rank > before.level.rank:
        found.append(f"approvals begin at `{after.level.value}` instead of `{before.level.value}`")
    more = sorted(after.approvers - before.approvers)
    if more:
        found.append("new approvers: " + ", ".join(f"`{name}`" for name in more))
    was = {it.name: it.level for it in old.of(DataClass)}
    for data_class in new.of(DataClass):
        level = was.get(data_class.name, data_class.level)
        if level.rank >= before.level.rank > data_class.level.rank:
            found.append(f"class `{data_class.name}` falls to `{data_class.level.value}`")
    return tuple(found)


def approvals_of(new: Bundle, approvers: frozenset[str], day: datetime.date) -> list[Approval]:
    """The approvals of a bundle that count on this day."""
    return [it for it in new.of(Approval) if it.by in approvers and it.expires >= day]


def levels_of(old: Bundle, new: Bundle) -> dict[str, Level]:
    """The higher of both: a class does not get harmless by the change that opens it."""
    levels: dict[str, Level] = {}
    for data_class in (*old.of(DataClass), *new.of(DataClass)):
        present = levels.get(data_class.name, data_class.level)
        levels[data_class.name] = max(present, data_class.level, key=lambda level: level.rank)
    return levels


def subjects_of(bundle: Bundle) -> dict[str, frozenset[str]]:
    """What an approval may call each principal, by its roles and those that a token may give it."""
    includes = {role.name: role.includes for role in bundle.of(Role)}
    groups = asserted_groups(bundle)
    found = {}
    for principal in bundle.of(Principal):
        asserted = [role for roles in groups.get(principal.name, {}).values() for role in roles]
        roles = {*principal.roles, *asserted}
        waiting = sorted(roles)
        while waiting:
            new = set(includes.get(waiting.pop(), ())) - roles
            roles |= new
            waiting.extend(new)
        found[principal.name] = frozenset(
            {"everyone", f"principal:{principal.name}", f"tenant:{principal.tenant}"}
            | {f"role:{role}" for role in roles}
        )
    return found
