"""Reads a Sigma rule from a file of the bundle, and reports what it can't do with its line."""

import difflib
import json
from collections.abc import Mapping
from io import StringIO
from pathlib import PurePosixPath
from typing import Any, Final

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.rule.detection import SigmaDetection as SigmaSelection
from sigma.rule.detection import SigmaDetectionItem

from streamward.detection.sigma.fields import unknown_field
from streamward.detection.sigma.matcher import compile_condition
from streamward.detection.sigma.patterns import Unsupported
from streamward.detection.sigma.rule import Matcher, Options, SigmaDetection
from streamward.model.alert import Severity
from streamward.model.document import Mistake, Place

RULE_BYTES_MAX: Final = 64 * 1024
PRODUCT: Final = "streamward"

MODIFIERS: Final = frozenset(
    {"contains", "startswith", "endswith", "re", "i", "ignorecase", "m", "multiline", "s"}
    | {"dotall", "cased", "cidr", "all", "exists", "lt", "lte", "gt", "gte"}
)
"""Modifiers that the evaluator runs exactly as Sigma says; any other is a mistake."""


def read(path: str, text: str) -> tuple[SigmaDetection | None, list[Mistake]]:
    """The rule in a file, or every mistake that keeps it from running."""
    if len(text.encode(errors="surrogatepass")) > RULE_BYTES_MAX:
        what = f"the rule is larger than {RULE_BYTES_MAX} bytes"
        return None, [Mistake(Place(path, 1), what)]
    try:
        documents = list(YAML(typ="rt").load_all(StringIO(text)))
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path, 1)
        return None, [Mistake(place, "this is not YAML")]
    except (ValueError, RecursionError):
        return None, [Mistake(Place(path, 1), "this is not YAML that can be read")]
    if len(documents) != 1 or not isinstance(documents[0], CommentedMap):
        return None, [Mistake(Place(path, 1), "a file holds exactly one Sigma rule")]
    return _Reading(path, documents[0]).result()


