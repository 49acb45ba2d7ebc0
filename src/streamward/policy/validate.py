"""Whether every rule compiles: told by the evaluator itself, rule by rule."""

import re
from collections.abc import Iterator

import msgspec

from streamward.errors import PolicyInvalid, Unavailable
from streamward.model.action import Action
from streamward.model.document import Bundle, Mistake, Place
from streamward.model.nearest import meant
from streamward.policy.compile import compile_policy
from streamward.policy.days import utc_today
from streamward.policy.evaluator import evaluator, policy_schema
from streamward.policy.section import PolicySection, Rule

CONTEXT_ATTRIBUTES = (
    "source",
    "networks",
    "tls",
    "tls_version",
    "tls_cipher",
    "mechanism",
    "mfa",
    "mfa_age",
    "credential_age",
    "authentication_age",
    "environment",
    "hour",
    "minute",
    "weekday",
    "device_posture",
    "device_status",
    "client_software_name",
    "client_software_version",
)
ENTITY_TYPES = (
    "User",
    "Service",
    "Role",
    "Tenant",
    "Cluster",
    "Namespace",
    "Stream",
    "Group",
    "Transaction",
    "DataClass",
)


def rules_compile(bundle: Bundle) -> Iterator[Mistake]:
    """Rules that don't parse or don't fit the schema, each at its place."""
    files = bundle.files_of("cedar")
    try:
        schema = policy_schema()
    except Unavailable as error:
        if files:
            place = Place(files[0].path, 1)
            what = f"Cedar files were not validated: {error}"
            yield Mistake(place, what, "cedar", "install the package", "warning")
        return
    section = compile_policy(bundle, schema, utc_today())
    try:
        evaluator(section, bundle)
    except PolicyInvalid:
        yield from _each(bundle, section)


def _each(bundle: Bundle, section: PolicySection) -> Iterator[Mistake]:
    try:
        evaluator(msgspec.structs.replace(section, rules=()), bundle)
    except PolicyInvalid as error:
        # Not one rule is wrong but what they speak of; another check mostly tells it better.
        what = f"the policy can't be compiled: {error}"
        yield Mistake(Place("streamward.yaml", 1), what, "policy", consequence=True)
        # What somebody wrote himself is held to the schema all the same, which needs none of that.
        written = tuple(rule for rule in section.rules if rule.id.startswith("cedar:"))
        section = msgspec.structs.replace(
            section,
            rules=written,
            roles=(),
            tenants=(),
            namespaces=(),
            streams=(),
            classes=(),
            networks=(),
        )
        bundle = Bundle(bundle.root)
    for rule in section.rules:
        try:
            evaluator(msgspec.structs.replace(section, rules=(rule,)), bundle)
        except PolicyInvalid as error:
            what = _told(rule, str(error))
            yield Mistake(_place(rule), what, f"rule {rule.id}", _suggestion(what))


_HINT = "`Names in Cedar` in the snapshot's reference says what rules may speak of"
_UNKNOWN = (
    (re.compile(r'unrecognized action `Streamward::Action::"([^"]*)"`'), tuple(Action)),
    (re.compile(r"attribute `([^`]*)` in context"), CONTEXT_ATTRIBUTES),
    (re.compile(r"unrecognized entity type `Streamward::([^`]*)`"), ENTITY_TYPES),
)


def _suggestion(what: str) -> str:
    if "nested deeper" in what:
        return "split it into several rules"
    for pattern, names in _UNKNOWN:
        match = pattern.search(what)
        if match is not None:
            return meant(match[1], names)
    return _HINT


def _place(rule: Rule) -> Place:
    file, _, line = rule.source.rpartition(":")
    return Place(file, int(line))


def _told(rule: Rule, message: str) -> str:
    """The message once, without the rule and place that stand beside it anyway.

    The validator tells one mistake for each action that a rule covers.
    """
    message = message.removeprefix(f"rule `{rule.id}` ({rule.source}): ")
    first, *more = message.removeprefix(f"for policy `{rule.id}`, ").split("; for policy ")
    return first + (f" (and {len(more)} more of this rule)" if more else "")
