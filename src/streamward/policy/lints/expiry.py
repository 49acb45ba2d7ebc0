"""Grants without an end on data whose class demands one."""

from collections.abc import Iterator

from streamward.model.action import Action
from streamward.model.document import Bundle, Mistake
from streamward.model.stream import DataClass
from streamward.policy.lints.carried import Carried
from streamward.policy.lints.effects import grants
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


CHECKS = (grants_without_an_end,)
