"""For programs that sign and verify by themselves, and for everybody who wants to verify."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamward.app.bundles import valid_bundle
from streamward.contracts.sealing import tenant_of, text_of
from streamward.contracts.signing import signed_streams
from streamward.errors import InvalidArgument, NotFound
from streamward.model.document import Bundle
from streamward.model.signing import SigningKey
from streamward.model.topology import Cluster
from streamward.secrets import Secret, resolve

if TYPE_CHECKING:
    from streamward.sdk import SignedStream, Signer


Answer = Callable[[str, bool], Secret]
"""Reads a reference; whether it is private."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """The public half of a key that signs records, and where it counts."""

    name: str
    kid: str
    """How signatures name it: 32 hexadecimal digits."""
    algorithm: str
    """`EdDSA` or `ES256`."""
    principal: str | None
    """The producer whose key it is; None: the gateway's."""
    streams: tuple[str, ...]
    """Topics, and prefixes of topics with `*` behind them."""
    pem: str


def verification_keys(directory: Path) -> tuple[VerificationKey, ...]:
    """The keys with which anybody verifies the signed streams of a bundle."""
    bundle = valid_bundle(directory, materials=False)
    found = []
    for key in _used(bundle):
        from streamward._core import RecordVerifyingKey

        info, pem = _public(key, _answer_of(bundle))
        read = RecordVerifyingKey(info)
        streams = tuple(
            text_of(declared) + ("" if declared.name else "*")
            for declared, sign in signed_streams(bundle)
            if key.name in (sign.key, *sign.keys)
        )
        found.append(
            VerificationKey(
                name=key.name,
                kid=read.kid.hex(),
                algorithm="EdDSA" if read.algorithm == _EDDSA else "ES256",
                principal=key.principal,
                streams=streams,
                pem=pem,
            )
        )
    return tuple(found)


_EDDSA = -8


def open_signer(
    directory: Path,
    cluster: str | None = None,
    *,
    producer: str | None = None,
    key: bytes | None = None,
) -> "Signer":
    """Signs and verifies what a bundle declares, in this process.

    `producer` is the principal as which the program logs in, `key` its private key (PKCS#8 in PEM);
    without them it only verifies. `cluster` may be left out where there is one. Raises
    StreamwardError.
    """
    from streamward._core import CoreError, RecordSigningKey
    from streamward.sdk import SignedStreams, Signer

    bundle = valid_bundle(directory, materials=False)
    declared = [each.name for each in bundle.of(Cluster)]
    if cluster is not None and cluster not in declared:
        raise NotFound(f"the bundle declares no Cluster `{cluster}`")
    if cluster is None and len(declared) != 1:
        raise InvalidArgument(f"name one of the clusters: {', '.join(declared) or 'there is none'}")
    streams = SignedStreams(_streams(bundle, cluster or declared[0], _answer_of(bundle)))
    if key is None:
        return Signer(streams)
    try:
        return Signer(streams, producer, RecordSigningKey(_private(key)))
    except CoreError as error:
        raise InvalidArgument(str(error.args[1])) from error


def signer_for(bundle: Bundle, cluster: str, answer: Answer) -> "Signer":
    """Verifies what a bundle declares; `answer` reads a reference, and whether it is private."""
    from streamward.sdk import SignedStreams, Signer

    return Signer(SignedStreams(_streams(bundle, cluster, answer)))


def _streams(bundle: Bundle, cluster: str, answer: Answer) -> Iterator["SignedStream"]:
    from streamward._core import RecordVerifyingKey
    from streamward.sdk import SignedStream

    keys = {
        key.name: RecordVerifyingKey(_public(key, answer)[0], key.principal)
        for key in _used(bundle)
    }
    for declared, sign in signed_streams(bundle):
        names = (*((sign.key,) if sign.key else ()), *sign.keys)
        yield SignedStream(
            name=text_of(declared),
            is_prefix=declared.name is None,
            tenant=tenant_of(bundle, text_of(declared)),
            cluster=sign.home or cluster,
            sign=sign,
            keys=tuple(keys[name] for name in names),
        )


def _used(bundle: Bundle) -> Iterator[SigningKey]:
    """The keys that signed streams name; others are nobody's business here."""
    named = {name for _, sign in signed_streams(bundle) for name in (sign.key, *sign.keys)}
    return (key for key in bundle.of(SigningKey) if key.name in named)


def _answer_of(bundle: Bundle) -> Answer:
    return lambda reference, private: resolve(reference, bundle.root, private=private)


def _public(key: SigningKey, answer: Answer) -> tuple[bytes, str]:
    """The public key of a document, as DER and as PEM."""
    from cryptography.hazmat.primitives import serialization

    try:
        # Whoever verifies need not be able to sign.
        if key.public is not None:
            public = serialization.load_pem_public_key(answer(key.public, False).value)
        else:
            assert key.key is not None  # the model demands one of both
            secret = answer(key.key, True).value
            public = serialization.load_pem_private_key(secret, None).public_key()
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"the signing key `{key.name}` can't be read") from error
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = public.public_bytes(serialization.Encoding.PEM, form).decode()
    return public.public_bytes(serialization.Encoding.DER, form), pem


def _private(pem: bytes) -> bytes:
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_pem_private_key(pem, None)
    except (TypeError, ValueError) as error:
        raise InvalidArgument("the key is no private key in PEM without a password") from error
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
