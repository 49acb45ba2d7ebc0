"""What must be true of a policy whatever its rules say: proved over all requests."""

from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from streamward.model.action import Action
from streamward.model.document import Noun
from streamward.model.fields import Name, Text
from streamward.model.grant import TARGET_CHARACTERS_MAX, ActionWord
from streamward.model.manifest import Environment
from streamward.model.stream import CallerRequirements, Requirements

ANYTHING = "anything"

Anything = Annotated[
    tuple[Action, ...],
    BeforeValidator(lambda value: tuple(Action) if value == ANYTHING else _not_anything(value)),
    WithJsonSchema({"const": ANYTHING}),
]


def _not_anything(value: Any) -> Any:
    raise ValueError(f"write `{ANYTHING}`, or a list of actions")


People = Annotated[
    str,
    StringConstraints(
        max_length=300, pattern=r"^((role|principal|tenant|access_class):.+|everyone)$"
    ),
]
"""As in a grant: `role:NAME`, `principal:NAME`, `tenant:NAME` or `everyone`; and
`access_class:NAME`, whoever its readers are."""

Scope = Annotated[
    str,
    StringConstraints(
        max_length=TARGET_CHARACTERS_MAX,
        pattern=r"^((stream|class|group|transaction|tenant):[\s\S]+|cluster|everything)$",
    ),
]
"""As in a grant: `stream:NAME`, `stream:PREFIX*`, `class:NAME`, `group:…`, `transaction:…` or
`cluster`; and `tenant:NAME` (every name in its namespaces), or `everything`."""

_OF_STREAMS = frozenset(Requirements.model_fields) - frozenset(CallerRequirements.model_fields)
"""What a class requires of its streams, and no request shows."""

_CLAIMS = ("only", "nobody", "requires", "widened_only_on")


class Invariant(Noun):
    """Something that no request may contradict: exactly one of `only`, `nobody`, `requires` and
    `widened_only_on` says what.
    """

    id: Name
    description: Text | None = None
    only: tuple[People, ...] | None = Field(default=None, min_length=1, max_length=1000)
    """Nobody but these may do it: `role:NAME`, `principal:NAME`, `tenant:NAME`, or
    `access_class:NAME` for its readers."""
    nobody: tuple[People, ...] | None = Field(default=None, min_length=1, max_length=1000)
    """None of these may do it; also `everyone`."""
    requires: CallerRequirements | None = None
    """Whoever may do it may do so only where all of this holds. Second factor and device are
    asked of people only."""
    widened_only_on: tuple[Scope, ...] | None = Field(default=None, max_length=1000)
    """A new version permits nothing that the version before it denied, except on these."""
    may: tuple[ActionWord, ...] | Anything = Field(default=(), max_length=50)
    """What it is about: actions as in a grant, or `anything`."""
    on: tuple[Scope, ...] = Field(default=(), max_length=1000)
    """What it is done to."""
    in_environment: Environment | None = None
    """As if the bundle were used there, whatever its head says."""

    @field_validator("requires", mode="before")
    @classmethod
    def _of_requests(cls, value: Any) -> Any:
        stray = sorted(_OF_STREAMS & set(value)) if isinstance(value, dict) else []
        if stray:
            names = ", ".join(f"`{name}`" for name in stray)
            raise ValueError(
                f"{names}: no request shows it, so it can't be proved here; "
                "a DataClass requires it of its streams, and `streamward check` sees to that"
            )
        return value

    @model_validator(mode="after")
    def _one_claim(self) -> Self:
        given = [name for name in _CLAIMS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of " + ", ".join(f"`{name}`" for name in _CLAIMS))
        if given == ["widened_only_on"]:
            if self.may or self.on or self.in_environment:
                raise ValueError(
                    "`widened_only_on` is about everything: leave out the other fields"
                )
        elif not self.may or not self.on:
            raise ValueError("say what may be done in `may`, and to what in `on`")
        if self.requires == CallerRequirements():
            raise ValueError("`requires` requires nothing")
        return self
