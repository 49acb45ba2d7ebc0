"""For programs that seal and open end to end: gateway and broker see ciphertext only.

`streamward.sdk.confluent` and `streamward.sdk.aio` wrap the clients; `streamward.app.open_sealer`
takes streams and keys from a bundle.
"""

from streamward.sdk.ports import KeySource, NotSealable, RecordRefused
from streamward.sdk.sealer import Parts, Sealer
from streamward.sdk.streams import SealedStream, SealedStreams

__all__ = [
    "KeySource",
    "NotSealable",
    "Parts",
    "RecordRefused",
    "SealedStream",
    "SealedStreams",
    "Sealer",
]
