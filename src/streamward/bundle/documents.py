"""From a YAML tree to a document of a known kind, or to every reason why it is none."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from streamward.bundle.fields import field_names, names_at
from streamward.bundle.yaml import PlainTree, Tree
from streamward.model.action import Action
from streamward.model.document import (
    ANY_KIND,
    Document,
    DocumentKind,
    FieldPath,
    Mistake,
    Noun,
    Part,
    Place,
)
from streamward.model.nearest import meant, nearest

AnyTree = Tree | PlainTree

Read = tuple[Document | None, frozenset[tuple[str, str]]]
"""The document, or else (kind, name) of one that stands there but is broken."""

_NAMES = re.compile(r"""^(?:name|id|prefix):[ \t]*["']?([^"'#\n]*[^"'#\s])""", re.MULTILINE)
_NAMES_MAX = 10


def read_document(
    tree: AnyTree,
    kinds: Mapping[str, DocumentKind],
    mistakes: list[Mistake],
    parts: list[Part],
) -> Read:
    """Read one tree as a document.

    Mistakes are added to their list, and what can be read of a broken document to `parts`.
    """
    mistakes.extend(tree.mistakes)
    kind = None if tree.value is None else _kind(tree, kinds, mistakes)
    if kind is None:
        # What refers to it would be told as a second mistake; the names are good enough to say no.
        found = _NAMES.findall(tree.text)[:_NAMES_MAX]
        return None, frozenset((ANY_KIND, name) for name in found)
    fields = {key: value for key, value in tree.value.items() if key != "kind"}
    name = kind.name_of(fields)
    try:
        value = kind.model.model_validate(fields)
    except ValidationError as error:
        mistakes.extend(_mistakes(tree, kind, name, error))
        rest = Document(kind.name, name or "", Noun(), tree.file, tree.declared())
        parts.append(Part(kind, fields, rest))
        names = [name] if name else _NAMES.findall(tree.text)[:_NAMES_MAX]
        return None, frozenset((kind.name, each) for each in names)
    return Document(kind.name, name or "", value, tree.file, tree.declared()), frozenset()


def _kind(
    tree: AnyTree, kinds: Mapping[str, DocumentKind], mistakes: list[Mistake]
) -> DocumentKind | None:
    if not isinstance(tree.value, dict):
        what = "a document must be a mapping that starts with `kind:`"
        start = tree.places[()]
        mistakes.append(Mistake(start, what, suggestion="separate documents with a line `---`"))
        return None
    if "kind" not in tree.value:
        near = meant("", kinds)
        mistakes.append(
            Mistake(tree.places[()], "`kind` is missing", "document", f"add `kind:`, {near}")
        )
        return None
    word = tree.value["kind"]
    kind = kinds.get(word) if isinstance(word, str) else None
    if kind is None:
        what = f"there is no kind `{_short(word)}`"
        mistakes.append(Mistake(tree.places[("kind",)], what, "kind", meant(str(word), kinds)))
    return kind


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:57] + "…"


def _mistakes(
    tree: AnyTree, kind: DocumentKind, name: str | None, error: ValidationError
) -> Iterator[Mistake]:
    for detail in _first_causes(kind, error):
        location = detail["loc"]
        path = _path(tree, location)
        where = ".".join(str(part) for part in path)
        subject = f"{kind.name} {name or ''}".strip() + (f": {where}" if where else "")
        place = _place(tree, path, detail["type"])
        what, suggestion = _explained(kind, location, dict(detail), _value_at(tree, path))
        yield Mistake(place, what, subject, suggestion)


def _first_causes(kind: DocumentKind, error: ValidationError) -> Iterator[ErrorDetails]:
    """The errors that don't follow from another: a misspelt field isn't missing too."""
    details = error.errors(include_url=False, include_context=True)
    misspelt: set[tuple[str | int | None, ...]] = set()
    for detail in details:
        if detail["type"] == "extra_forbidden":
            *parents, last = detail["loc"]
            meant_name = nearest(str(last), names_at(kind.model, tuple(parents)))
            misspelt.add((*parents, meant_name))
    for detail in details:
        location = detail["loc"]
        follows = detail["type"] == "missing" and location in misspelt
        if detail["type"] == "too_short":
            follows = any(d["loc"][: len(location)] == location for d in details if d is not detail)
        if not follows:
            yield detail


