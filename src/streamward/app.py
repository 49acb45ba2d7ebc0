"""The composition root: the only place that knows every room."""

from pathlib import Path

from streamward import contracts, detection, identity, policy, response
from streamward.bundle import kinds as bundle_kinds
from streamward.bundle.load import Loaded, load
from streamward.gateway import checks as gateway_checks
from streamward.gateway import kinds as gateway_kinds
from streamward.gateway.materials import material_mistakes
from streamward.model.document import Bundle, Check, DocumentKind, FileKind


def document_kinds() -> tuple[DocumentKind, ...]:
    """Every kind of YAML document that a bundle may hold."""
    return (
        *bundle_kinds.DOCUMENT_KINDS,
        *gateway_kinds.DOCUMENT_KINDS,
        *identity.DOCUMENT_KINDS,
        *contracts.DOCUMENT_KINDS,
        *policy.DOCUMENT_KINDS,
        *detection.DOCUMENT_KINDS,
        *response.DOCUMENT_KINDS,
    )


def file_kinds() -> tuple[FileKind, ...]:
    """Every other kind of file that a bundle may hold."""
    return (*policy.FILE_KINDS, *detection.FILE_KINDS)


def bundle_checks() -> tuple[Check, ...]:
    """Every check across documents, those of materials excepted."""
    return (
        *bundle_kinds.CHECKS,
        *gateway_checks.CHECKS,
        *identity.CHECKS,
        *contracts.CHECKS,
        *policy.CHECKS,
        *detection.CHECKS,
        *response.CHECKS,
    )


def read_bundle(directory: Path, *, materials: bool = True) -> Loaded:
    """Read a bundle with every mistake in it; keys and such only with `materials`."""
    checks = bundle_checks() + ((material_mistakes,) if materials else ())
    return load(directory, document_kinds(), file_kinds(), checks)


def valid_bundle(directory: Path, *, materials: bool = True) -> Bundle:
    """A bundle without errors. Raises BundleInvalid with every mistake, or NotFound."""
    return read_bundle(directory, materials=materials).valid()
