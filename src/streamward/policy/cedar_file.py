"""A `.cedar` file: split into its policies, each with an id and a line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from streamward.model.document import FileKind, Mistake, Place

POLICIES_MAX = 1_000
"""Policies in one file."""

_ID = re.compile(r'@id\s*\(\s*"([A-Za-z0-9][A-Za-z0-9._-]{0,199})"\s*\)')
_ANY_ID = re.compile(r"@id\s*\(")
_STRING_COMMENT_OR_EFFECT = re.compile(r'"(?:[^"\\]|\\.)*"|(//[^\n]*)|\b(permit|forbid)\b')


@dataclass(frozen=True, slots=True)
class CedarPolicy:
    """One policy of a file. The id is that of its `@id`, or else `policyN`, counted from 0."""

    file: str
    id: str
    line: int
    text: str

    @property
    def rule(self) -> str:
        """The id of the rule in decisions: `cedar:FILE:ID`."""
        return f"cedar:{self.file}:{self.id}"


def read_cedar(path: str, text: str) -> tuple[tuple[CedarPolicy, ...], Iterable[Mistake]]:
    """Every policy of a file, and what is wrong with its shape. Never raises."""
    policies: list[CedarPolicy] = []
    mistakes: list[Mistake] = []
    lines: dict[str, int] = {}
    for start, end in _spans(path, text, mistakes):
        if len(policies) >= POLICIES_MAX:
            what = f"more than {POLICIES_MAX} policies in one file"
            mistakes.append(Mistake(_place(path, text, start), what, suggestion="split the file"))
            break
        policy = _policy(path, text, start, end, len(policies), mistakes)
        first = lines.setdefault(policy.id, policy.line)
        if first != policy.line:
            what = f'`@id("{policy.id}")` stands twice'
            where = _place(path, text, start)
            mistakes.append(Mistake(where, what, suggestion=f"first on line {first}"))
        policies.append(policy)
    return tuple(policies), mistakes


def _policy(
    path: str, text: str, start: int, end: int, number: int, mistakes: list[Mistake]
) -> CedarPolicy:
    body = text[start:end]
    head = _head(body)
    match = _ID.search(head)
    if match is None and _ANY_ID.search(head):
        place = _place(path, text, start)
        what = "an `@id` is made of letters, digits and `. _ -`"
        mistakes.append(Mistake(place, what, suggestion='write it as `@id("office-hours")`'))
    return CedarPolicy(path, match[1] if match else f"policy{number}", _line(text, start), body)


def _head(body: str) -> str:
    """The annotations of a policy; a string or a comment among them may say `permit` too."""
    head, at = "", 0
    for match in _STRING_COMMENT_OR_EFFECT.finditer(body):
        head += body[at : match.start()]
        if match[2]:
            return head
        head += "" if match[1] else match[0]
        at = match.end()
    return head + body[at:]


def _spans(path: str, text: str, mistakes: list[Mistake]) -> Iterable[tuple[int, int]]:
    """From the first token of each policy to its `;`, knowing strings and comments."""
    start: int | None = None
    at = 0
    while at < len(text):
        character = text[at]
        if text.startswith("//", at):
            newline = text.find("\n", at)
            at = len(text) if newline < 0 else newline
        elif character.isspace():
            at += 1
        else:
            start = at if start is None else start
            if character == '"':
                end = _string_end(text, at)
                if end is None:
                    what = "a string is not closed"
                    mistakes.append(Mistake(_place(path, text, at), what, suggestion='add `"`'))
                    return
                at = end
            else:
                at += 1
                if character == ";":
                    yield start, at
                    start = None
    if start is not None:
        what = "the policy doesn't end"
        mistakes.append(Mistake(_place(path, text, start), what, suggestion="end it with `;`"))


def _string_end(text: str, start: int) -> int | None:
    at = start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == '"':
            return at + 1
        else:
            at += 1
    return None


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _place(path: str, text: str, at: int) -> Place:
    return Place(path, _line(text, at), at - (text.rfind("\n", 0, at) + 1) + 1)


def _is_cedar(path: PurePosixPath) -> bool:
    return path.suffix == ".cedar"


CEDAR_FILE = FileKind("cedar", room="policy", matches=_is_cedar, read=read_cedar)
