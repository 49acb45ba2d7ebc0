"""The access matrix: principal × resource × operation, as a text that people review."""

import datetime

from streamward.model.action import Action
from streamward.model.document import Bundle
from streamward.policy.questions.compiled import compiled
from streamward.policy.questions.rights import Certainty, Right, Ruling
from streamward.policy.questions.who_can import sensible

HEAD = """\
# Who may do what, for all circumstances. Written by `streamward policy matrix`; review each change.
# What isn't listed is denied. `NAME*` is every name of the prefix that stands nowhere by itself.
"""


def access_matrix(bundle: Bundle, *, today: datetime.date | None = None) -> str:
    """The matrix of a bundle. Raises PolicyInvalid where the policy doesn't compile.

    A line for each principal, resource and ruling: the operations, then whether they are allowed
    always; else, indented, which rules allow them when, and which take them away.
    """
    asked = compiled(bundle, today=today)
    rights = sensible(asked.ask(None, tuple(Action), asked.universe())).rights
    by_principal: dict[str, list[Right]] = {}
    for right in rights:
        by_principal.setdefault(right.principal, []).append(right)
    blocks = [HEAD]
    for name in sorted(bundle.names("Principal")):
        blocks.append(f"\n## {name}\n\n" + "".join(_lines(by_principal.get(name, []))))
    return "".join(blocks)


def _lines(rights: list[Right]) -> list[str]:
    if not rights:
        return ["nothing\n"]
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for right in rights:
        key = (right.on.text, _told(right.ruling))
        grouped.setdefault(key, []).append(right.action.word)
    lines = []
    for (text, told), actions in grouped.items():
        lines.append(f"{_visible(text)}  {' '.join(actions)}\n")
        lines.extend(f"    {line}\n" for line in told)
    return lines


def _told(ruling: Ruling) -> tuple[str, ...]:
    if ruling.certainty is Certainty.ALWAYS:
        return ("always",)
    permits = {f"allowed {rule.told}".rstrip() for rule in ruling.permits}
    # A permit without conditions leaves nothing to say about those beside it.
    if "allowed" in permits:
        permits = set()
    forbids = {f"denied {rule.told}".rstrip() for rule in ruling.forbids}
    told = (*sorted(permits), *sorted(forbids))
    unknown = ("not searched through",) if ruling.certainty is Certainty.UNKNOWN else ()
    return (*told, *unknown)


def _visible(text: str) -> str:
    return text.replace("\n", "\\n")
