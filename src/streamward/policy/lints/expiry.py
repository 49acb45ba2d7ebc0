"""Grants without an end on data whose class demands one."""

from collections.abc import Iterator

from streamward.errors import InvalidArgument, PolicyInvalid, Unavailable
from streamward.model.action import Action, ResourceType
from streamward.model.document import Bundle, Mistake
from streamward.model.stream import DataClass
from streamward.policy.lints.carried import Carried
from streamward.policy.lints.cedar_source import effect, sources
from streamward.policy.lints.effects import grants
from streamward.policy.questions.compiled import compiled
from streamward.policy.questions.who_can import carried_classes
from streamward.policy.target import Target

_CONTENT = frozenset({Action.READ, Action.WRITE})


def grants_without_an_end(bundle: Bundle) -> Iterator[Mistake]:
    """Rights on the content of a class with `expiring_grants` end on a day."""
    if not any(it.requires.expiring_grants for it in bundle.of(DataClass)):
        return
    carried = bundle.once(Carried)
    for document, grant in grants(bundle):
        if grant.expires is not None or not _CONTENT.intersection(grant.allow or ()):
            continue
        for index, text in enumerate(grant.on):
            demanding = [
                it for it in carried.classes(Target.parse(text)) if it.requires.expiring_grants
            ]
            if demanding:
                what = (
                    f"`{text}` carries `{demanding[0].name}`, and grants on that must have an end"
                )
                hint = "add `expires:` with the last day; apply it anew when it was reviewed"
                yield document.mistake(what, "on", index, suggestion=hint)
                break


def cedar_without_an_end(bundle: Bundle) -> Iterator[Mistake]:
    """Rules of Cedar files, which never end, that give somebody the content of such a class."""
    demanding = {it.name for it in bundle.of(DataClass) if it.requires.expiring_grants}
    permits = {it.policy.rule: it for it in sources(bundle) if effect(it.text) == "permit"}
    if not demanding or not permits or bundle.broken:
        return
    try:
        asked = compiled(bundle)
        streams = [it for it in asked.universe() if it.resource.type is ResourceType.STREAM]
        carried = carried_classes(bundle, streams)
        streams = [it for it in streams if demanding & carried[it]]
        rights = asked.ask(None, sorted(_CONTENT), streams).rights
    except (PolicyInvalid, Unavailable):
        # The check that rules compile tells it.
        return
    except InvalidArgument as error:
        what = f"it was not looked whether this rule opens `{min(demanding)}` for ever: {error}"
        yield next(iter(permits.values())).mistake(0, what, "write Grants with `expires:` instead")
        return
    for right in rights:
        for rule in right.ruling.permits:
            source = permits.pop(rule.rule, None)
            if source is not None:
                name = min(demanding & carried[right.on])
                yield source.mistake(
                    0,
                    f"`{right.principal}` may {right.action.word} `{right.on.shown}` by this rule, "
                    f"which never ends: it carries `{name}`, and grants on that must have an end",
                    "write a Grant with `expires:` instead, and leave conditions on it to a "
                    "`forbid`",
                    severity="error",
                )


CHECKS = (grants_without_an_end, cedar_without_an_end)
