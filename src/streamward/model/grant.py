"""Who may, or may not, do what to which resources."""

import datetime
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from streamward.errors import InvalidArgument
from streamward.model.action import Action, action_of, action_words
from streamward.model.conditions import Conditions
from streamward.model.document import Noun
from streamward.model.fields import Name, Text
from streamward.model.network import Source


def _action(value: Any) -> Any:
    if isinstance(value, Action) or not isinstance(value, str):
        return value
    try:
        return action_of(value)
    except InvalidArgument as error:
        expected = ", ".join(f"'{word}'" for word in action_words())
        raise PydanticCustomError(
            "enum", "{what}", {"what": str(error), "expected": expected}
        ) from error


ActionWord = Annotated[
    Action,
    BeforeValidator(_action),
    WithJsonSchema({"type": "string", "enum": list(action_words())}),
]
"""An action as a bundle writes it: `read`, `describe_configs`."""

Subject = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^((role|principal|tenant):.+|everyone)$")
]
"""`role:NAME`, `principal:NAME`, `tenant:NAME` or `everyone`."""

NAME_BYTES_MAX = 1_000
"""A longer name is nobody's: the gateway denies it, whatever rules say."""
TARGET_CHARACTERS_MAX = 2_020
"""Room for such a name with every character escaped."""

Target = Annotated[
    str,
    StringConstraints(
        max_length=TARGET_CHARACTERS_MAX,
        pattern=r"^((stream|class|group|transaction):[\s\S]+|cluster)$",
    ),
]
"""`stream:NAME`, `stream:PREFIX*`, `class:NAME`, `group:…`, `transaction:…` or `cluster`."""


class Grant(Noun):
    """Rights of some principals on some resources; `deny` beats every `allow`."""

    id: Name
    description: Text | None = None
    to: tuple[Subject, ...] = Field(min_length=1, max_length=1000)
    """`role:NAME`, `principal:NAME`, `tenant:NAME`, or `everyone`: every declared principal."""
    exempt: tuple[Subject, ...] = Field(default=(), max_length=100)
    """Of those in `to`, whom the grant does not speak of."""
    allow: tuple[ActionWord, ...] | None = Field(default=None, min_length=1, max_length=50)
    """Exactly one of `allow` and `deny`."""
    deny: tuple[ActionWord, ...] | None = Field(default=None, min_length=1, max_length=50)
    on: tuple[Target, ...] = Field(min_length=1, max_length=1000)
    """`stream:NAME`, `stream:PREFIX*`, `class:NAME`, `group:…`, `transaction:…` or `cluster`."""
    sources: tuple[Source, ...] = Field(default=(), max_length=100)
    """Only from there: `network:NAME`, or addresses such as `10.0.0.7` and `10.0.0.0/8`."""
    requires: Conditions = Conditions()
    """Only where all of this holds; not beside `deny`."""
    expires: datetime.date | None = None
    """The last day, in UTC, on which the grant holds."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.allow is None) == (self.deny is None):
            raise ValueError("give exactly one of `allow` and `deny`")
        if self.deny is not None and self.requires != Conditions():
            raise ValueError("`requires` says when something is allowed; leave it out of a `deny`")
        return self

    @property
    def actions(self) -> tuple[Action, ...]:
        """What is allowed or denied, as written."""
        return self.allow or self.deny or ()
