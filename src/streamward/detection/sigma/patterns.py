"""Regular expressions that can't be made to run for ever by what a peer sends."""

import re
from typing import Any, Final

PATTERN_CHARACTERS_MAX: Final = 1_000


class Unsupported(Exception):
    """A rule asks for something that the evaluator can't do exactly."""


def safe_pattern(pattern: str, flags: int) -> re.Pattern[str]:
    """Compile a pattern. Raises Unsupported where its running time may explode.

    SECURITY: names and client ids in the log are chosen by peers. A repetition within a repetition
    lets one of them hold the interpreter (and with it containment) for hours.
    """
    if len(pattern) > PATTERN_CHARACTERS_MAX:
        raise Unsupported(f"the pattern is longer than {PATTERN_CHARACTERS_MAX} characters")
    try:
        compiled = re.compile(pattern, flags)
        parsed = re._parser.parse(pattern, flags)  # type: ignore[attr-defined]
    except re.error as error:
        raise Unsupported(f"the pattern is invalid: {error}") from None
    if _nested(parsed, inside=False):
        raise Unsupported("the pattern repeats a repetition, which can take for ever to match")
    return compiled


_REPEATS: Final = ("MAX_REPEAT", "MIN_REPEAT")
_UNBOUNDED: Final = 32
"""A repetition that may go on for more than this many times counts as unbounded."""


def _nested(node: Any, *, inside: bool) -> bool:
    """Whether an unbounded repetition stands within another one, or a reference to a group."""
    for operator, argument in node:
        name = str(operator)
        if name == "GROUPREF":
            return True
        unbounded = name in _REPEATS and int(argument[1]) > _UNBOUNDED
        if unbounded and inside:
            return True
        for child in _children(argument):
            if _nested(child, inside=inside or unbounded):
                return True
    return False


def _children(argument: Any) -> list[Any]:
    """The sub-patterns in an operator's argument, however deep it packs them."""
    if isinstance(argument, re._parser.SubPattern):  # type: ignore[attr-defined]
        return [argument]
    if isinstance(argument, list | tuple):
        return [child for part in argument for child in _children(part)]
    return []
