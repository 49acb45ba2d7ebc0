"""How a bundle declares detections: documents of kind `Detection`, and Sigma rules as files."""

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import Field, ValidationError

from streamward.detection.detectors import BY_NAME
from streamward.detection.engine import Armed
from streamward.detection.ports import Context, Detector, DetectorSettings
from streamward.detection.sigma.rule import SIGMA_KIND, SigmaDetection, sigma_file_kind
from streamward.model.alert import Severity
from streamward.model.document import Bundle, Check, Document, DocumentKind, Mistake, Noun
from streamward.model.duration import Duration
from streamward.model.fields import Name, Text
from streamward.model.stream import DataClass, Stream

DETECTIONS_MAX: Final = 500
"""Detections and Sigma rules that one bundle may declare."""


class Detection(Noun):
    """A detector that runs over the log, how it is set, and how bad a finding is."""

    id: Name
    detector: str
    """Which detector: `streamward detect list` names them."""
    description: Text | None = None
    severity: Severity | None = None
    """How bad a finding is; the detector's own judgement where this is left out."""
    quiet: Duration | None = None
    """How long an entity that raised an alert raises no other one of this detection."""
    settings: dict[str, Any] = Field(default_factory=dict, max_length=50)


def settings_of(detection: Detection) -> DetectorSettings:
    """The settings that the detector understands. Raises ValidationError or KeyError."""
    return BY_NAME[detection.detector].Settings.model_validate(detection.settings)


def _arm(detection: Detection) -> Armed:
    kind: type[Detector] = BY_NAME[detection.detector]
    settings = settings_of(detection)
    quiet = kind.quiet if detection.quiet is None else detection.quiet
    severity = detection.severity or kind.severity
    definition = [kind.name, settings.model_dump(mode="json"), quiet, str(severity)]
    return Armed(
        id=detection.id,
        severity=severity,
        techniques=kind.techniques,
        quiet_milliseconds=quiet,
        definition=json.dumps(definition, sort_keys=True),
        detector=kind(settings),
    )


def detections_of(bundle: Bundle) -> tuple[Armed, ...]:
    """Every detection of a bundle without mistakes, with new state."""
    armed = [_arm(detection) for detection in bundle.of(Detection)]
    return (*armed, *(rule.arm() for rule in sigma_rules(bundle)))


def sigma_rules(bundle: Bundle) -> tuple[SigmaDetection, ...]:
    """The Sigma rules of the bundle that could be compiled."""
    files = bundle.files_of(SIGMA_KIND)
    return tuple(file.value for file in files if isinstance(file.value, SigmaDetection))


def context_of(bundle: Bundle) -> Context:
    """What detectors may know about the bundle's streams."""
    streams = bundle.of(Stream)
    return Context(
        class_levels={one.name: one.level.rank for one in bundle.of(DataClass)},
        stream_names=frozenset(one.name for one in streams if one.name is not None),
        stream_prefixes=tuple(one.prefix for one in streams if one.prefix is not None),
    )


def entity_types(bundle: Bundle, identifier: str) -> frozenset[str] | None:
    """What the alerts of a detection may be about; None where there is no such detection."""
    for detection in bundle.of(Detection):
        if detection.id == identifier:
            kind = BY_NAME.get(detection.detector)
            chosen = detection.settings.get("entity")
            every = kind.entity_types if kind else frozenset[str]()
            return frozenset({chosen}) if chosen in every else every
    for rule in sigma_rules(bundle):
        if rule.id == identifier:
            return frozenset({rule.entity})
    return None


def _check_settings(bundle: Bundle) -> Iterator[Mistake]:
    for document in bundle.documents_of(Detection):
        detection = document.value
        if not isinstance(detection, Detection):
            continue
        if detection.detector not in BY_NAME:
            near = difflib.get_close_matches(detection.detector, BY_NAME, 1)
            hint = f"did you mean `{near[0]}`?" if near else "one of " + ", ".join(sorted(BY_NAME))
            what = f"there is no detector `{detection.detector}`"
            yield document.mistake(what, "detector", suggestion=hint)
            continue
        try:
            settings_of(detection)
        except ValidationError as error:
            yield from _setting_mistakes(document, detection.detector, error)


def _setting_mistakes(
    document: Document, detector: str, error: ValidationError
) -> Iterator[Mistake]:
    known = ", ".join(f"`{name}`" for name in BY_NAME[detector].Settings.model_fields)
    for problem in error.errors(include_url=False, include_input=False):
        path = tuple(problem["loc"])
        if problem["type"] == "extra_forbidden":
            what = f"`{detector}` has no setting `{path[-1]}`"
            yield document.mistake(what, "settings", *path, suggestion=f"it has {known}")
        else:
            what = problem["msg"].removeprefix("Value error, ")
            yield document.mistake(what[:1].lower() + what[1:], "settings", *path)


def _check_unique(bundle: Bundle) -> Iterator[Mistake]:
    """Sigma rules and detections share one space of names, which alerts refer to."""
    declared = {detection.id for detection in bundle.of(Detection)}
    for rule in sigma_rules(bundle):
        if rule.id in declared:
            what = f"there is a detection `{rule.id}` already"
            yield Mistake(rule.place, what, suggestion="rename the file; its name is the rule's id")
        declared.add(rule.id)
    if len(declared) > DETECTIONS_MAX:
        documents = bundle.documents_of(Detection)
        what = f"{len(declared)} detections are more than the {DETECTIONS_MAX} that may be declared"
        yield documents[-1].mistake(what) if documents else Mistake(rule.place, what)


def _check(bundle: Bundle) -> Iterable[Mistake]:
    yield from _check_settings(bundle)
    yield from _check_unique(bundle)


DOCUMENT_KINDS: Final = (DocumentKind("Detection", Detection, "detection", key=("id",)),)
FILE_KINDS: Final = (sigma_file_kind(),)
CHECKS: Final[tuple[Check, ...]] = (_check,)
