"""What a bundle is made of: documents with their places, and the mistakes found in them.

A room declares its kinds (`DocumentKind`), its files (`FileKind`) and its checks; the composition
root hands them to the bundle's loader, which knows none of them by name.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

N = TypeVar("N", bound=BaseModel)
T = TypeVar("T")

FieldPath = tuple[str | int, ...]

ANY_KIND = "*"


class Noun(BaseModel):
    """Base of everything that a bundle declares: frozen, and no field that isn't declared."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        defer_build=True,
    )


@dataclass(frozen=True, slots=True)
class RefersTo:
    """Marks a field (in `Annotated`) whose text is the name of a document of this kind."""

    kind: str


@dataclass(frozen=True, slots=True)
class Material:
    """Marks a field (in `Annotated`) that refers to bytes beside the bundle; says what they are."""

    purpose: Literal[
        "certificate",
        "ca",
        "crl",
        "key",
        "verifier",
        "password",
        "signing_key",
        "record_key",
        "public_key",
        "store_key",
        "database_url",
        "mask_secret",
    ]

    @property
    def secret(self) -> bool:
        """Whether nobody but the owner may read the file."""
        return self.purpose not in ("certificate", "ca", "crl", "public_key")


Severity = Literal["error", "warning"]
"""What becomes of a mistake: an error keeps a bundle from being used."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: file relative to the bundle, line and column from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in a bundle: where, what, and what to do about it."""

    place: Place
    what: str
    where: str = ""
    suggestion: str = ""
    severity: Severity = "error"
    consequence: bool = False
    """Whether another mistake is its likely cause; told only where there is no other error."""
    remedy: str = ""
    """Documents, as YAML to be pasted into the bundle, that mend it and those like it before it."""

    @property
    def is_error(self) -> bool:
        """Whether the bundle can't be used; a warning only says that something looks wrong."""
        return self.severity == "error"

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.what}"


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of YAML document: the `kind:` that it bears and the model that it must fit."""

    name: str
    model: type[Noun]
    room: str
    key: tuple[str, ...] = ("name",)
    """Fields of which the one that is set names the document."""

    def name_of(self, fields: Mapping[str, Any]) -> str | None:
        """The name in these fields, or None where none of the key fields holds a text."""
        for key in self.key:
            value = fields.get(key)
            if isinstance(value, str) and value:
                return value
        return None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the bundle that isn't a YAML document with a kind, and what a room read from it."""

    kind: str
    path: str
    text: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of file: which paths (relative to the bundle) are of it, and how it is read.

    `read(path, text)` gives the value and the mistakes; it must not raise for any text.
    """

    name: str
    room: str
    matches: Callable[[PurePosixPath], bool]
    read: Callable[[str, str], tuple[Any, Iterable[Mistake]]]


@dataclass(frozen=True, slots=True)
class Document:
    """One declared thing, and where each of its fields stands."""

    kind: str
    name: str
    value: Noun
    file: str
    places: Mapping[FieldPath, Place]

    def place(self, *path: str | int) -> Place:
        """Where the field stands, or else the nearest thing around it."""
        for length in range(len(path), -1, -1):
            found = self.places.get(path[:length])
            if found is not None:
                return found
        return Place(self.file, 1)

    def mistake(
        self,
        what: str,
        *path: str | int,
        suggestion: str = "",
        severity: Severity = "error",
    ) -> Mistake:
        """A mistake about one field of this document."""
        where = ".".join(str(part) for part in path)
        subject = f"{self.kind} {self.name}" + (f": {where}" if where else "")
        return Mistake(self.place(*path), what, subject, suggestion, severity)


@dataclass(frozen=True, slots=True)
class Part:
    """What can be read of a broken document: what its sound fields name is checked all the same."""

    kind: DocumentKind
    fields: Mapping[str, Any]
    """As they stand in the file, of any type."""
    document: Document
    """Its name and places, without a value."""

    def texts(self, field: str, pattern: str) -> tuple[tuple[int, str], ...]:
        """Place and text of each entry of a list that has the form that the field asks for."""
        entries = self.fields.get(field)
        if not isinstance(entries, list):
            return ()
        return tuple(
            (index, text)
            for index, text in enumerate(entries)
            if isinstance(text, str) and re.fullmatch(pattern, text)
        )


@dataclass(frozen=True, slots=True)
class AppliedVersion:
    """Which applied version a bundle is: its number in the history, and its content's digest."""

    number: int
    content: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that a folder declares, as read; `streamward.bundle` loads and checks one."""

    root: Path
    documents: tuple[Document, ...] = ()
    files: tuple[SourceFile, ...] = ()
    broken: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """(kind, name) of documents that could not be read; the kind is `*` where it isn't known."""
    version: AppliedVersion | None = None
    """None: the folder as it was read."""
    parts: tuple[Part, ...] = ()
    """Of those in `broken` whose kind is known, what can be read."""
    _made: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was looked up before: checks ask the same of each of thousands of documents."""

    def of(self, model: type[N]) -> tuple[N, ...]:
        """Every declared value of this model, in the order of files and lines."""
        return self._once((model, "values"), lambda: self._values(model))

    def documents_of(self, model: type[BaseModel]) -> tuple[Document, ...]:
        """The documents of this model, with their places."""
        return self._once((model, "documents"), lambda: self._documents(model))

    def find(self, model: type[N], name: str) -> N | None:
        """The declared value of this model and name."""
        return self._once((model, "by name"), lambda: self._by_name(model)).get(name)

    def names(self, kind: str) -> frozenset[str]:
        """The names declared for a kind, those of broken documents included."""
        return self._once((kind, "names"), lambda: self._names(kind))

    def once(self, make: "Callable[[Bundle], T]") -> T:
        """What a function makes of this bundle, made once: for indexes of what is declared."""
        return self._once(make, lambda: make(self))

    def _once(self, key: object, make: Callable[[], T]) -> T:
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    def _values(self, model: type[N]) -> tuple[N, ...]:
        return tuple(d.value for d in self._documents(model))  # type: ignore[misc]

    def _by_name(self, model: type[N]) -> dict[str, N]:
        return {d.name: d.value for d in reversed(self._documents(model))}  # type: ignore[misc]

    def _documents(self, model: type[BaseModel]) -> tuple[Document, ...]:
        by_model = self.once(_by_model)
        found = [documents for of, documents in by_model.items() if issubclass(of, model)]
        if len(found) < 2:
            return tuple(*found)
        return tuple(d for d in self.documents if isinstance(d.value, model))

    def _names(self, kind: str) -> frozenset[str]:
        whole = {d.name for d in self.documents if d.kind == kind}
        return frozenset(whole | {name for of, name in self.broken if of in (kind, ANY_KIND)})

    def files_of(self, kind: str) -> tuple[SourceFile, ...]:
        """The files of a kind, by path."""
        return tuple(file for file in self.files if file.kind == kind)


def _by_model(bundle: Bundle) -> dict[type[Noun], list[Document]]:
    found: dict[type[Noun], list[Document]] = {}
    for document in bundle.documents:
        found.setdefault(type(document.value), []).append(document)
    return found


Check = Callable[[Bundle], Iterable[Mistake]]
"""Looks across documents. Must hold for a bundle with parts missing: what is broken is left out."""
