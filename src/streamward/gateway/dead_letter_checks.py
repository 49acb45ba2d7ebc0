"""Dead letters are for those who may read what they are of: policy and protection, side by side."""

from collections.abc import Iterator

from streamward.contracts.classification import declarations_of
from streamward.contracts.dead_letters import dead_letter_of, dead_letter_on
from streamward.contracts.readers import readers_of
from streamward.contracts.sight import seal_on
from streamward.errors import InvalidArgument, PolicyInvalid, Unavailable
from streamward.model.action import Action, ResourceType
from streamward.model.document import Bundle, Document, Mistake
from streamward.model.keys import KeyRing
from streamward.model.principal import Principal
from streamward.model.resource import Resource
from streamward.model.stream import Stream
from streamward.policy.questions.beside import asserted_groups
from streamward.policy.questions.compiled import Compiled, compiled
from streamward.policy.questions.rights import Asked, Certainty

_NAMED_MAX = 5
"""Principals that one mistake names."""


def dead_letters_for_who_may_read(bundle: Bundle) -> Iterator[Mistake]:
    """SECURITY: whoever may write can have any record refused, and so copied to these readers."""
    found = [
        (document, declared, target)
        for document in bundle.documents_of(Stream)
        if isinstance(declared := document.value, Stream)
        and (target := dead_letter_of(bundle, declared)) is not None
        and target != declared.name
        and declarations_of(bundle, target)
    ]
    if not found or bundle.broken:
        return
    try:
        asked = compiled(bundle)
    except (PolicyInvalid, Unavailable):
        return  # what is wrong with the policy is told by its own checks
    for document, declared, target in found:
        try:
            for source in _topics(asked, declared):
                if dead_letter_on(bundle, source.resource.name) == target:
                    yield from _read_by_more(asked, document, source, target)
        except InvalidArgument as error:
            yield document.mistake(
                f"who may read `{target}` can't be compared with who may read"
                f" `{document.name}`: {error}",
                "dead_letter",
                suggestion="use fewer patterns in grants, or remove `dead_letter`",
            )


def _topics(asked: Compiled, declared: Stream) -> tuple[Asked, ...]:
    if declared.prefix is not None:
        return asked.names_of(ResourceType.STREAM, declared.prefix)
    name = declared.name or ""
    return (Asked(Resource(ResourceType.STREAM, name), name),)


def _read_by_more(
    asked: Compiled, document: Document, source: Asked, target: str
) -> Iterator[Mistake]:
    copies = Asked(Resource(ResourceType.STREAM, target), target)
    rights = asked.ask(None, (Action.READ,), (source, copies)).rights
    of_source = {it.principal: it.ruling.certainty for it in rights if it.on == source}
    of_copies = {it.principal: it.ruling.certainty for it in rights if it.on == copies}
    opened = _opened_for(asked.bundle, target)
    more = sorted(
        name
        for name, certainty in of_copies.items()
        if (opened is None or name in opened)
        and (
            name not in of_source
            or (certainty is Certainty.ALWAYS and of_source[name] is not Certainty.ALWAYS)
        )
    )
    if more:
        told = "`, `".join(more[:_NAMED_MAX])
        rest = f" and {len(more) - _NAMED_MAX} more" if len(more) > _NAMED_MAX else ""
        yield document.mistake(
            f"`{target}` may be read by `{told}`{rest}, who may not read `{source.shown}`, or not"
            " always",
            "dead_letter",
            suggestion=f"deny them `read` on `stream:{target}`, or name another stream",
        )


def _opened_for(bundle: Bundle, target: str) -> frozenset[str] | None:
    """Of a sealed stream, who may get it opened; None: it is not sealed."""
    seal = seal_on(bundle, target)
    if seal is None:
        return None
    ring = bundle.find(KeyRing, seal.ring)
    readers = readers_of(bundle, () if ring is None else (ring.access_class,))
    groups = asserted_groups(bundle)
    return frozenset(
        one.name
        for one in bundle.of(Principal)
        if one.name in readers.principals
        or not readers.roles.isdisjoint(
            {*one.roles, *(role for roles in groups.get(one.name, {}).values() for role in roles)}
        )
    )


CHECKS = (dead_letters_for_who_may_read,)
