"""Whether every rule compiles: told by the evaluator itself, rule by rule."""

from collections.abc import Iterator

import msgspec

from streamward.errors import PolicyInvalid, Unavailable
from streamward.model.document import Bundle, Mistake, Place
from streamward.policy.compile import compile_policy
from streamward.policy.days import utc_today
from streamward.policy.evaluator import evaluator, policy_schema
from streamward.policy.section import PolicySection, Rule


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
        yield Mistake(Place("streamward.yaml", 1), what, "policy", "mend the other mistakes first")
        return
    for rule in section.rules:
        try:
            evaluator(msgspec.structs.replace(section, rules=(rule,)), bundle)
        except PolicyInvalid as error:
            yield Mistake(_place(rule), _told(rule, str(error)), f"rule {rule.id}", _HINT)


_HINT = "the names that rules may use are in docs/reference/snapshot.md, `Names in Cedar`"


def _place(rule: Rule) -> Place:
    file, _, line = rule.source.rpartition(":")
    return Place(file, int(line))


def _told(rule: Rule, message: str) -> str:
    """The message without the rule and place that stand beside it anyway."""
    return message.removeprefix(f"rule `{rule.id}` ({rule.source}): ")
