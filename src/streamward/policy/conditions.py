"""From the circumstances that a grant or a class requires to clauses of Cedar."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from streamward.model.conditions import Conditions
from streamward.model.duration import format_duration
from streamward.policy import cedar_text

# What people know of: a program has neither a second factor nor a device.
OF_PEOPLE = frozenset({"mfa", "mfa_max_age", "device_posture", "device_status"})

TLS_VERSIONS = ("1.2", "1.3")


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: the field that asks for it and its value, and its text in Cedar."""

    field: str
    value: str
    cedar: str

    @property
    def name(self) -> str:
        """As a denial tells it: `mfa_max_age: 15m`."""
        return f"{self.field}: {self.value}" if self.value else self.field


def clauses(conditions: Conditions) -> Iterator[Clause]:
    """A clause for each field that is set, in the order of the model."""
    if conditions.mfa:
        yield Clause("mfa", "", "context.mfa")
    if conditions.mfa_max_age is not None:
        yield _age("mfa_max_age", "mfa_age", conditions.mfa_max_age)
    if conditions.credential_max_age is not None:
        yield _age("credential_max_age", "credential_age", conditions.credential_max_age)
    if conditions.tls_min is not None:
        versions = TLS_VERSIONS[TLS_VERSIONS.index(conditions.tls_min) :]
        yield Clause("tls_min", conditions.tls_min, _one_of("tls_version", versions))
    if conditions.mechanisms:
        texts = cedar_text.string_set(conditions.mechanisms)
        value = ", ".join(conditions.mechanisms)
        yield Clause("mechanisms", value, f"{texts}.contains(context.mechanism)")
    for field, values in (
        ("device_posture", conditions.device_posture),
        ("device_status", conditions.device_status),
    ):
        if values:
            yield Clause(field, ", ".join(values), _one_of(field, values))


def annotation(found: Iterable[Clause]) -> str:
    """The line in front of a rule that names its clauses; empty where it has none."""
    names = "; ".join(clause.name.replace(";", ",") for clause in found)
    return f"@requires({cedar_text.quoted(names)})\n" if names else ""


def _age(field: str, attribute: str, milliseconds: int) -> Clause:
    text = f"context has {attribute} && context.{attribute} <= {milliseconds // 1000}"
    return Clause(field, format_duration(milliseconds), text)


def _one_of(attribute: str, values: tuple[str, ...]) -> str:
    texts = cedar_text.string_set(values)
    return f"context has {attribute} && {texts}.contains(context.{attribute})"
