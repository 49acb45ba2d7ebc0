"""Compare two bundles by what their policies decide, not by their texts."""

import datetime
from dataclasses import replace
from typing import Any

import msgspec

from streamward.errors import InvalidArgument
from streamward.model.action import Action, applies
from streamward.model.document import Bundle
from streamward.policy.days import utc_today
from streamward.policy.difference.approvals import approvers_between, weaker, widenings
from streamward.policy.difference.authentication import weaker_authentication
from streamward.policy.difference.changes import Change, Difference, Turn
from streamward.policy.difference.identities import identity_changes
from streamward.policy.difference.loosened import (
    Protect,
    Protection,
    clearer_sights,
    loosenings,
)
from streamward.policy.difference.missing import missing_approvals
from streamward.policy.evaluator import core_errors
from streamward.policy.questions.beside import day_of
from streamward.policy.questions.compiled import Compiled, compiled, question
from streamward.policy.questions.rights import Ruling
from streamward.policy.questions.who_can import carried_classes


def diff(
    old: Bundle,
    new: Bundle,
    *,
    today: datetime.date | None = None,
    protect: Protect = lambda _, __: Protection(),
) -> Difference:
    """What `new` decides otherwise than `old`, over all principals, resources and circumstances;
    and, as `protect` tells it, what it protects less.

    Both are taken as they hold on the same day (today, in UTC) and on every later one on which a
    grant of either ends. Approvals are those of `new`; what needs one, and who may give it, is
    what `old` says where it says anything.

    Raises PolicyInvalid where a policy doesn't compile, InvalidArgument where the bundles are too
    large to compare.
    """
    day = today or utc_today()
    before, after = compiled(old, today=day), compiled(new, today=day)
    resources = before.universe(after)
    actions = tuple(Action)
    with core_errors(InvalidArgument):
        answer = before.kernel.compare(after.kernel, question(None, actions, resources))
    decoded = msgspec.json.decode(answer)
    rulings = [(_ruling(before, it["old"]), _ruling(after, it["new"])) for it in decoded["changes"]]
    were, are = carried_classes(old, resources), carried_classes(new, resources)
    classes = {it: tuple(sorted(were[it] | are[it])) for it in resources}
    changes = []
    for who, what, how, place in decoded["rows"]:
        action, on = actions[how], resources[what]
        if not applies(action, on.resource.type):
            continue
        told = decoded["changes"][place]
        changes.append(
            Change(
                principal=decoded["principals"][who],
                action=action,
                on=on,
                classes=classes[on],
                gained=_turn(told["gained"]),
                lost=_turn(told["lost"]),
                is_unknown=told["is_unknown"],
                old=rulings[place][0],
                new=rulings[place][1],
            )
        )
    protection = protect(old, new)
    clearer = clearer_sights(old, new, protection.sights, day)
    told = {(it.data_class, who) for it in clearer for who in it.principals if not it.approval}
    loosened = loosenings(old, new, day, protection.loosened)
    identities = identity_changes(old, new)
    found = Difference(
        old_version=before.section.version,
        new_version=after.section.version,
        changes=tuple(changes),
        widenings=widenings(old, new, changes, day),
        weaker=weaker(old, new, day),
        # Of whom it is told what more it sees, it need not be told that a ring opens.
        loosened=tuple(it for it in loosened if (it.data_class, it.reader) not in told),
        sights=protection.sights,
        less_protected=protection.less,
        clearer=clearer,
        identities=identities,
        weaker_authentication=weaker_authentication(old, after, identities, resources, day),
        approvers=approvers_between(old, new),
    )
    missing = missing_approvals(
        new,
        found.approvers,
        day,
        widenings=found.widenings,
        loosened=found.loosened,
        clearer=found.clearer,
        authentication=found.weaker_authentication,
        more=("weaker_approval",) if found.weaker else (),
    )
    return replace(found, missing=missing)


def _turn(decoded: dict[str, Any] | None) -> Turn | None:
    if decoded is None:
        return None
    return Turn(
        context=decoded["context"],
        since=day_of(decoded["day"]),
        groups=tuple(decoded["groups"]),
        by_declaration=decoded["by_declaration"],
    )


def _ruling(side: Compiled, decoded: dict[str, Any] | None) -> Ruling | None:
    return None if decoded is None else side.ruling(decoded)
