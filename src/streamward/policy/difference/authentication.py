"""Other ways to prove who somebody is, as access: whoever can be taken for a principal has its
rights.

SECURITY: who may add an authority that issues `CN=payments` gets at all that this principal may
read. So a way more, or another one, needs an approval as a right more does; a way less needs none.
"""

import datetime
from collections.abc import Iterable, Sequence

import msgspec

from streamward.errors import InvalidArgument
from streamward.model.action import Action, ResourceType, applies
from streamward.model.approval import Approval
from streamward.model.document import Bundle
from streamward.model.principal import Principal
from streamward.policy.difference.approvals import (
    EVERYONE,
    approvals_of,
    levels_of,
    rule_between,
    subjects_of,
)
from streamward.policy.difference.changes import IdentityChange, WeakerAuthentication
from streamward.policy.evaluator import core_errors
from streamward.policy.questions.compiled import Compiled, question
from streamward.policy.questions.rights import Asked
from streamward.policy.questions.who_can import carried_classes


def weaker_authentication(
    old: Bundle,
    new: Compiled,
    changes: Sequence[IdentityChange],
    resources: Sequence[Asked],
    day: datetime.date,
) -> tuple[WeakerAuthentication, ...]:
    """Each change that lets somebody be taken for principals who may get at a class that needs an
    approval, once for each class; and who agreed to it.

    Raises InvalidArgument where it asks for too much at once.
    """
    bundle = new.bundle
    rule = rule_between(old, bundle)
    # Of who is new all rights are new, and need approvals as such.
    known = {it.name for it in old.of(Principal)} & {it.name for it in bundle.of(Principal)}
    gaining = [it for it in changes if it.gains and not known.isdisjoint(it.principals)]
    if rule is None or not gaining:
        return ()
    levels = levels_of(old, bundle)
    guarded = frozenset(name for name, level in levels.items() if level.rank >= rule.level.rank)
    principals = sorted(known & {name for it in gaining for name in it.principals})
    reached = _reached(old, new, principals, resources, guarded)
    approvals = [it for it in approvals_of(bundle, rule.approvers, day) if it.weaker_authentication]
    subjects = subjects_of(bundle)
    found: list[WeakerAuthentication] = []
    for change in gaining:
        for data_class in sorted(guarded):
            holders = [it for it in change.principals if data_class in reached.get(it, ())]
            by_approval: dict[Approval | None, list[str]] = {}
            for name in holders:
                approval = _covering(approvals, data_class, subjects.get(name, EVERYONE))
                by_approval.setdefault(approval, []).append(name)
            found += [
                WeakerAuthentication(
                    change=change,
                    data_class=data_class,
                    level=levels[data_class],
                    principals=tuple(names),
                    approval=None if approval is None else approval.id,
                    by=None if approval is None else approval.by,
                )
                for approval, names in by_approval.items()
            ]
    return tuple(found)


def _covering(
    approvals: Iterable[Approval], data_class: str, subjects: frozenset[str]
) -> Approval | None:
    fitting = (
        it for it in approvals if data_class in it.classes and not subjects.isdisjoint(it.to)
    )
    return next(fitting, None)


def _reached(
    old: Bundle,
    new: Compiled,
    principals: Sequence[str],
    resources: Sequence[Asked],
    guarded: frozenset[str],
) -> dict[str, set[str]]:
    """The guarded classes that each principal may get at, in some circumstances, today or on a day
    to come: what the new policy allows and one without rules does not.
    """
    streams = [it for it in resources if it.resource.type is ResourceType.STREAM]
    were, are = carried_classes(old, streams), carried_classes(new.bundle, streams)
    carrying = {it: (were[it] | are[it]) & guarded for it in streams}
    asked = [it for it in streams if carrying[it]]
    if not asked:
        return {}
    without = new.without_rules()
    actions = [it for it in Action if applies(it, ResourceType.STREAM)]
    with core_errors(InvalidArgument):
        answer = without.compare(new.kernel, question(principals, actions, asked))
    decoded = msgspec.json.decode(answer)
    found: dict[str, set[str]] = {}
    for who, what, _, place in decoded["rows"]:
        told = decoded["changes"][place]
        if told["gained"] is not None or told["is_unknown"]:
            found.setdefault(decoded["principals"][who], set()).update(carrying[asked[what]])
    return found
