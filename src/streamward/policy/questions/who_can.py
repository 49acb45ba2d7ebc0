"""Who may do something, and what somebody may do."""

import datetime
from collections.abc import Sequence

from streamward.errors import InvalidArgument, NotFound
from streamward.model.action import Action, ResourceType, applies
from streamward.model.document import Bundle
from streamward.model.nearest import meant
from streamward.model.resource import Resource
from streamward.model.stream import Stream
from streamward.policy.questions.compiled import Compiled, compiled
from streamward.policy.questions.rights import Asked, Rights


def who_can(
    bundle: Bundle,
    actions: Sequence[Action],
    resource: Resource | None,
    data_class: str | None = None,
    *,
    today: datetime.date | None = None,
) -> Rights:
    """Every principal that may do one of these to a resource, or to any stream of a data class.

    Raises NotFound for a class that isn't declared, InvalidArgument where neither resource nor
    class is given, or none of these can be done to it, PolicyInvalid where the policy doesn't
    compile.
    """
    kind = ResourceType.STREAM if resource is None else resource.type
    if not any(applies(action, kind) for action in actions):
        words = ", ".join(f"`{action.word}`" for action in actions)
        others = {it for action in actions for it in ResourceType if applies(action, it)}
        doable = " or ".join(f"a {it.value.lower()}" for it in ResourceType if it in others)
        what = f"{words} can't be done to a {kind.value.lower()}"
        raise InvalidArgument(f"{what}: it is done to {doable}" if doable else what)
    asked = compiled(bundle, today=today)
    if data_class is not None:
        names = bundle.names("DataClass")
        if data_class not in names:
            raise NotFound(f"there is no class `{data_class}`: {meant(data_class, names)}")
    return asked.ask(None, actions, _resources(asked, resource, data_class))


def _resources(asked: Compiled, resource: Resource | None, data_class: str | None) -> list[Asked]:
    if data_class is None:
        if resource is None:
            raise InvalidArgument("say on what: `--on STREAM`, `--class CLASS` or both")
        return _named(asked, resource)
    streams = [it for it in asked.universe() if it.resource.type is ResourceType.STREAM]
    carrying = carried_classes(asked.bundle, streams)
    if resource is None:
        return [it for it in streams if data_class in carrying[it]]
    named = _named(asked, resource)
    carrying = carried_classes(asked.bundle, named)
    found = [it for it in named if data_class in carrying[it]]
    if not found:
        what = f"`{resource.name}` does not carry class `{data_class}`"
        raise InvalidArgument(f"{what}: leave out `--class`, or `--on`")
    return found


def _named(asked: Compiled, resource: Resource) -> list[Asked]:
    """`PREFIX*` asks for each name of the prefix that stands somewhere, and for any other."""
    if resource.name.endswith("*"):
        return list(asked.names_below(resource.type, resource.name[:-1]))
    return [Asked(resource, resource.name)]


def carried_classes(bundle: Bundle, streams: Sequence[Asked]) -> dict[Asked, frozenset[str]]:
    """The classes that each stream carries: of its name, and of every prefix that it has."""
    by_name = {it.name: it.classes for it in bundle.of(Stream) if it.name is not None}
    by_prefix = {it.prefix: it.classes for it in bundle.of(Stream) if it.prefix is not None}
    found = {}
    for stream in streams:
        name = stream.resource.name
        if stream.resource.type is not ResourceType.STREAM:
            found[stream] = frozenset[str]()
            continue
        classes = set(by_name.get(name, ()))
        for end in range(1, len(name) + 1):
            classes.update(by_prefix.get(name[:end], ()))
        found[stream] = frozenset(classes)
    return found


def what_can(
    bundle: Bundle,
    principal: str,
    actions: Sequence[Action] = tuple(Action),
    *,
    today: datetime.date | None = None,
) -> Rights:
    """Everything that a principal may do: to each declared resource, and to what rules name.

    Raises NotFound for a principal that isn't declared, PolicyInvalid where the policy doesn't
    compile.
    """
    names = bundle.names("Principal")
    if principal not in names:
        raise NotFound(f"there is no principal `{principal}`: {meant(principal, names)}")
    asked = compiled(bundle, today=today)
    return sensible(asked.ask([principal], actions, asked.universe()))


def sensible(rights: Rights) -> Rights:
    """Without what can't be done to a resource of the type at all, whatever rules say."""
    kept = tuple(it for it in rights.rights if applies(it.action, it.on.resource.type))
    return Rights(rights.policy_version, kept, rights.work)
