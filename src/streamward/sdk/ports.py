"""What the SDK needs from elsewhere: somebody who makes data keys and opens wrapped ones."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from streamward.errors import StreamwardError
from streamward.sdk.streams import SealedStream

Operation = Literal["seal", "open"]


class StreamSource(Protocol):
    """Says how streams are sealed."""

    def of(self, topic: str, operation: Operation) -> SealedStream | None:
        """How a topic is sealed, for whoever does this to its records; None: it is not."""
        ...


class KeySource(Protocol):
    """Answers as docs/concepts/boundary.md says of the questions of these names.

    Calls block. A StreamwardError is a trouble that may pass: nothing is sealed or opened then.
    An answer with `granted_until` (ms since 1970 by this machine's clock) may be used until then
    and no longer, and is better asked for again from `granted_refresh` on.
    """

    def data_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """`{"ring", "stream"}`: a new data key of a ring, for this process and nobody else."""
        ...

    def deterministic_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """`{"ring", "stream"}`: the one deterministic key of a ring."""
        ...

    def confirm_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """`{"kid", "stream"}`: whether a data key of this process may still seal, or
        `{"unknown": True}`.
        """
        ...

    def open_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """`{"kid", "stream"}`: a data key by its name, or `{"unknown": True}`."""
        ...


class ByGateway(StreamwardError):
    """The gateway seals or opens the stream itself, and gives nobody the keys."""

    code = "grant.by_gateway"
    help = (
        "Use an ordinary client through the gateway for this stream, or declare "
        "`sealed_by: producer` or `opened_by: consumer` of it."
    )


class RecordRefused(StreamwardError):
    """A record is not sealed or signed as its stream asks for: plain, changed, moved, shredded."""

    code = "record.refused"
    help = "Look at who writes to the stream; the message says what is wrong with the record."


class NotSealable(StreamwardError):
    """A record can't be sealed as its stream asks for."""

    code = "record.not_sealable"
    help = "See docs/guides/end-to-end.md for what an end-to-end stream can ask for."


class NotSignable(StreamwardError):
    """A record can't be signed as its stream asks for."""

    code = "record.not_signable"
    help = "See docs/guides/signing.md for what a stream that producers sign asks for."
