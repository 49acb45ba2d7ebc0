"""The bytes that a bundle refers to: certificates, keys and verifiers, never in the snapshot."""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from typing import assert_never

from streamward import clock
from streamward.errors import InvalidArgument
from streamward.gateway.certificates import (
    KeyEncrypted,
    KeyUnreadable,
    read_certificates,
    read_private_key,
)
from streamward.gateway.revocation_lists import revocation_list_mistakes as _unfit_lists
from streamward.gateway.revocation_lists import signed_by_another
from streamward.identity.cipher import decoy_key, read_key
from streamward.model.credentials import IdentityStore
from streamward.model.document import Bundle, Document, FieldPath, Material, Mistake
from streamward.model.keys import KeyProvider, KeyStore
from streamward.model.marks import marked
from streamward.model.schema_registry import SchemaRegistry
from streamward.model.secret_store import SecretStore
from streamward.model.token_issuer import TokenIssuer
from streamward.model.version_history import VersionHistory
from streamward.secrets import (
    STORE_SCHEMES,
    MaterialMissing,
    MaterialRefused,
    Secret,
    resolve,
)

EXPIRY_WARNING_DAYS = 14
MASK_SECRET_BYTES_MIN = 16
"""Who knows some values and their hashes must not find a shorter secret by trying."""
_READ_HERE = (
    SecretStore,
    IdentityStore,
    KeyProvider,
    KeyStore,
    SchemaRegistry,
    TokenIssuer,
    VersionHistory,
)
DECOY_KEY = "derived:identity-decoys"
"""Names, among the materials, what the data plane makes salts of unknown users from."""

_COST = rb"\$[1-9][0-9]{0,8}:[A-Za-z0-9+/]+={0,2}\$"
_KEYS_256 = rb"[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}="
_KEYS_512 = rb"[A-Za-z0-9+/]{86}==:[A-Za-z0-9+/]{86}=="
_VERIFIER = re.compile(
    rb"SCRAM-SHA-(?:256" + _COST + _KEYS_256 + rb"|512" + _COST + _KEYS_512 + rb")\s*"
)


def references(bundle: Bundle) -> Iterator[tuple[Document, FieldPath, Material, str]]:
    """Every reference to bytes beside the bundle, and where it stands."""
    return iter(bundle.once(_references))


def _references(bundle: Bundle) -> tuple[tuple[Document, FieldPath, Material, str], ...]:
    return tuple(
        (document, path, material, reference)
        for document in bundle.documents
        for path, material, reference in marked(document.value, Material)
    )


def material_references(bundle: Bundle) -> Iterator[tuple[str, bool]]:
    """Every reference whose bytes the data plane needs, once, and whether they are private."""
    private: dict[str, bool] = {}
    for document, path, material, reference in references(bundle):
        # What opens a store, asks issuers or brokers, signs versions or gets a token stays here.
        kept = isinstance(document.value, _READ_HERE)
        if not kept and not _STAY.intersection(path):
            private[reference] = private.get(reference, False) or material.secret
    return iter(private.items())


def asked_references(bundle: Bundle) -> Iterator[tuple[str, bool]]:
    """Every reference by which issuers of tokens and registries of schemas are asked, and whether
    its bytes are private.
    """
    for document, _, material, reference in references(bundle):
        if isinstance(document.value, TokenIssuer | SchemaRegistry):
            yield reference, material.secret


