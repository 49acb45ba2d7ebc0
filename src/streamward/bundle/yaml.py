"""YAML as plain values with the place of each; nothing is constructed that a tag asks for."""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from streamward.bundle import libyaml, plain
from streamward.model.document import FieldPath, Mistake, Place

NODES_MAX = 100_000
"""Values in one YAML document, aliases expanded: a bound on `&a [*b, *b]` bombs."""
DEPTH_MAX = 32

_SEPARATOR = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Tree:
    """One YAML document: its value, where each part of it stands, and what is wrong with it."""

    file: str
    value: Any = None
    places: dict[FieldPath, Place] = field(default_factory=dict)
    keys: dict[FieldPath, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    text: str = ""

    def declared(self) -> Mapping[FieldPath, Place]:
        """Where each part is declared: that of a mapping by its key, any other by itself."""
        return {path: self.keys.get(path, place) for path, place in self.places.items()}


class PlainTree:
    """The same of a plain document; its parts' places are found by reading it once more."""

    __slots__ = ("_first_line", "_placed", "_start", "file", "text", "value")

    def __init__(self, file: str, text: str, first_line: int, value: Any, lines: int) -> None:
        self.file = file
        self.text = text
        self.value = value
        self._first_line = first_line
        self._start = Place(file, first_line + lines)
        self._placed: Tree | None = None

    @property
    def mistakes(self) -> list[Mistake]:
        """None: who reads plain documents refuses whatever may be wrong."""
        return []

    @property
    def places(self) -> Mapping[FieldPath, Place]:
        """Where each part stands."""
        return self._whole().places

    @property
    def keys(self) -> Mapping[FieldPath, Place]:
        """Where the key of each part stands."""
        return self._whole().keys

    def declared(self) -> Mapping[FieldPath, Place]:
        """As of a Tree; the value isn't held by it."""
        file, text, first_line = self.file, self.text, self._first_line
        return plain.Places(self._start, lambda: _placed(file, text, first_line).declared())

    def _whole(self) -> Tree:
        if self._placed is None:
            self._placed = _placed(self.file, self.text, self._first_line)
        return self._placed


class _TooLarge(Exception):
    pass


def parse(file: str, text: str) -> Iterator[Tree | PlainTree]:
    """Every YAML document in the text. A syntax error spoils only its own document."""
    for first_line, part in _parts(text):
        read = plain.read(part, _date)
        if read is not None:
            yield PlainTree(file, part, first_line, *read)
            continue
        tree = _parse_one(file, part, first_line)
        if tree is not None:
            yield tree


def _parts(text: str) -> Iterator[tuple[int, str]]:
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(text))]
    line = 1
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:end]
        if part.strip():
            yield line, part
        line += part.count("\n")


def _compose(text: str) -> Any:
    """The node of a document, None where there is none. Raises YAMLError and others."""
    with suppress(libyaml.NotRead):
        return libyaml.compose(text)
    # Without `plug_ins` it searches its own folder for some, once a document.
    return YAML(typ="safe", pure=True, plug_ins=[]).compose(text)


def _placed(file: str, text: str, first_line: int) -> Tree:
    tree = _parse_one(file, text, first_line)
    assert tree is not None, "what is plain to one reader is a document to every other"
    return tree


def _parse_one(file: str, text: str, first_line: int) -> Tree | None:
    tree = Tree(file, text=text)
    try:
        node = _compose(text)
        if node is None:
            return None
        tree.value = _Reader(tree, first_line).read(node, (), 0)
    except (RecursionError, _TooLarge):
        what = f"the document is too large: more than {NODES_MAX} values or {DEPTH_MAX} levels"
        tree.mistakes.append(
            Mistake(Place(file, first_line), what, suggestion="split it, or drop the aliases")
        )
    except MarkedYAMLError as error:
        tree.mistakes.append(_syntax_mistake(file, first_line, error))
    except (YAMLError, ValueError, AssertionError, IndexError, TypeError, AttributeError) as error:
        # The parser of `ruamel.yaml` lets a few of these through on malformed input.
        what = f"not valid YAML: {_one_line(error)}"
        tree.mistakes.append(Mistake(Place(file, first_line), what))
    return tree


def _syntax_mistake(file: str, first_line: int, error: MarkedYAMLError) -> Mistake:
    mark = error.problem_mark or error.context_mark
    place = Place(file, first_line)
    if mark is not None:
        place = Place(file, first_line + mark.line, mark.column + 1)
    problem = _one_line(error.problem or error.context or "it can't be read")
    suggestion = "check the indentation and quotes here and on the line above"
    if "\\t" in problem or "tab" in problem:
        suggestion = "indent with blanks, not with tabs"
    return Mistake(place, f"not valid YAML: {problem}", suggestion=suggestion)


def _one_line(message: object) -> str:
    return " ".join(str(message).split())[:200]


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    if len(digits) > 30:
        raise ValueError("number too long")
    return int(digits, 0 if re.match(r"[-+]?0[box]", digits) else 10)


def _float(text: str) -> float:
    folded = text.replace("_", "").lower()
    return float(re.sub(r"\.(inf|nan)", r"\1", folded))


def _date(text: str) -> datetime.date | str:
    """The day, or the text where there is none such."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return text


_SCALARS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": _integer,
    "float": _float,
    "bool": lambda text: text.lower() == "true",
    "null": lambda text: None,
    "timestamp": lambda text: _date(text) if len(text) == 10 else text,
}


class _Reader:
    """Turns nodes into values, notes their places, and reports keys that stand twice."""

    def __init__(self, tree: Tree, first_line: int) -> None:
        self._tree = tree
        self._first_line = first_line
        self._nodes = 0

    def read(self, node: Node, path: FieldPath, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > NODES_MAX or depth > DEPTH_MAX:
            raise _TooLarge
        self._tree.places[path] = self._place(node)
        if isinstance(node, libyaml.MappingNode | MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, libyaml.SequenceNode | SequenceNode):
            return [
                self.read(child, (*path, index), depth + 1)
                for index, child in enumerate(node.value)
            ]
        return self._scalar(node)

    def _mapping(self, node: MappingNode, path: FieldPath, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            place = self._place(key_node)
            if key in result:
                first = self._tree.keys[(*path, key)]
                self._mistake(place, f"key `{key}` stands twice", f"first on line {first.line}")
                continue
            self._tree.keys[(*path, key)] = place
            result[key] = self.read(value_node, (*path, key), depth + 1)
        return result

    def _key(self, node: Node) -> str | None:
        if isinstance(node, libyaml.ScalarNode | ScalarNode):
            if node.value == "<<":
                self._mistake(
                    self._place(node), "merge keys `<<` are not supported", "write it out"
                )
                return None
            return str(node.value)
        self._mistake(self._place(node), "a key must be a plain word", "")
        return None

    def _scalar(self, node: Node) -> Any:
        tag = str(node.tag).removeprefix(_TAG)
        convert = _SCALARS.get(tag)
        if convert is None:
            what = f"the tag `{_one_line(node.tag)}` is not supported"
            self._mistake(self._place(node), what, "drop the tag")
            return None
        try:
            return convert(node.value)
        except ValueError:
            self._mistake(self._place(node), f"not a valid {tag}: `{_one_line(node.value)}`", "")
            return None

    def _place(self, node: Node) -> Place:
        mark = node.start_mark
        return Place(self._tree.file, self._first_line + mark.line, mark.column + 1)

    def _mistake(self, place: Place, what: str, suggestion: str) -> None:
        self._tree.mistakes.append(Mistake(place, what, suggestion=suggestion))
