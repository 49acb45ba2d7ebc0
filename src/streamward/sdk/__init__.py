"""For programs that seal and open end to end: gateway and broker see ciphertext only.

`streamward.sdk.confluent` and `streamward.sdk.aio` wrap the clients; `streamward.app.open_sealer`
takes streams and keys from a bundle.
"""

from streamward.sdk.ports import KeySource, NotSealable, NotSignable, RecordRefused
from streamward.sdk.sealer import Parts, Sealer
from streamward.sdk.signer import Signed, SignedStream, SignedStreams, Signer
from streamward.sdk.streams import SealedStream, SealedStreams

__all__ = [
    "KeySource",
    "NotSealable",
    "NotSignable",
    "Parts",
    "RecordRefused",
    "SealedStream",
    "SealedStreams",
    "Sealer",
    "Signed",
    "SignedStream",
    "SignedStreams",
    "Signer",
]
