"""A bundle that is only asked: errors keep it from being used, warnings nobody looks for."""

import gc
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from pydantic import BaseModel, TypeAdapter

from streamward.app import kept
from streamward.bundle.collector import collector_paused
from streamward.bundle.files import read_files
from streamward.errors import NotFound, PolicyInvalid
from streamward.model.contract import DataContract
from streamward.model.document import Bundle, Document, Mistake, Noun, Place, SourceFile
from streamward.model.grant import Grant
from streamward.model.keys import AccessClass, KeyRing
from streamward.model.manifest import Manifest
from streamward.model.principal import Principal, Role
from streamward.model.stream import DataClass, Namespace, Stream
from streamward.model.token_issuer import TokenIssuer
from streamward.model.topology import Cluster
from streamward.policy.days import utc_today
from streamward.policy.questions.compiled import Compiled, compiled, keep, restored, written

DOCUMENTS_MIN: Final = 500
"""Smaller bundles are read as fast as what was kept of them would be."""

N = TypeVar("N", bound=BaseModel)

_KEPT: Final[Mapping[str, type[Noun]]] = {
    "AccessClass": AccessClass,
    "Bundle": Manifest,
    "Cluster": Cluster,
    "DataClass": DataClass,
    "DataContract": DataContract,
    "Grant": Grant,
    "KeyRing": KeyRing,
    "Namespace": Namespace,
    "Principal": Principal,
    "Role": Role,
    "Stream": Stream,
    "TokenIssuer": TokenIssuer,
}
"""The kinds that questions look at, beside what was compiled."""


class _OfKind(msgspec.Struct, array_like=True):
    names: list[str]
    places: list[tuple[str, int, int]]
    values: msgspec.Raw
    """A list of the documents' fields."""


class _Entry(msgspec.Struct, array_like=True):
    kinds: dict[str, _OfKind]
    policy: str
    """What was compiled, as `written` writes it."""


class _Asked(Bundle):
    """A bundle of which only that was kept that questions look at; asking for more is a mistake."""

    def documents_of(self, model: type[BaseModel]) -> tuple[Document, ...]:
        assert model in _KEPT.values(), model
        return super().documents_of(model)

    def of(self, model: type[N]) -> tuple[N, ...]:
        assert model in _KEPT.values(), model
        return super().of(model)

    def find(self, model: type[N], name: str) -> N | None:
        assert model in _KEPT.values(), model
        return super().find(model, name)

    def names(self, kind: str) -> frozenset[str]:
        assert kind in _KEPT, kind
        return super().names(kind)

    def files_of(self, kind: str) -> tuple[SourceFile, ...]:
        raise AssertionError(kind)


def asked_bundle(directory: Path, *, cache: bool = True) -> Bundle:
    """A bundle without errors, for questions of `streamward.policy.questions` and for nothing else.

    With `cache` what was found out about the same files before is believed, and what is found out
    is kept. Raises BundleInvalid with every mistake, or NotFound.
    """
    if not directory.is_dir():
        raise NotFound(f"there is no bundle at `{directory}`: not a folder")
    with collector_paused():
        bundle = _asked(directory, cache=cache)
        # It lives as long as the process that asks: no collection needs to look through it.
        gc.freeze()
    return bundle


def _asked(directory: Path, *, cache: bool) -> Bundle:
    mistakes: list[Mistake] = []
    texts = dict(read_files(directory, mistakes))
    if not cache or mistakes:
        return _read(directory, texts, mistakes, [])
    # A day ends grants, and may be a mistake in itself; no check looks at where a folder is, which
    # one of tomorrow might.
    name = kept.name_of(texts, (utc_today().isoformat(), str(directory.resolve())))
    content = kept.read_entry(name)
    if content is not None:
        with suppress(ValueError):
            return _restored(directory, content)
    fields: list[Mapping[str, Any]] = []
    bundle = _read(directory, texts, mistakes, fields)
    if len(bundle.documents) >= DOCUMENTS_MIN:
        # What can't be written the way it was read has to be read anew each time.
        with suppress(ValueError, TypeError, OverflowError):
            kept.write_entry(name, _written(bundle, fields))
    return bundle


def _read(
    directory: Path,
    texts: Mapping[str, str],
    mistakes: list[Mistake],
    fields: list[Mapping[str, Any]],
) -> Bundle:
    """Read and checked anew."""
    from streamward.app.bundles import bundle_checks, document_kinds, error_checks, file_kinds
    from streamward.bundle.load import load_texts
    from streamward.policy.validate import rules_compile

    kinds = document_kinds(), file_kinds()
    checks = [check for check in error_checks() if check is not rules_compile]
    loaded = load_texts(directory, texts, *kinds, checks, mistakes, fields)
    if not loaded.errors:
        # What the check would compile and throw away is compiled for the question.
        with suppress(PolicyInvalid):
            _keep(loaded.bundle, compiled(loaded.bundle))
            return loaded.bundle
    # Told as `streamward check` tells it.
    fields.clear()
    return load_texts(directory, texts, *kinds, bundle_checks(), mistakes, fields).valid()


def _keep(bundle: Bundle, asked: Compiled) -> None:
    keep(bundle, lambda: asked, utc_today())


def _written(bundle: Bundle, fields: Sequence[Mapping[str, Any]]) -> bytes:
    """Raises ValueError, TypeError or OverflowError for a value that JSON has no words for."""
    by_kind: dict[str, list[tuple[Document, Mapping[str, Any]]]] = {}
    for document, of_one in zip(bundle.documents, fields, strict=True):
        if document.kind in _KEPT:
            own = {key: value for key, value in of_one.items() if key != "kind"}
            by_kind.setdefault(document.kind, []).append((document, own))
    kinds = {}
    for kind, found in by_kind.items():
        data = msgspec.json.encode([of_one for _, of_one in found])
        if _adapter(_KEPT[kind]).validate_json(data) != [document.value for document, _ in found]:
            raise ValueError(f"{kind} isn't the same when it is read from JSON")
        kinds[kind] = _OfKind(
            [document.name for document, _ in found],
            [(it.file, it.place().line, it.place().column) for it, _ in found],
            msgspec.Raw(data),
        )
    return msgspec.json.encode(_Entry(kinds, written(compiled(bundle)).decode()))


def _restored(directory: Path, content: bytes) -> Bundle:
    """Raises ValueError for what isn't an entry."""
    entry = msgspec.json.decode(content, type=_Entry)
    documents = []
    for kind, of_kind in entry.kinds.items():
        values = _adapter(_KEPT[kind]).validate_json(bytes(of_kind.values))
        for name, (file, line, column), value in zip(
            of_kind.names, of_kind.places, values, strict=True
        ):
            documents.append(Document(kind, name, value, file, {(): Place(file, line, column)}))
    bundle = _Asked(directory, tuple(documents))
    document = entry.policy.encode()
    keep(bundle, lambda: restored(bundle, document), utc_today())
    return bundle


def _adapter(model: type[Noun]) -> TypeAdapter[list[Noun]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]