def resolve_materials(
    bundle: Bundle, environment: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """Reference → bytes, for a bundle whose secrets are all on this machine.

    Raises MaterialMissing or MaterialRefused for the first that can't be had; `material_mistakes`
    tells of all of them.
    """
    return {
        reference: resolve(reference, bundle.root, environment, private=private).value
        for reference, private in material_references(bundle)
    } | decoys(bundle, lambda reference: resolve(reference, bundle.root, environment, private=True))


def decoys(bundle: Bundle, read: Callable[[str], Secret]) -> dict[str, bytes]:
    """What the data plane asks unknown users with; nothing where there is no identity store."""
    for store in bundle.of(IdentityStore):
        return {DECOY_KEY: decoy_key(read_key(read(store.key))).value}
    return {}


def material_mistakes(bundle: Bundle) -> Iterator[Mistake]:
    """What is wrong with keys, certificates and verifiers: missing, readable by others, expired.

    What lies in a store isn't asked for here: the gateway does, and `check --live`.
    """
    now = datetime.datetime.fromtimestamp(clock.now_milliseconds() / 1000, tz=datetime.UTC)
    for document, path, material, reference in references(bundle):
        if _in_store(reference):
            continue
        try:
            secret = resolve(reference, bundle.root, private=material.secret)
        except MaterialMissing as error:
            yield document.mistake(str(error), *path, suggestion=_how_to_get(reference))
        except MaterialRefused as error:
            yield document.mistake(
                str(error), *path, suggestion=_how_to_mend(reference, str(error))
            )
        else:
            yield from _unfit(document, path, material, reference, secret, now)
    yield from _pairs(bundle)
    yield from signed_by_another(bundle)


def _in_store(reference: str) -> bool:
    return reference.partition(":")[0] in STORE_SCHEMES


def _how_to_get(reference: str) -> str:
    if reference.startswith("env:"):
        return f"set `{reference.removeprefix('env:')}` before you start the gateway"
    return "put it there, or run `streamward dev certificates DIR` to make it for development"


def _how_to_mend(reference: str, problem: str) -> str:
    if "by others" in problem:
        return f"run `chmod 600 {reference.removeprefix('file:')}`"
    if "out of the bundle" in problem:
        return "put it into the bundle's folder, or give an absolute path"
    return ""


def _unfit(
    document: Document,
    path: FieldPath,
    material: Material,
    reference: str,
    secret: Secret,
    now: datetime.datetime,
) -> Iterator[Mistake]:
    match material.purpose:
        case "certificate" | "ca" | "crl":
            unfit = _unfit_lists if material.purpose == "crl" else _unfit_certificates
            yield from unfit(document, path, reference, secret, now)
        case "key":
            problem = _unfit_key(secret)
            if problem:
                yield document.mistake(f"`{reference}`: {problem}", *path, suggestion=_PEM_KEY)
        case "signing_key":
            if not _is_ed25519(secret):
                what = f"`{reference}` is not an Ed25519 key in PEM without a password"
                yield document.mistake(what, *path, suggestion=_MAKE_SIGNING_KEY)
        case "record_key" | "public_key":
            yield from _unfit_record_key(document, path, material, reference, secret)
        case "verifier":
            if _VERIFIER.fullmatch(secret.value) is None:
                what = f"`{reference}` is not a verifier as in RFC 5803 (SCRAM-SHA-256 or -512)"
                yield document.mistake(what, *path, suggestion=_MAKE_VERIFIER)
        case "password" | "store_key" | "database_url" | "mask_secret":
            yield from _unfit_text(document, path, material, reference, secret)
        case _:
            assert_never(material.purpose)


def _unfit_text(
    document: Document, path: FieldPath, material: Material, reference: str, secret: Secret
) -> Iterator[Mistake]:
    if material.purpose == "store_key":
        try:
            read_key(secret)
        except InvalidArgument as error:
            hint = "make it with `openssl rand -base64 32`"
            yield document.mistake(f"`{reference}`: {error}", *path, suggestion=hint)
        return
    if material.purpose == "mask_secret":
        if len(secret.value.strip()) < MASK_SECRET_BYTES_MIN:
            what = f"`{reference}` holds less than {MASK_SECRET_BYTES_MIN} bytes"
            hint = "make it with `openssl rand -base64 32`"
            yield document.mistake(what, *path, suggestion=hint)
        return
    what, hint = "password", "write the password into it"
    if material.purpose == "database_url":
        what, hint = "URL", "write it as `postgresql+psycopg://user:password@host/name`"
    if not secret.value.strip():
        yield document.mistake(f"`{reference}` holds no {what}", *path, suggestion=hint)


_STAY = frozenset({"oauth", "probe"})
"""Fields of a cluster whose references the data plane has no use for."""

_PEM_KEY = "store it as PEM without a password, mode 0600"
_MAKE_SIGNING_KEY = "make it with `openssl genpkey -algorithm ed25519 -out FILE`, mode 0600"
_MAKE_PUBLIC_KEY = "make it with `openssl pkey -in FILE -pubout`"
_MAKE_VERIFIER = "make it with `streamward identity verifier`"


def _is_ed25519(secret: Secret) -> bool:
    try:
        return read_private_key(secret.value).is_ed25519
    except KeyUnreadable:
        return False


def _unfit_record_key(
    document: Document, path: FieldPath, material: Material, reference: str, secret: Secret
) -> Iterator[Mistake]:
    if not is_record_key(secret, private=material.secret):
        half = "private key (PKCS#8)" if material.secret else "public key"
        what = f"`{reference}` is no {half} of Ed25519 or P-256 in PEM without a password"
        hint = _MAKE_SIGNING_KEY if material.secret else _MAKE_PUBLIC_KEY
        yield document.mistake(what, *path, suggestion=hint)


def is_record_key(secret: Secret, *, private: bool) -> bool:
    """Whether records can be signed, or verified, with this key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    try:
        if private:
            if not secret.value.lstrip().startswith(b"-----BEGIN PRIVATE KEY-----"):
                return False
            key = serialization.load_pem_private_key(secret.value, password=None).public_key()
        else:
            key = serialization.load_pem_public_key(secret.value)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, ec.SECP256R1)
    return isinstance(key, ed25519.Ed25519PublicKey)


def _unfit_key(secret: Secret) -> str:
    try:
        read_private_key(secret.value)
    except KeyEncrypted:
        return "the key is protected by a password"
    except KeyUnreadable:
        return "not a private key in PEM"
    return ""


def _unfit_certificates(
    document: Document, path: FieldPath, reference: str, secret: Secret, now: datetime.datetime
) -> Iterator[Mistake]:
    try:
        certificates = read_certificates(secret.value)
    except ValueError:
        what = f"`{reference}`: not certificates in PEM"
        yield document.mistake(
            what, *path, suggestion="it must start with `-----BEGIN CERTIFICATE`"
        )
        return
    for certificate in certificates:
        name = certificate.subject or "certificate"
        end = certificate.ends
        if end <= now:
            what = f"`{reference}`: `{name}` expired on {end:%Y-%m-%d}"
            yield document.mistake(what, *path, suggestion="renew it")
        elif end - now < datetime.timedelta(days=EXPIRY_WARNING_DAYS):
            what = f"`{reference}`: `{name}` expires on {end:%Y-%m-%d}"
            yield document.mistake(what, *path, suggestion="renew it", severity="warning")
        if certificate.begins > now:
            start = certificate.begins
            what = f"`{reference}`: `{name}` is not valid before {start:%Y-%m-%d}"
            yield document.mistake(what, *path, suggestion="check the clock, or wait")


def _pairs(bundle: Bundle) -> Iterator[Mistake]:
    """Keys that don't belong to the certificate beside them."""
    keys = {
        (document.name, document.kind, path[:-1]): reference
        for document, path, material, reference in references(bundle)
        if material.purpose == "key"
    }
    for document, path, material, reference in references(bundle):
        key = keys.get((document.name, document.kind, path[:-1]))
        if material.purpose != "certificate" or key is None:
            continue
        if not _belong_together(bundle, reference, key):
            what = f"`{key}` is not the key of `{reference}`"
            yield document.mistake(what, *path[:-1], "key", suggestion="pair the right files")


def _belong_together(bundle: Bundle, certificate: str, key: str) -> bool:
    """False only where both can be read and differ; what can't be read is told elsewhere."""
    try:
        pem = resolve(certificate, bundle.root).value
        private = read_private_key(resolve(key, bundle.root, private=True).value)
        return read_certificates(pem)[0].public_key == private.public_key
    except (MaterialMissing, MaterialRefused, ValueError):
        return True