class _Reading:
    """One rule being read: collects every mistake before it gives up."""

    def __init__(self, path: str, document: CommentedMap) -> None:
        self._path = path
        self._document = document
        self._mistakes: list[Mistake] = []

    def result(self) -> tuple[SigmaDetection | None, list[Mistake]]:
        for part in ("correlation", "filter", "action"):
            if part in self._document:
                self._mistake(f"Sigma's `{part}` is not supported", part)
        self._check_source()
        self._check_modifiers()
        options = self._options()
        plain = json.loads(json.dumps(self._document, default=str))
        rule = None if self._mistakes else self._parse(plain)
        matcher = self._compile(rule) if rule else None
        if self._mistakes or rule is None or matcher is None or options is None:
            return None, self._mistakes
        identifier = PurePosixPath(self._path).stem
        return self._built(identifier, rule, options, plain, matcher), []

    def _built(
        self,
        identifier: str,
        rule: SigmaRule,
        options: Options,
        plain: dict[str, Any],
        matcher: Matcher,
    ) -> SigmaDetection:
        severity = Severity(rule.level.name.lower()) if rule.level else Severity.MEDIUM
        return SigmaDetection(
            id=identifier,
            title=rule.title,
            severity=severity,
            techniques=_techniques(rule),
            options=options,
            place=Place(self._path, 1),
            definition=json.dumps(plain, sort_keys=True),
            matcher=matcher,
        )

    def _mistake(self, what: str, *keys: str, suggestion: str = "") -> None:
        self._mistakes.append(Mistake(self._place(keys), what, ".".join(keys), suggestion))

    def _place(self, keys: tuple[str, ...]) -> Place:
        """Where the innermost of these keys that is there stands."""
        place = Place(self._path, 1)
        node: Any = self._document
        for key in keys:
            if isinstance(node, list):
                node = next((n for n in node if isinstance(n, CommentedMap) and key in n), None)
            if not isinstance(node, CommentedMap) or key not in node:
                break
            line, column = node.lc.key(key)
            place, node = Place(self._path, line + 1, column + 1), node[key]
        return place

    def _check_source(self) -> None:
        source = self._document.get("logsource")
        product = source.get("product") if isinstance(source, Mapping) else None
        if product != PRODUCT:
            what = f"`logsource.product` must be `{PRODUCT}`: the rule would match nothing here"
            self._mistake(what, "logsource", "product")
            return
        for key in source:
            if key != "product":
                what = f"`logsource.{key}` is not supported"
                self._mistake(what, "logsource", str(key), suggestion="use `streaming.kind`")

    def _options(self) -> Options | None:
        try:
            return Options.model_validate(dict(self._document.get("streamward") or {}))
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_input=False):
                path = [str(part) for part in problem["loc"]]
                self._mistake(problem["msg"].lower(), "streamward", *path)
        except (TypeError, ValueError):
            self._mistake("`streamward` must be a mapping", "streamward")
        return None

    def _parse(self, plain: dict[str, Any]) -> SigmaRule | None:
        try:
            rule = SigmaRule.from_dict(plain, collect_errors=True)
        except SigmaError as error:
            self._mistake(_message(error), "detection")
            return None
        except Exception as error:  # noqa: BLE001 - the parser raises anything on a malformed rule
            self._mistake(f"the rule can't be read: {type(error).__name__}", "detection")
            return None
        for found in rule.errors:
            self._mistake(_message(found), *_part_of(found))
        return None if rule.errors else rule

    def _compile(self, rule: SigmaRule) -> Matcher | None:
        before = len(self._mistakes)
        if "timeframe" in self._document.get("detection", {}):
            self._mistake("`timeframe` is not supported", "detection", "timeframe")
        for name, selection in rule.detection.detections.items():
            if name != "timeframe":
                self._check_selection(selection, name)
        if len(self._mistakes) > before:
            return None
        try:
            tests = [compile_condition(c.parsed) for c in rule.detection.parsed_condition]
        except (Unsupported, SigmaError) as error:
            self._mistake(_message(error), "detection", "condition")
            return None
        return lambda document: any(test(document) for test in tests)

    def _check_selection(self, selection: SigmaSelection, name: str) -> None:
        for item in selection.detection_items:
            if isinstance(item, SigmaSelection):
                self._check_selection(item, name)
            else:
                self._check_item(item, name)

    def _check_modifiers(self) -> None:
        """Before the parser sees them: it would not say where an unknown one stands."""
        detection = self._document.get("detection")
        if not isinstance(detection, Mapping):
            return
        for name, selection in detection.items():
            for key in _keys(selection):
                for modifier in key.split("|")[1:]:
                    if modifier not in MODIFIERS:
                        what = f"the modifier `{modifier}` is not supported"
                        self._mistake(what, "detection", str(name), key)

    def _check_item(self, item: SigmaDetectionItem, name: str) -> None:
        if item.field is None:
            self._mistake("a value without a field is not supported", "detection", name)
            return
        key = self._key_of(name, item.field)
        unknown = unknown_field(item.field)
        if unknown is not None:
            near = difflib.get_close_matches(item.field, unknown, 1)
            hint = f"did you mean `{near[0]}`?" if near else "see docs/reference/events.md"
            what = f"no entry has the field `{item.field}`"
            self._mistake(what, "detection", name, key, suggestion=hint)

    def _key_of(self, name: str, field: str) -> str:
        """The key as written, with its modifiers."""
        keys = _keys(self._document["detection"].get(name))
        return next((key for key in keys if key.split("|")[0] == field), "")


def _keys(selection: Any) -> list[str]:
    """The keys of a selection: a map, or a list of maps."""
    maps = selection if isinstance(selection, list) else [selection]
    return [str(key) for one in maps if isinstance(one, Mapping) for key in one]


def _message(error: Exception) -> str:
    text = str(error.args[0] if error.args else error)
    return text[:1].lower() + text[1:].rstrip(".")


def _part_of(error: SigmaError) -> tuple[str, ...]:
    """The part of the rule that an error of the parser is about, from the error's class."""
    name = type(error).__name__.removeprefix("Sigma").removesuffix("Error").lower()
    if name in ("condition",):
        return ("detection", "condition")
    known = ("title", "id", "level", "status", "date", "logsource", "tags", "detection")
    return (name,) if name in known else ("detection",)


def _techniques(rule: SigmaRule) -> tuple[str, ...]:
    """ATT&CK techniques among the tags: `attack.t1110.001` is `T1110.001`."""
    return tuple(
        tag.name.upper()
        for tag in rule.tags
        if tag.namespace == "attack" and tag.name[:1] == "t" and tag.name[1:2].isdigit()
    )
