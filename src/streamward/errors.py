"""Every error that a caller may see.

One class per way in which a caller would react. A message is one line in lower case with values in
backticks; `code` is stable and may be matched on; `help` says what to do next.
"""

from typing import Any, ClassVar


class StreamwardError(Exception):
    """Base of every error a caller may see: a stable code, a message, and the way out."""

    code: ClassVar[str] = "internal"
    help: ClassVar[str] = ""


class BundleInvalid(StreamwardError):
    """The declared bundle has mistakes; each is in `mistakes`, with file, line and a suggestion."""

    code = "bundle.invalid"
    help = "Run `streamward check DIR` to see every mistake with its file and line."
    mistakes: tuple[Any, ...] = ()


class PolicyInvalid(StreamwardError):
    """A rule can't be compiled: it doesn't parse, or doesn't fit the schema."""

    code = "policy.invalid"
    help = "Run `streamward check DIR` to see every problem with its line."


class NotPermitted(StreamwardError):
    """The policy denies this verb to this caller."""

    code = "denied"
    help = "Run `streamward policy explain` to see which rule decides."


class Unavailable(StreamwardError):
    """Something that is needed can't be reached or used now; trying again later may help."""

    code = "unavailable"
    help = "See the cause above; nothing was changed."


class NotFound(StreamwardError):
    """The thing named does not exist."""

    code = "not_found"


class InvalidArgument(StreamwardError):
    """The caller asked for something that has no meaning."""

    code = "invalid"
