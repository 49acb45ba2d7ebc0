"""What must hold of the log: one name, and in production a key of which somebody takes care."""

from collections.abc import Iterator

from streamward.model.audit_log import AuditLog
from streamward.model.document import Bundle, Mistake
from streamward.model.manifest import Environment, Manifest

_MAKE_A_KEY = "make a key with `openssl genpkey -algorithm ed25519`, and name it in `key:`"


def one_log(bundle: Bundle) -> Iterator[Mistake]:
    """A gateway writes one log."""
    for document in bundle.documents_of(AuditLog)[1:]:
        yield document.mistake(
            "a bundle has at most one document of kind AuditLog", suggestion="remove one of them"
        )


def a_declared_key_in_production(bundle: Bundle) -> Iterator[Mistake]:
    """Where the key lies beside the log, who can alter the log can sign it too."""
    heads = bundle.documents_of(Manifest)
    if bundle.broken or not heads or not isinstance(heads[0].value, Manifest):
        return
    if heads[0].value.environment is not Environment.PRODUCTION:
        return
    logs = bundle.documents_of(AuditLog)
    if not logs:
        yield heads[0].mistake(
            "in production the log's checkpoints need a key, and no AuditLog document names one",
            suggestion=f"add a document of kind AuditLog; {_MAKE_A_KEY}",
        )
    for document in logs:
        if isinstance(document.value, AuditLog) and document.value.key is None:
            what = "in production the log's checkpoints need a key"
            yield document.mistake(what, suggestion=_MAKE_A_KEY)


def another_key_than_before(bundle: Bundle) -> Iterator[Mistake]:
    """A change of key is one to another key."""
    for document in bundle.documents_of(AuditLog):
        log = document.value
        assert isinstance(log, AuditLog)
        if log.previous_key is not None and log.previous_key == log.key:
            what = "`previous_key` is the same as `key`"
            yield document.mistake(what, "previous_key", suggestion="remove it")
        if log.previous_key is not None and log.key is None:
            what = "`previous_key` without `key`: there is no key to change to"
            yield document.mistake(what, "previous_key", suggestion="declare `key`")


def erasable_not_kept_longer(bundle: Bundle) -> Iterator[Mistake]:
    """What entries commit to is of use only while there are entries."""
    for document in bundle.documents_of(AuditLog):
        log = document.value
        assert isinstance(log, AuditLog)
        if log.keep_erasable is None:
            continue
        if not log.erasable:
            what = "`keep_erasable` without `erasable`: there is nothing to erase"
            hint = "declare what is erasable, such as `erasable: [address]`"
            yield document.mistake(what, "keep_erasable", suggestion=hint)
        if log.keep is not None and log.keep_erasable > log.keep:
            what = "`keep_erasable` is longer than `keep`"
            hint = "what entries commit to goes with them; leave it out"
            yield document.mistake(what, "keep_erasable", suggestion=hint)


CHECKS = (one_log, a_declared_key_in_production, another_key_than_before, erasable_not_kept_longer)
