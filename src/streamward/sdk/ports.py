"""What the SDK needs from elsewhere: somebody who makes data keys and opens wrapped ones."""

from collections.abc import Mapping
from typing import Any, Protocol

from streamward.errors import StreamwardError


class KeySource(Protocol):
    """Answers as docs/concepts/boundary.md says of the questions of these names.

    Calls block. A StreamwardError is a trouble that may pass: nothing is sealed or opened then.
    """

    def data_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """`{"ring"}`: a new data key of a ring, for this process and nobody else."""
        ...

    def deterministic_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """`{"ring"}`: the one deterministic key of a ring."""
        ...

    def open_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        """`{"kid"}`: a data key by its name, or `{"unknown": True}`."""
        ...


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
