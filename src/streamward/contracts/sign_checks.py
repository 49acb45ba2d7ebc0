"""What must hold of signed streams and their keys, and which streams must be signed."""

from collections.abc import Iterator

from streamward.contracts.sealing import classes_under, sealing_of, tenant_of, text_of
from streamward.contracts.signing import signed_streams, signing_candidates, signing_of
from streamward.model.document import Bundle, Document, Mistake
from streamward.model.nearest import meant
from streamward.model.signing import Signing, SigningKey
from streamward.model.stream import DataClass, Namespace, Stream


def signed_where_required(bundle: Bundle) -> Iterator[Mistake]:
    """Streams of a class that requires signatures, and that are not signed."""
    requiring = {one.name for one in bundle.of(DataClass) if one.requires.sign}
    for document, declared in _streams(bundle):
        if signing_of(bundle, declared) is not None:
            continue
        for name in classes_under(bundle, declared):
            if name in requiring:
                what = f"`{document.name}` carries `{name}`, which requires signatures, but is not"
                path = ("classes", declared.classes.index(name)) if name in declared.classes else ()
                hint = f"add `sign: {{key: …}}` here or to the class `{name}`"
                yield document.mistake(f"{what} signed", *path, suggestion=hint)


def one_way_of_signing(bundle: Bundle) -> Iterator[Mistake]:
    """Streams whose classes are signed in several ways."""
    for document, declared in _streams(bundle):
        found = signing_candidates(bundle, declared)
        if len(found) > 1:
            yield document.mistake(
                f"the classes of `{document.name}` are signed in {len(found)} ways",
                "classes",
                suggestion="say in this document how it is signed: add `sign:`",
            )


def keys_that_fit(bundle: Bundle) -> Iterator[Mistake]:
    """The gateway signs with a private key; producers' keys are theirs, and nobody else's."""
    for document, sign in _declarations(bundle):
        names = [("key", sign.key)] if sign.key else []
        listed = [*names, *((("keys", at), name) for at, name in enumerate(sign.keys))]
        for place, name in listed:
            path = place if isinstance(place, tuple) else (place,)
            key = bundle.find(SigningKey, name or "")
            what, hint = ("", "") if key is None else _unfit(sign, key, path)
            if what:
                yield document.mistake(what, "sign", *path, suggestion=hint)


def _unfit(sign: Signing, key: SigningKey, path: tuple[str | int, ...]) -> tuple[str, str]:
    if path == ("key",) and key.key is None:
        what = f"nothing can be signed with `{key.name}`, which has only a public key"
        return what, "name a SigningKey with `key:`, and this one in `keys`"
    if sign.by == "gateway" and key.principal is not None:
        what = f"`{key.name}` is a key of the producer `{key.principal}`"
        return what, "the gateway signs here: name keys of its own, or say `by: producer`"
    if sign.by == "producer" and key.principal is None:
        what = f"`{key.name}` is a key of no producer, and would sign for all of them"
        return what, "name SigningKeys with `principal:`"
    return "", ""


def signed_behind_the_seal(bundle: Bundle) -> Iterator[Mistake]:
    """What a producer signed can't be sealed behind it: its signature would fit no more."""
    for document, declared in _streams(bundle):
        sign, seal = signing_of(bundle, declared), sealing_of(bundle, declared)
        if sign is None or seal is None:
            continue
        if sign.by == "producer" and seal.sealed_by == "gateway":
            yield document.mistake(
                f"`{document.name}` is signed by its producers, and the gateway would seal it then",
                *(("sign",) if declared.sign else ()),
                suggestion="say `by: gateway`, or `sealed_by: producer` in `seal`",
            )


def signed_for_one_tenant(bundle: Bundle) -> Iterator[Mistake]:
    """A signature is bound to its tenant, so one document can't sign streams of several."""
    for document, declared in _streams(bundle):
        prefix = declared.prefix
        if prefix is None or signing_of(bundle, declared) is None:
            continue
        around = tenant_of(bundle, prefix)
        for inside in bundle.of(Namespace):
            if inside.prefix.startswith(prefix) and inside.tenant != around:
                what = f"signed streams of `{prefix}…` are of {around or 'no tenant'}, "
                what += f"but those of `{inside.prefix}…` of `{inside.tenant}`"
                hint = "declare a Stream with `sign:` for each of these prefixes"
                yield document.mistake(what, "prefix", suggestion=hint)


def known_origins(bundle: Bundle) -> Iterator[Mistake]:
    """Mirrors are of signed streams."""
    signed = [declared for declared, _ in signed_streams(bundle)]
    names = frozenset(map(text_of, signed))
    prefixes = tuple(declared.prefix for declared in signed if declared.prefix)
    for document, sign in _declarations(bundle):
        for index, name in enumerate(sign.accepts_from):
            if name not in names and not name.startswith(prefixes):
                hint = meant(name, names) or "name a stream that is signed"
                what = f"no signed stream `{name}` is declared, so nothing from it verifies"
                yield document.mistake(what, "sign", "accepts_from", index, suggestion=hint)


def copied_record_by_record(bundle: Bundle) -> Iterator[Mistake]:
    """What verifies only with its batch does not where somebody copied its records."""
    whole = [declared for declared, sign in signed_streams(bundle) if sign.each == "whole_batch"]
    for document, sign in _declarations(bundle):
        for index, name in enumerate(sign.accepts_from):
            if any(_is_of(declared, name) for declared in whole):
                yield document.mistake(
                    f"records of `{name}` verify only with their batch, which a copy does not keep",
                    "sign",
                    "accepts_from",
                    index,
                    suggestion=f"sign `{name}` with `each: batch`",
                )


def _is_of(declared: Stream, name: str) -> bool:
    return declared.name == name or (
        declared.prefix is not None and name.startswith(declared.prefix)
    )


def _streams(bundle: Bundle) -> Iterator[tuple[Document, Stream]]:
    for document in bundle.documents_of(Stream):
        assert isinstance(document.value, Stream)
        yield document, document.value


def _declarations(bundle: Bundle) -> Iterator[tuple[Document, Signing]]:
    for kind in (Stream, DataClass):
        for document in bundle.documents_of(kind):
            assert isinstance(document.value, Stream | DataClass)
            if document.value.sign is not None:
                yield document, document.value.sign


CHECKS = (
    signed_where_required,
    one_way_of_signing,
    keys_that_fit,
    signed_behind_the_seal,
    signed_for_one_tenant,
    known_origins,
    copied_record_by_record,
)
