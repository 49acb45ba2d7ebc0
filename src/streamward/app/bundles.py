"""Reads bundles: every room registers its kinds of document, files and checks here."""

from collections.abc import Iterator
from pathlib import Path

from streamward import contracts, detection, identity, keys, policy, response, versions
from streamward.bundle import kinds as bundle_kinds
from streamward.bundle.load import Loaded, load, load_texts
from streamward.detection import Engine
from streamward.detection.document import context_of, detections_of, entity_types
from streamward.detection.service import log_failure
from streamward.errors import InvalidArgument
from streamward.gateway import checks as gateway_checks
from streamward.gateway import kinds as gateway_kinds
from streamward.gateway.materials import material_mistakes, references
from streamward.model.document import Bundle, Check, DocumentKind, FileKind, Mistake
from streamward.model.manifest import Manifest
from streamward.response import ContainmentRule
from streamward.versions import Content


def document_kinds() -> tuple[DocumentKind, ...]:
    """Every kind of YAML document that a bundle may hold."""
    return (
        *bundle_kinds.DOCUMENT_KINDS,
        *gateway_kinds.DOCUMENT_KINDS,
        *identity.DOCUMENT_KINDS,
        *contracts.DOCUMENT_KINDS,
        *keys.DOCUMENT_KINDS,
        *policy.DOCUMENT_KINDS,
        *detection.DOCUMENT_KINDS,
        *response.DOCUMENT_KINDS,
        *versions.DOCUMENT_KINDS,
    )


def file_kinds() -> tuple[FileKind, ...]:
    """Every other kind of file that a bundle may hold."""
    return (*contracts.FILE_KINDS, *policy.FILE_KINDS, *detection.FILE_KINDS)


def bundle_checks() -> tuple[Check, ...]:
    """Every check across documents, those of materials excepted."""
    return (*error_checks(), *policy.WARNINGS)


def error_checks() -> tuple[Check, ...]:
    """Those of them that can find an error."""
    return (
        *bundle_kinds.CHECKS,
        *gateway_checks.CHECKS,
        *identity.CHECKS,
        *contracts.CHECKS,
        *keys.CHECKS,
        *policy.CHECKS,
        *detection.CHECKS,
        *response.CHECKS,
        *versions.CHECKS,
        _containments_fit,
    )


def _containments_fit(bundle: Bundle) -> Iterator[Mistake]:
    """A containment rule must be about what the alerts of its detections are about."""
    for document in bundle.documents_of(ContainmentRule):
        rule = document.value
        if not isinstance(rule, ContainmentRule):
            continue
        for identifier in rule.on:
            about = entity_types(bundle, identifier)
            if about is not None and rule.target not in about:
                what = f"alerts of `{identifier}` are about a {' or '.join(sorted(about))}"
                hint = f"there will never be one about a {rule.target}"
                yield document.mistake(what, "target", suggestion=hint)


def read_bundle(directory: Path, *, materials: bool = True) -> Loaded:
    """Read a bundle with every mistake in it; keys and such only with `materials`."""
    checks = bundle_checks() + ((material_mistakes,) if materials else ())
    return load(directory, document_kinds(), file_kinds(), checks)


def valid_bundle(directory: Path, *, materials: bool = True) -> Bundle:
    """A bundle without errors. Raises BundleInvalid with every mistake, or NotFound."""
    return read_bundle(directory, materials=materials).valid()


def bundle_name(bundle: Bundle) -> str:
    """The name in the bundle's head. Raises InvalidArgument where it has none."""
    heads = bundle.of(Manifest)
    if not heads:
        raise InvalidArgument(f"the bundle `{bundle.root}` has no document of kind Bundle")
    return heads[0].name


def engine_of(bundle: Bundle) -> Engine:
    """The detections of a bundle, with new state."""
    return Engine(detections_of(bundle), context_of(bundle), log_failure)


def content_of(loaded: Loaded) -> Content:
    """The files that declare something, as they were read; what a reference names is left out."""
    bundle = loaded.bundle
    declaring = {d.file for d in bundle.documents} | {file.path for file in bundle.files}
    named = {reference.removeprefix("file:") for *_, reference in references(bundle)}
    return Content({path: loaded.texts[path] for path in sorted(declaring - named)})


def read_content(root: Path, content: Content, *, materials: bool = True) -> Bundle:
    """The bundle in a version; references are answered in `root`. Raises BundleInvalid."""
    checks = bundle_checks() + ((material_mistakes,) if materials else ())
    return load_texts(root, content.texts, document_kinds(), file_kinds(), checks).valid()


def as_it_was(root: Path, content: Content) -> Bundle:
    """A version of before: what is wrong with it by now is no reason to refuse another one."""
    return load_texts(root, content.texts, document_kinds(), file_kinds()).bundle