def _path(tree: AnyTree, location: tuple[int | str, ...]) -> FieldPath:
    """The location without the tags of unions, which stand in no file."""
    path: FieldPath = ()
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if (*path, part) in tree.places or (last and isinstance(_value_at(tree, path), dict)):
            path = (*path, part)
    return path


def _value_at(tree: AnyTree, path: FieldPath) -> Any:
    value = tree.value
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _place(tree: AnyTree, path: FieldPath, error_type: str) -> Place:
    if error_type == "extra_forbidden" and path in tree.keys:
        return tree.keys[path]
    while path and path not in tree.places:
        path = path[:-1]
    if path in tree.keys and isinstance(_value_at(tree, path), dict):
        return tree.keys[path]
    return tree.places[path]


_TYPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "`true` or `false`",
    "bool_parsing": "`true` or `false`",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "date_type": "a date such as `2027-01-31`",
    "date_parsing": "a date such as `2027-01-31`",
    "date_from_datetime_parsing": "a date such as `2027-01-31`",
    "date_from_datetime_inexact": "a date such as `2027-01-31`",
}


def _explained(
    kind: DocumentKind, location: tuple[int | str, ...], detail: dict[str, Any], value: Any
) -> tuple[str, str]:
    """What is wrong in the user's words, and what to do."""
    error_type, context = detail["type"], detail.get("ctx", {})
    field = location[-1] if location else ""
    if error_type == "extra_forbidden":
        beside = _beside(kind, location)
        return f"there is no field `{_short(field)}`", beside or meant(
            str(field), names_at(kind.model, location[:-1])
        )
    if error_type == "missing":
        return f"`{field}` is missing", f"add `{field}:`"
    if error_type in _TYPES:
        wanted = _TYPES[error_type]
        hint = ""
        if wanted == "a list":
            hint = "write it as `[a, b]` or as lines that start with `- `"
        elif wanted == "a text" and value is not None:
            hint = "put it in quotes"
        said = f"`{field}`" if isinstance(field, str) else f"an entry of `{_list_of(location)}`"
        return f"{said} must be {wanted}", hint
    if error_type in ("literal_error", "enum", "union_tag_invalid"):
        expected = context.get("expected") or context.get("expected_tags") or ""
        words = re.findall(r"'([^']*)'", str(expected))
        given = context.get("tag", value)
        named = field if isinstance(field, str) else _list_of(location)
        said = f"`{_short(given)}` is not a value of `{_tag_field(named, context)}`"
        return said, meant(_BY_CLIENTS.get(str(given), str(given)), words)
    if error_type == "union_tag_not_found":
        return "`type` is missing", "add `type:`"
    if error_type == "string_pattern_mismatch":
        return (
            f"`{_short(value)}` is not a valid {_noun(field)}",
            f"it must match `{context.get('pattern', '')}`",
        )
    if error_type == "too_short":
        return f"`{field}` must not be empty", f"add an entry, or remove `{field}:`"
    message = str(context.get("error") or detail["msg"])
    return _short_message(message), _bound(context) or _known(kind, location)


def _bound(context: Mapping[str, Any]) -> str:
    """The nearest number that may stand there."""
    if "le" in context:
        return f"write {context['le']} or less"
    return f"write {context['ge']} or more" if "ge" in context else ""


def _beside(kind: DocumentKind, location: tuple[int | str, ...]) -> str:
    """Where a field that stands too deep belongs: beside the one that it stands in."""
    *around, field = location
    while around:
        outer = around.pop()
        if isinstance(outer, str) and field in names_at(kind.model, tuple(around)):
            return f"`{field}:` belongs beside `{outer}:`, not in it"
    return ""


# What clients do is called otherwise by Kafka's authorizer, and by rules.
_BY_CLIENTS = {"produce": Action.WRITE.word, "consume": Action.READ.word}


def _list_of(location: tuple[int | str, ...]) -> str:
    """The field whose entry this is."""
    return next((part for part in reversed(location) if isinstance(part, str)), "")


def _noun(field: str | int) -> str:
    return f"`{field}`" if isinstance(field, str) else "entry"


def _tag_field(field: str | int, context: Mapping[str, Any]) -> str:
    if "discriminator" in context:
        return str(context["discriminator"]).strip("'")
    return str(field)


def _short_message(message: str) -> str:
    text = " ".join(message.removeprefix("Value error, ").split())
    return (text[:1].lower() + text[1:])[:200]


def _known(kind: DocumentKind, location: tuple[int | str, ...]) -> str:
    if location:
        return ""
    return "fields: " + ", ".join(f"`{name}`" for name in field_names(kind.model))
