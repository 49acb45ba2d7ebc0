"""What a declared cluster's gateway, and whoever else brokers know, show to brokers."""

from collections.abc import Callable

from streamward.model.topology import Cluster
from streamward.posture.ports import Access
from streamward.secrets import TOKEN_SCHEME, Secret

Answer = Callable[[str, bool], Secret]
"""Answers a reference; whether it is private."""


def gateway_access(cluster: Cluster, answer: Answer) -> Access:
    """As the gateway itself. Raises StreamwardError for a secret that can't be had."""
    tls, sasl = cluster.tls, cluster.sasl
    username = password = token = ""
    if sasl is not None and sasl.oauth is not None:
        token = _text(answer(f"{TOKEN_SCHEME}:{cluster.name}", True))
    elif sasl is not None:
        assert sasl.password is not None  # the model demands one with these mechanisms
        password = _text(answer(sasl.password, True))
        name = sasl.username_from
        username = _text(answer(name, True)) if name is not None else sasl.username or ""
    return Access(
        tls=tls is not None,
        ca=_ca(cluster, answer),
        server_name=None if tls is None else tls.server_name,
        certificate=_bytes(tls.certificate if tls else None, answer, private=False),
        key=_bytes(tls.key if tls else None, answer, private=True),
        mechanism=None if sasl is None else sasl.mechanism,
        username=username,
        password=password,
        token=token,
        extensions={} if sasl is None or sasl.oauth is None else sasl.oauth.extensions,
    )


def known_access(cluster: Cluster, answer: Answer) -> tuple[str, Access] | None:
    """As the declared known principal, by name. Raises StreamwardError as above."""
    probe = cluster.probe
    if probe is None:
        return None
    access = Access(
        ca=_ca(cluster, answer),
        server_name=None if cluster.tls is None else cluster.tls.server_name,
        certificate=_bytes(probe.certificate, answer, private=False),
        key=_bytes(probe.key, answer, private=True),
        mechanism=probe.mechanism,
        username=probe.name,
        password="" if probe.password is None else _text(answer(probe.password, True)),
    )
    return probe.name, access


def _ca(cluster: Cluster, answer: Answer) -> bytes | None:
    return None if cluster.tls is None else answer(cluster.tls.ca, False).value


def _bytes(reference: str | None, answer: Answer, *, private: bool) -> bytes | None:
    return None if reference is None else answer(reference, private).value


def _text(secret: Secret) -> str:
    return secret.value.decode("utf-8", "replace").rstrip()
