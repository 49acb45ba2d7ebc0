"""YAML documents read by libyaml: twenty times as fast as in Python, and only what is plain.

Plain words are what YAML 1.2 has them to be. What is refused here may be right all the same: the
other reader knows YAML 1.2 whole, and says better what is wrong.
"""

import functools
import re
from typing import Any, Final

import yaml
from ruamel.yaml.resolver import implicit_resolvers
from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.resolver import BaseResolver

LINE_MAX: Final = 1_000
FLOWS_MAX: Final = 1_000
"""Neither brackets nor blanks nest deeper: the composer calls itself, and knows no bound."""

_ELSEWHERE = re.compile("^%|[\\x85\\u2028\\u2029\\ufeff]", re.MULTILINE)
"""Directives, which may say another version of YAML; breaks that not everybody counts as such."""


class NotRead(Exception):
    """Somebody else must read it."""


def compose(text: str) -> Any:
    """The node of the document, None where there is none. Raises NotRead."""
    if not yaml.__with_libyaml__ or not _is_plain(text):
        raise NotRead
    try:
        return _composer()(text).get_single_node()
    except yaml.YAMLError as error:
        raise NotRead from error


def _is_plain(text: str) -> bool:
    flows = text.count("[") + text.count("{")
    lines = text.splitlines()
    return (
        flows <= FLOWS_MAX
        and all(len(line) <= LINE_MAX for line in lines)
        and _ELSEWHERE.search(text) is None
    )


@functools.cache
def _composer() -> Any:
    """The class, which can't be named where PyYAML was built without libyaml."""
    from yaml import cyaml

    parser: Any = cyaml.CParser  # type: ignore[attr-defined]

    class Composer(parser, BaseResolver):  # type: ignore[misc]
        def __init__(self, text: str) -> None:
            parser.__init__(self, text)
            BaseResolver.__init__(self)

    for versions, name, expression, first in implicit_resolvers:
        if (1, 2) in versions:
            Composer.add_implicit_resolver(name, expression, first)
    return Composer


__all__ = ["MappingNode", "NotRead", "ScalarNode", "SequenceNode", "compose"]
