"""What must hold of limits and quotas: subjects that exist, and numbers that fit each other."""

from collections.abc import Iterator

from streamward.model.document import Bundle, Document, Mistake
from streamward.model.duration import format_duration
from streamward.model.limits import EVERYONE, GatewayLimits, Quota
from streamward.model.manifest import Manifest
from streamward.model.nearest import meant
from streamward.model.topology import Listener

_SUBJECT_KINDS = {"role": "Role", "principal": "Principal", "tenant": "Tenant"}
_REQUEST_BYTES = 1_048_576
"""The default of `max.request.size` of Kafka's producer."""


def _quotas(bundle: Bundle) -> Iterator[tuple[Document, Quota]]:
    for document in bundle.documents_of(Quota):
        assert isinstance(document.value, Quota)
        yield document, document.value


def _gateway_limits(bundle: Bundle) -> GatewayLimits:
    heads = bundle.of(Manifest)
    return heads[0].limits if heads else GatewayLimits()


def quota_subjects(bundle: Bundle) -> Iterator[Mistake]:
    """Quotas for roles, principals and tenants that stand nowhere."""
    for document, quota in _quotas(bundle):
        for index, subject in enumerate(quota.to):
            if subject == EVERYONE:
                continue
            word, _, name = subject.partition(":")
            names = bundle.names(_SUBJECT_KINDS[word])
            if name not in names:
                what = f"there is no {_SUBJECT_KINDS[word]} `{name}`"
                yield document.mistake(what, "to", index, suggestion=meant(name, names))


def quotas_set_once(bundle: Bundle) -> Iterator[Mistake]:
    """Two quotas that set the same limit for the same subject: only the narrower one holds."""
    first: dict[tuple[str, str], Document] = {}
    for document, quota in _quotas(bundle):
        if quota.shared:
            continue
        for index, subject in enumerate(quota.to):
            for limit in quota.limits():
                other = first.setdefault((subject, limit), document)
                if other is not document:
                    yield document.mistake(
                        f"`{subject}` has another `{limit}` by quota `{other.name}`",
                        "to",
                        index,
                        suggestion="the narrower of both holds; keep one",
                        severity="warning",
                    )


def rates_let_requests_pass(bundle: Bundle) -> Iterator[Mistake]:
    """A rate so low that the longest wait doesn't pay for one batch: it would not hold."""
    longest = _gateway_limits(bundle).throttle_max
    declared: list[tuple[Document, int | None, tuple[str, ...]]] = [
        (document, quota.produce_bytes_per_second, ("produce_bytes_per_second",))
        for document, quota in _quotas(bundle)
    ]
    for document in bundle.documents_of(Listener):
        assert isinstance(document.value, Listener)
        rate = document.value.limits.produce_bytes_per_second
        declared.append((document, rate, ("limits", "produce_bytes_per_second")))
    for document, rate, path in declared:
        if rate is not None and rate * longest < _REQUEST_BYTES * 1000:
            seconds = _REQUEST_BYTES // rate
            yield document.mistake(
                f"one request of 1 MiB takes {seconds} s of this rate, and nobody is told to wait "
                f"longer than `throttle_max`, {format_duration(longest)}",
                *path,
                suggestion=f"give at least {-(-_REQUEST_BYTES * 1000 // longest)} bytes a second",
                severity="warning",
            )


def listener_limits_fit(bundle: Bundle) -> Iterator[Mistake]:
    """One source or principal that may have more than all, and frames larger than all memory."""
    memory = _gateway_limits(bundle).buffered_bytes_max
    for document in bundle.documents_of(Listener):
        assert isinstance(document.value, Listener)
        limits = document.value.limits
        for name in ("connections_per_source_max", "connections_per_principal_max"):
            each = getattr(limits, name)
            if each is not None and each > limits.connections_max:
                yield document.mistake(
                    f"`{name}` is more than all: `connections_max` is {limits.connections_max}",
                    "limits",
                    name,
                    suggestion=f"write {limits.connections_max} or less",
                )
        if limits.frame_bytes_max > memory:
            yield document.mistake(
                f"a frame may be larger than `buffered_bytes_max`, {memory} bytes",
                "limits",
                "frame_bytes_max",
                suggestion="lower it, or raise `limits: {buffered_bytes_max: …}` of the Bundle",
                severity="warning",
            )


CHECKS = (quota_subjects, quotas_set_once, rates_let_requests_pass, listener_limits_fit)
