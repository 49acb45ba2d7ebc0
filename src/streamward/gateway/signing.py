"""The `signing` section of a snapshot: which streams are signed, and by references which keys."""

import msgspec

from streamward.contracts.sealing import tenant_of, text_of
from streamward.contracts.signing import signed_streams
from streamward.model.document import Bundle
from streamward.model.signing import Signing, SigningKey
from streamward.model.stream import Stream


class SigningKeyEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key by reference: `key` is private and signs, `public` only verifies."""

    name: str
    key: str | None
    public: str | None
    principal: str | None


class SignedStreamEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stream, or all that start with a prefix, and how their records are signed."""

    name: str | None
    prefix: str | None
    tenant: str | None
    home_cluster: str | None
    by: str
    each: str
    key: str | None
    keys: tuple[str, ...]
    partition_bound: bool
    timestamp_bound: bool
    on_violation: str
    accepts_from: tuple[str, ...]


class SigningSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed, and with which keys."""

    keys: tuple[SigningKeyEntry, ...] = ()
    streams: tuple[SignedStreamEntry, ...] = ()


def signing_section(bundle: Bundle) -> SigningSection:
    """The section of a bundle without errors; a key that no stream names is not in it."""
    signed = tuple(signed_streams(bundle))
    used = {name for _, sign in signed for name in (sign.key, *sign.keys)}
    return SigningSection(
        keys=tuple(
            SigningKeyEntry(
                name=key.name,
                key=key.key,
                # What signs has its public half.
                public=key.public if key.key is None else None,
                principal=key.principal,
            )
            for key in bundle.of(SigningKey)
            if key.name in used
        ),
        streams=tuple(_stream(bundle, declared, sign) for declared, sign in signed),
    )


def _stream(bundle: Bundle, declared: Stream, sign: Signing) -> SignedStreamEntry:
    return SignedStreamEntry(
        name=declared.name,
        prefix=declared.prefix,
        tenant=tenant_of(bundle, text_of(declared)),
        home_cluster=sign.home,
        by=sign.by,
        each=sign.each,
        key=sign.key,
        keys=sign.keys,
        partition_bound=sign.partition_bound,
        timestamp_bound=sign.timestamp_bound,
        on_violation=sign.on_violation,
        accepts_from=sign.accepts_from,
    )
