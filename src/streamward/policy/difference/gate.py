"""A difference as a gate: more access to sensitive data waits for an approval."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from streamward.errors import PolicyInvalid
from streamward.model.document import Bundle, Mistake, Place
from streamward.model.manifest import Manifest
from streamward.model.stream import DataClass
from streamward.policy.days import utc_today
from streamward.policy.difference.approvals import approvals_of, rule_of
from streamward.policy.difference.changes import Change, Difference, IdentityChange, Turn
from streamward.policy.difference.compare import diff
from streamward.policy.difference.loosened import Protect, Protection
from streamward.policy.difference.missing import missing_approvals
from streamward.policy.difference.sight_changes import SightChange
from streamward.policy.questions.rights import Certainty, RuleUse

EFFECTS_MAX = 200
"""Lines that tell a difference; more are counted."""
NAMED_MAX = 5
"""Principals that a line names; more are counted."""
STREAMS_MAX = 3
"""Streams that a line names; more are counted."""


def unapproved_widenings(
    bundle: Bundle, before: Bundle | None, protect: Protect = lambda _, __: Protection()
) -> Iterator[Mistake]:
    """What the bundle may not change without an approval, of what was in force before.

    Where nothing was, all that it permits is new: an approver agrees to it as a whole.
    """
    if before is None:
        yield from _first_version(bundle)
        return
    try:
        difference = diff(before, bundle, protect=protect)
    except PolicyInvalid as error:
        # A version of an older release: were it an error, nothing could come into force any more.
        what = f"nothing was compared, for what is in force doesn't compile any more: {error}"
        yield Mistake(Place("streamward.yaml", 1), what, "approval", severity="warning")
        return
    yield from mistakes(bundle, difference)


def _first_version(bundle: Bundle) -> Iterator[Mistake]:
    rule = rule_of(bundle)
    if rule is None:
        return
    guarded = [it.name for it in bundle.of(DataClass) if it.level.rank >= rule.level.rank]
    agreed = any(it.first_version for it in approvals_of(bundle, rule.approvers, utc_today()))
    if guarded and not agreed:
        yield Mistake(
            bundle.documents_of(Manifest)[0].place("approval"),
            f"no version is in force yet, and this one permits access to `{guarded[0]}`"
            + (f" and {len(guarded) - 1} more classes" if len(guarded) > 1 else "")
            + ": nobody approved it",
            "approval",
            "add an Approval with `first_version: true`, by one of: "
            + ", ".join(sorted(rule.approvers)),
            remedy=missing_approvals(bundle, rule.approvers, utc_today(), more=["first_version"]),
        )


def mistakes(bundle: Bundle, difference: Difference) -> Iterator[Mistake]:
    """Every widening that nobody agreed to, at the first rule that allows it; the last one has the
    approvals that all of them lack.
    """
    found = list(_unapproved(bundle, difference))
    if found:
        yield from found[:-1]
        yield replace(found[-1], remedy=difference.missing)


def _unapproved(bundle: Bundle, difference: Difference) -> Iterator[Mistake]:
    heads = bundle.documents_of(Manifest)
    head = heads[0].place("approval") if heads else Place("streamward.yaml", 1)
    by = f"by one of: {', '.join(difference.approvers) or 'the approvers'}"
    for what in difference.weaker:
        hint = "needs an Approval with `weaker_approval: true`, by an approver of before"
        yield Mistake(head, f"the bundle asks for fewer approvals: {what}", "approval", hint)
    for loosened in difference.loosened:
        hint = f"needs an Approval of class `{loosened.data_class}` with `{loosened.field}: true`"
        place = head if loosened.source is None else _place_of(loosened.source)
        yield Mistake(place, f"{loosened.what}: nobody approved it", "approval", f"{hint}, {by}")
    for clearer in difference.unapproved_sights:
        change = clearer.change
        word = "weaker_masks" if change.by_masks else "weaker_keys"
        yield Mistake(
            _place_of(change.source),
            f"{_named(clearer.principals)} {_see(clearer.principals)} more of class "
            f"`{clearer.data_class}` ({clearer.level.value}) in {_some(change.streams)}: "
            f"{_sight(change)}: nobody approved it",
            "approval",
            f"needs an Approval of class `{clearer.data_class}` to these with `allow: [read]`, "
            f"or of this class with `{word}: true`, {by}",
        )
    for widening in difference.unapproved:
        streams = ", ".join(widening.on[:3]) + (" …" if len(widening.on) > 3 else "")
        yield Mistake(
            _place(difference, widening.principal, widening.data_class) or head,
            f"`{widening.principal}` may {widening.action.word} more of class "
            f"`{widening.data_class}` ({widening.level.value}) on {streams}: nobody approved it",
            "approval",
            f"needs an Approval of class `{widening.data_class}` to "
            f"`principal:{widening.principal}` with `allow: [{widening.action.word}]`, {by}",
        )
    for weaker in difference.unapproved_authentication:
        who = _whom(weaker.change.who, weaker.principals)
        yield Mistake(
            _place_of(weaker.change.source),
            f"{who} may get at class `{weaker.data_class}` "
            f"({weaker.level.value}), and {weaker.change.what}: nobody approved it",
            "approval",
            f"needs an Approval of class `{weaker.data_class}` to these with "
            f"`weaker_authentication: true`, {by}",
        )


def _place(difference: Difference, principal: str, data_class: str) -> Place | None:
    for change in difference.changes:
        if change.principal == principal and data_class in change.classes and change.gains:
            for rule in change.new.permits if change.new is not None else ():
                return _place_of(rule.source)
    return None


def _place_of(source: str) -> Place:
    file, _, line = source.rpartition(":")
    return Place(file, int(line))


def _named(principals: Sequence[str]) -> str:
    more = f" and {len(principals) - NAMED_MAX} more" if len(principals) > NAMED_MAX else ""
    return ", ".join(f"`{it}`" for it in principals[:NAMED_MAX]) + more


def _see(principals: Sequence[str]) -> str:
    return "sees" if len(principals) == 1 else "see"


def _some(streams: Sequence[str]) -> str:
    more = f" and {len(streams) - STREAMS_MAX} more" if len(streams) > STREAMS_MAX else ""
    return ", ".join(streams[:STREAMS_MAX]) + more


def _sight(change: SightChange) -> str:
    by = ", by groups of a token" if change.by_token else ""
    return f"{change.after}, before {change.before}{by}"


def _how(sign: str, turn: Turn | None, *, is_partly: bool) -> Iterator[str]:
    if is_partly:
        # Some of it was there before, or is left.
        yield "in more cases" if sign == "+" else "in fewer cases"
    if turn is not None and turn.by_declaration:
        yield "by what is declared of the principal"
    if turn is not None and turn.groups:
        yield "by a token of " + ", ".join(turn.groups)
    if turn is not None and turn.since is not None:
        yield f"from {turn.since.isoformat()} on"


def _whom(who: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
    return who + (f" ({', '.join(names[:NAMED_MAX])}{more})" if who != f"`{names[0]}`" else "")


def _identity(change: IdentityChange) -> str:
    return f"{change.sign} {_whom(change.who, change.principals)}  {change.what} ({change.source})"


@dataclass(frozen=True, slots=True)
class Note:
    """What stands behind a line of a difference: the classes of the stream, and what decides the
    right: now, or before where nothing of it is left.
    """

    classes: tuple[str, ...]
    certainty: Certainty
    permits: tuple[RuleUse, ...]
    forbids: tuple[RuleUse, ...]
    is_past: bool
    """Whether it decided before."""


def effects(difference: Difference) -> tuple[str, ...]:
    """The difference for people: who proves to be whom in other ways, what becomes of records,
    then a line for each principal and resource.
    """
    return tuple(line for line, _ in _all(difference, lambda *_: None))


def noted_effects(difference: Difference) -> tuple[tuple[str, Note | None], ...]:
    """As `effects`, with what stands behind each line; lines are apart where that is."""
    return _all(difference, _note)


def _note(change: Change, sign: str) -> Note | None:
    is_past = sign == "-" and change.new is None
    ruling = change.old if is_past else change.new
    if ruling is None:
        return None
    is_open = ruling.certainty is Certainty.ALWAYS
    return Note(
        change.classes,
        ruling.certainty,
        ruling.permits,
        # What is always allowed is taken away by nobody.
        () if is_open else ruling.forbids,
        is_past,
    )


def _all(
    difference: Difference, note_of: Callable[[Change, str], Note | None]
) -> tuple[tuple[str, Note | None], ...]:
    lines: dict[tuple[str, str, str, str, Note | None], list[str]] = {}
    for change in difference.changes:
        for sign, turn, other in (
            ("+", change.gained, change.old),
            ("-", change.lost, change.new),
        ):
            if turn is None and not change.is_unknown:
                continue
            how = "  ".join(_how(sign, turn, is_partly=other is not None))
            key = (sign, change.principal, change.on.text, how, note_of(change, sign))
            lines.setdefault(key, []).append(change.action.word)
    rights = [
        (f"{sign} {principal}  {on}  {' '.join(actions)}{'  ' + how if how else ''}", note)
        for (sign, principal, on, how, note), actions in lines.items()
    ]
    sights = [
        f"{it.sign} {', '.join(it.principals[:NAMED_MAX])}"
        f"{f' and {more} more' if (more := len(it.principals) - NAMED_MAX) > 0 else ''}"
        f"  {_some(it.streams)}  {_see(it.principals)} {_sight(it)} ({it.source})"
        for it in difference.sights
    ]
    less_protected = [f"- {it}" for it in difference.less_protected]
    told: list[tuple[str, Note | None]] = [
        (line, None) for line in (*map(_identity, difference.identities), *less_protected, *sights)
    ]
    told += rights
    more = len(told) - EFFECTS_MAX
    return (*told[:EFFECTS_MAX], *(((f"and {more} more", None),) if more > 0 else ()))
