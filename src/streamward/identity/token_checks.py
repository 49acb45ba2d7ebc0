"""What must hold of token issuers, of credentials of type `token`, and of who takes tokens."""

from collections.abc import Iterator

from streamward.model.document import Bundle, Document, Mistake
from streamward.model.manifest import Environment, Manifest
from streamward.model.token_issuer import TokenIssuer
from streamward.model.topology import Cluster, Listener
from streamward.model.url import is_loopback_url

MECHANISM = "OAUTHBEARER"


def _issuers(bundle: Bundle) -> Iterator[tuple[Document, TokenIssuer]]:
    for document in bundle.documents_of(TokenIssuer):
        assert isinstance(document.value, TokenIssuer)
        yield document, document.value


def issuers_over_https(bundle: Bundle) -> Iterator[Mistake]:
    """Whoever can change what an issuer says can be anybody."""
    heads = bundle.of(Manifest)
    development = bool(heads) and heads[0].environment is Environment.DEVELOPMENT
    for document, issuer in _issuers(bundle):
        for path, url in issuer.urls():
            if url.startswith("https://") or (development and is_loopback_url(url)):
                continue
            yield document.mistake(
                f"`{url}` is not over TLS, so others could answer for the issuer",
                *path,
                suggestion="use `https:`; `http:` is for loopback in environment `development`",
            )


def issuers_declared_once(bundle: Bundle) -> Iterator[Mistake]:
    """A token names its issuer by URL; an opaque one by nothing at all."""
    urls: dict[str, Document] = {}
    asked: Document | None = None
    for document, issuer in _issuers(bundle):
        first = urls.setdefault(issuer.issuer, document)
        if first is not document:
            what = f"`{issuer.issuer}` is also the URL of token issuer `{first.name}`"
            yield document.mistake(what, "issuer", suggestion="put both into one document")
        if issuer.introspection is None:
            continue
        if asked is not None:
            what = f"an opaque token doesn't say whose it is, and `{asked.name}` is asked already"
            hint = "let one issuer only be asked by introspection"
            yield document.mistake(what, "introspection", suggestion=hint)
        asked = document


def listeners_that_take_tokens(bundle: Bundle) -> Iterator[Mistake]:
    """Tokens need an issuer; bound ones need certificates."""
    relayed = {cluster.name for cluster in bundle.of(Cluster) if cluster.identity == "client"}
    declared = bool(bundle.of(TokenIssuer)) or any(
        kind == "TokenIssuer" for kind, _ in bundle.broken
    )
    for document in bundle.documents_of(Listener):
        listener = document.value
        assert isinstance(listener, Listener)
        if listener.bound_tokens:
            yield from _bound(document, listener)
        if MECHANISM not in listener.sasl:
            continue
        if listener.cluster in relayed:
            yield document.mistake(
                f"brokers of `{listener.cluster}` see the client, and tokens aren't passed on",
                "sasl",
                suggestion=f"remove `{MECHANISM}`, or set `identity: gateway` for the cluster",
            )
        elif not declared:
            yield document.mistake(
                f"`{MECHANISM}` is offered, but no token issuer is declared",
                "sasl",
                suggestion="add a document of kind TokenIssuer",
            )


def _bound(document: Document, listener: Listener) -> Iterator[Mistake]:
    if listener.sasl != (MECHANISM,):
        yield document.mistake(
            "where tokens must be bound, nothing else lets in",
            "bound_tokens",
            suggestion=f"write `sasl: [{MECHANISM}]`",
        )
    if listener.tls is None or listener.tls.client_certificate != "required":
        yield document.mistake(
            "a token is bound to the client's certificate, so all clients must show one",
            "bound_tokens",
            suggestion="set `client_certificate: required` and `client_ca`",
        )


CHECKS = (issuers_over_https, issuers_declared_once, listeners_that_take_tokens)
