"""The approvals that a change lacks, as text to be pasted into the bundle once somebody agrees."""

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from streamward.model.action import Action
from streamward.model.approval import Approval
from streamward.model.document import Bundle
from streamward.policy.difference.changes import Loosening, WeakerAuthentication, Widening
from streamward.policy.difference.sight_changes import ClearerSight

NAMED_MAX: Final = 100
"""Classes or subjects that one Approval names."""
HELD_DAYS: Final = 30
"""How long an approval may be leaned on, as it is proposed."""
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})

Fields = Mapping[str, Sequence[str] | bool]


def missing_approvals(
    bundle: Bundle,
    approvers: Iterable[str],
    day: datetime.date,
    *,
    widenings: Iterable[Widening] = (),
    loosened: Iterable[Loosening] = (),
    clearer: Iterable[ClearerSight] = (),
    authentication: Iterable[WeakerAuthentication] = (),
    more: Iterable[str] = (),
) -> str:
    """Documents of kind Approval that allow just what is unapproved here; empty where nothing is.

    `more` are the words that an Approval says by themselves: `weaker_approval`, `first_version`.
    """
    wanted = [
        *_of_rights(
            (it for it in widenings if it.approval is None),
            (it for it in clearer if it.approval is None),
        ),
        *_of_loosenings(loosened),
        *_of_authentication(it for it in authentication if it.approval is None),
        *({word: True} for word in more),
    ]
    names = sorted(approvers)
    if not names or not wanted:
        return ""
    taken = {it.id for it in bundle.of(Approval)}
    free = (f"approval-{day.isoformat()}-{number}" for number in range(1, 1_000_000))
    ids = (it for it in free if it not in taken)
    expires = day + datetime.timedelta(days=HELD_DAYS)
    return "".join(_document(next(ids), names, expires, fields) for fields in wanted)


def _document(
    identifier: str, approvers: Sequence[str], expires: datetime.date, fields: Fields
) -> str:
    others = f"  # or: {', '.join(approvers[1:])}" if len(approvers) > 1 else ""
    lines = [
        "---",
        "kind: Approval",
        f"id: {identifier}",
        f"by: {_text(approvers[0])}{others}",
        "reason: say why",
    ]
    for field, value in fields.items():
        shown = "true" if isinstance(value, bool) else f"[{', '.join(map(_text, value))}]"
        lines.append(f"{field}: {shown}")
    lines.append(f"expires: {expires.isoformat()}")
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """As YAML that is a text and nothing else."""
    plain = re.fullmatch(r"[A-Za-z]([A-Za-z0-9._:@-]*[A-Za-z0-9_])?", value)
    return value if plain and value.lower() not in _WORDS else json.dumps(value)


def _of_rights(widenings: Iterable[Widening], clearer: Iterable[ClearerSight]) -> Iterator[Fields]:
    actions: dict[tuple[str, str], set[str]] = {}
    for it in widenings:
        actions.setdefault((it.principal, it.data_class), set()).add(it.action.word)
    for sight in clearer:
        for name in sight.principals:
            actions.setdefault((name, sight.data_class), set()).add(Action.READ.word)
    # Whoever gains the same stands in one document, and nobody in one that says more.
    for (classes, allow), to in _joined((*key, tuple(sorted(it))) for key, it in actions.items()):
        for part in _parts(to):
            yield {"classes": classes, "to": part, "allow": allow}


def _joined(
    found: Iterable[tuple[str, str, tuple[str, ...]]],
) -> Iterator[tuple[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]]]:
    """Principals by the classes on which they gain the same."""
    classes: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for principal, data_class, what in found:
        classes.setdefault((principal, what), []).append(data_class)
    principals: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (principal, what), names in classes.items():
        for part in _parts(sorted(names)):
            principals.setdefault((tuple(part), what), []).append(f"principal:{principal}")
    for key, names in principals.items():
        yield key, tuple(sorted(names))


def _of_loosenings(loosened: Iterable[Loosening]) -> Iterator[Fields]:
    classes: dict[str, set[str]] = {}
    for it in loosened:
        classes.setdefault(it.field, set()).add(it.data_class)
    for field, names in classes.items():
        for part in _parts(sorted(names)):
            yield {"classes": part, field: True}


def _of_authentication(found: Iterable[WeakerAuthentication]) -> Iterator[Fields]:
    pairs = {(name, it.data_class, ()) for it in found for name in it.principals}
    for (classes, _), to in _joined(sorted(pairs)):
        for part in _parts(to):
            yield {"classes": classes, "to": part, "weaker_authentication": True}


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(names), NAMED_MAX):
        yield names[begin : begin + NAMED_MAX]
