"""The schemas of contracts, compiled by the code that the gateway runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from streamward.contracts.schema_files import KIND
from streamward.errors import StreamwardError, Unavailable
from streamward.model.contract_settings import SchemaSource
from streamward.model.document import Bundle


class SchemaInvalid(StreamwardError):
    """A schema can't be used: it doesn't parse, or asks for what can't be enforced."""

    code = "schema.invalid"
    help = "Run `streamward check DIR` to see every problem with its file and line."


class ValueRefused(StreamwardError):
    """A value is not as its schema says, so nothing of it can be shown."""

    code = "schema.value"


Mask = tuple[list[str], str, str | None]
"""The path of a field, the name of its mask, and the group that its hashes are of, if any."""


class CompiledSchema(Protocol):
    """A schema as `streamward._core` holds it."""

    def problem(self, value: bytes, patterns: list[str] = ..., /) -> str | None:
        """What is wrong with a value; None: nothing."""
        ...

    def mask(self, value: bytes, masks: list[Mask], secret: bytes, stream: str, /) -> bytes:
        """The value of a stream with masks on its fields."""
        ...

    def mask_problem(self, path: list[str], mask: str, /) -> str | None:
        """Why a field can't carry a mask; None: it can."""
        ...

    def seal_problem(self, path: list[str], /) -> str | None:
        """Why a field can't be sealed by itself; None: it can."""
        ...

    def open_at(self) -> list[str] | None:
        """The path of something that may hold what isn't declared; None: there is nothing such."""
        ...

    def declared(self) -> bytes:
        """Every field, as JSON. Raises CoreError where there are more than can be told."""
        ...


@dataclass(frozen=True, slots=True)
class SchemaText:
    """A schema before it is compiled: its text, and those that it refers to."""

    format: str
    text: str
    references: tuple[tuple[str, str], ...] = ()
    message: str | None = None
    undeclared: bool = False


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """What keeps a schema from being used: in which reference (None: itself), on which line."""

    reference: str | None
    line: int
    what: str


def core() -> Any:
    """The compiled module. Raises Unavailable where it isn't installed."""
    try:
        from streamward import _core
    except ImportError as error:
        raise Unavailable("the compiled module `streamward._core` is not installed") from error
    return _core


def files_of(bundle: Bundle) -> Mapping[str, str]:
    """The texts of the bundle's schema files, by path."""
    return {file.path: file.text for file in bundle.files_of(KIND)}


def text_of(bundle: Bundle, source: SchemaSource) -> SchemaText | None:
    """The schema that a contract names by `file`; None where one is missing."""
    files = files_of(bundle)
    if source.file is None or source.file not in files:
        return None
    references = []
    for each in source.references:
        if each.file not in files:
            return None
        references.append((each.name, files[each.file]))
    return SchemaText(
        format=source.format,
        text=files[source.file],
        references=tuple(references),
        message=source.message,
        undeclared=source.undeclared == "admit",
    )


def problem(schema: SchemaText) -> SchemaProblem | None:
    """What keeps a schema from being used; None: nothing."""
    found = core().schema_problem(
        schema.format, schema.text, list(schema.references), schema.message
    )
    return None if found is None else SchemaProblem(*found)


def compile_schema(schema: SchemaText) -> CompiledSchema:
    """Compile a schema. Raises SchemaInvalid."""
    module = core()
    try:
        compiled: CompiledSchema = module.Schema(
            schema.format, schema.text, list(schema.references), schema.message, schema.undeclared
        )
    except module.CoreError as error:
        raise SchemaInvalid(str(error.args[-1])) from error
    return compiled


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field that a schema declares."""

    path: tuple[str, ...]
    types: tuple[str, ...]
    required: bool
    repeated: bool
    recursive: bool
    """Of a type that it lies in: what is within it is not told once more."""
    number: int | None
    symbols: tuple[str, ...]

    @property
    def name(self) -> str:
        """For a person: names with dots between them."""
        return ".".join(self.path)


def declared(schema: CompiledSchema) -> tuple[DeclaredField, ...]:
    """Every field that a schema declares, each before those within it.

    Raises SchemaInvalid where there are more than can be told.
    """
    try:
        rows = json.loads(schema.declared())
    except core().CoreError as error:
        raise SchemaInvalid(str(error.args[-1])) from error
    return tuple(
        DeclaredField(
            path=tuple(row["path"]),
            types=tuple(row["types"]),
            required=row["required"],
            repeated=row["repeated"],
            recursive=row["recursive"],
            number=row["number"],
            symbols=tuple(row["symbols"]),
        )
        for row in rows
    )
