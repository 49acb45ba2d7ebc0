"""Load a folder: every document and every mistake, at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from streamward.bundle.collector import collector_paused
from streamward.bundle.documents import read_document
from streamward.bundle.files import read_files
from streamward.bundle.references import duplicates, unknown_references
from streamward.bundle.yaml import parse
from streamward.errors import BundleInvalid, NotFound
from streamward.model.document import (
    Bundle,
    Check,
    Document,
    DocumentKind,
    FileKind,
    Mistake,
    Part,
    Place,
    SourceFile,
)

YAML_SUFFIXES = frozenset({".yaml", ".yml"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder holds, and everything that is wrong with it, by place."""

    bundle: Bundle
    mistakes: tuple[Mistake, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    """Path → text of every file that was read."""

    @property
    def errors(self) -> tuple[Mistake, ...]:
        """The mistakes that keep the bundle from being used."""
        return tuple(mistake for mistake in self.mistakes if mistake.is_error)

    def valid(self) -> Bundle:
        """The bundle, or BundleInvalid when it has errors; they are in its `mistakes`."""
        if self.errors:
            raise invalid(self.bundle.root, self.errors)
        return self.bundle


def invalid(root: Path, errors: tuple[Mistake, ...]) -> BundleInvalid:
    """The error that tells of these mistakes; the first is in its message."""
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    error = BundleInvalid(f"the bundle `{root}` has mistakes: {errors[0]}{more}")
    error.mistakes = errors
    return error


def load(
    root: Path,
    kinds: Iterable[DocumentKind],
    file_kinds: Iterable[FileKind] = (),
    checks: Iterable[Check] = (),
) -> Loaded:
    """Read the folder and check it. Never stops at a mistake; raises NotFound without a folder."""
    if not root.is_dir():
        raise NotFound(f"there is no bundle at `{root}`: not a folder")
    mistakes: list[Mistake] = []
    texts = dict(read_files(root, mistakes))
    return load_texts(root, texts, kinds, file_kinds, checks, mistakes)


def load_texts(
    root: Path,
    texts: Mapping[str, str],
    kinds: Iterable[DocumentKind],
    file_kinds: Iterable[FileKind] = (),
    checks: Iterable[Check] = (),
    before: Iterable[Mistake] = (),
    fields: list[Mapping[str, Any]] | None = None,
) -> Loaded:
    """As `load`, with the texts of the files given; references are answered in `root`.

    What each document was read from is added to `fields`, where that is wanted.
    """
    mistakes = list(before)
    with collector_paused():
        bundle = _read(root, texts, tuple(kinds), tuple(file_kinds), mistakes, fields)
        for check in (duplicates, unknown_references, *checks):
            mistakes.extend(check(bundle))
    return Loaded(bundle, tuple(sorted(_causes(mistakes), key=_order)), texts)


def _causes(mistakes: list[Mistake]) -> list[Mistake]:
    """Each mistake once; those that only follow from others where there are no others."""
    once = list(dict.fromkeys(mistakes))
    causes = [mistake for mistake in once if not mistake.consequence]
    return causes if any(mistake.is_error for mistake in causes) else once


def _order(mistake: Mistake) -> tuple[Place, str]:
    return mistake.place, mistake.what


def _read(
    root: Path,
    texts: Mapping[str, str],
    kinds: tuple[DocumentKind, ...],
    file_kinds: tuple[FileKind, ...],
    mistakes: list[Mistake],
    fields: list[Mapping[str, Any]] | None,
) -> Bundle:
    by_name = {kind.name: kind for kind in kinds}
    documents: list[Document] = []
    files: list[SourceFile] = []
    broken: set[tuple[str, str]] = set()
    parts: list[Part] = []
    for name, text in sorted(texts.items(), key=_place_in_walk):
        path = PurePosixPath(name)
        file_kind = next((kind for kind in file_kinds if kind.matches(path)), None)
        if file_kind is not None:
            value, found = file_kind.read(path.as_posix(), text)
            mistakes.extend(found)
            files.append(SourceFile(file_kind.name, path.as_posix(), text, value))
        elif path.suffix in YAML_SUFFIXES:
            _read_yaml(path, text, by_name, documents, broken, parts, mistakes, fields)
    return Bundle(root, tuple(documents), tuple(files), frozenset(broken), parts=tuple(parts))


def _place_in_walk(file: tuple[str, str]) -> list[tuple[bool, str]]:
    """The files of a folder come before those of the folders in it."""
    *folders, name = file[0].split("/")
    return [*((True, folder) for folder in folders), (False, name)]


def _read_yaml(
    path: PurePosixPath,
    text: str,
    kinds: dict[str, DocumentKind],
    documents: list[Document],
    broken: set[tuple[str, str]],
    parts: list[Part],
    mistakes: list[Mistake],
    fields: list[Mapping[str, Any]] | None,
) -> None:
    for tree in parse(path.as_posix(), text):
        document, spoiled = read_document(tree, kinds, mistakes, parts)
        if document is not None:
            documents.append(document)
            if fields is not None:
                fields.append(tree.value)
        broken.update(spoiled)
