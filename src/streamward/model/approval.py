"""Who must agree before more people get at sensitive data, and that they did."""

import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from streamward.model.document import Noun
from streamward.model.fields import ClassName, Name, Text
from streamward.model.grant import ActionWord
from streamward.model.stream import Level

ApprovedSubject = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^((role|principal|tenant):.+|everyone)$")
]
"""`role:NAME`, `principal:NAME`, `tenant:NAME` or `everyone`."""


class ApprovalRule(Noun):
    """Which widenings of access need an approval, and from whom."""

    level: Level
    """More access to a class at or above this level needs one."""
    approvers: tuple[Name, ...] = Field(min_length=1, max_length=100)
    """Names of those whose approvals count, one of them each time."""


class Approval(Noun):
    """That somebody agrees to more access to a class; it counts as long as it has not expired."""

    id: Name
    by: Name
    """One of the `approvers` of the bundle's head."""
    reason: Text
    classes: tuple[ClassName, ...] = Field(default=(), max_length=100)
    """The classes to which access may be widened."""
    to: tuple[ApprovedSubject, ...] = Field(default=(), max_length=100)
    """Whose access may be: `role:NAME`, `principal:NAME`, `tenant:NAME` or `everyone`."""
    allow: tuple[ActionWord, ...] = Field(default=(), max_length=50)
    """What they may do from now on; whom it lets `read` may see with fewer masks too."""
    weaker_approval: bool = False
    """Whether the bundle may ask for fewer approvals than before."""
    first_version: bool = False
    """Whether a bundle may come into force that replaces none: all of what it permits."""
    declassify: bool = False
    """Whether streams may lose the `classes` named here."""
    weaker_keys: bool = False
    """Whether rings of the `classes` named here may be easier to destroy, open for more principals,
    or seal fewer streams or less of them."""
    weaker_masks: bool = False
    """Whether contracts may mask less of what carries the `classes`, for whoever reads it."""
    weaker_authentication: bool = False
    """Whether those in `to` who may get at the `classes` may be proved in other ways than before:
    by another credential, token issuer, authority or store."""
    expires: datetime.date
    """The last day, in UTC, on which a change may lean on it. The access itself does not end."""
