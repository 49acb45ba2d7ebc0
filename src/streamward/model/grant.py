"""Who may, or may not, do what to which resources."""

import datetime
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from streamward.errors import InvalidArgument
from streamward.model.action import Action, action_of, action_words
from streamward.model.document import Noun
from streamward.model.fields import Name, Text


def _action(value: Any) -> Any:
    try:
        return action_of(value) if isinstance(value, str) else value
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

Subject = Annotated[str, StringConstraints(max_length=300, pattern=r"^(role|principal|tenant):.+$")]
"""`role:NAME`, `principal:NAME` or `tenant:NAME`."""

Target = Annotated[
    str,
    StringConstraints(max_length=300, pattern=r"^((stream|class|group|transaction):.+|cluster)$"),
]
"""`stream:NAME`, `stream:PREFIX*`, `class:NAME`, `group:…`, `transaction:…` or `cluster`."""


class Grant(Noun):
    """Rights of some principals on some resources; `deny` beats every `allow`."""

    id: Name
    description: Text | None = None
    to: tuple[Subject, ...] = Field(min_length=1, max_length=1000)
    """`role:NAME`, `principal:NAME` or `tenant:NAME`."""
    allow: tuple[ActionWord, ...] | None = Field(default=None, min_length=1, max_length=50)
    """Exactly one of `allow` and `deny`."""
    deny: tuple[ActionWord, ...] | None = Field(default=None, min_length=1, max_length=50)
    on: tuple[Target, ...] = Field(min_length=1, max_length=1000)
    """`stream:NAME`, `stream:PREFIX*`, `class:NAME`, `group:…`, `transaction:…` or `cluster`."""
    expires: datetime.date | None = None
    """The last day, in UTC, on which the grant holds."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.allow is None) == (self.deny is None):
            raise ValueError("give exactly one of `allow` and `deny`")
        return self

    @property
    def actions(self) -> tuple[Action, ...]:
        """What is allowed or denied, as written."""
        return self.allow or self.deny or ()
