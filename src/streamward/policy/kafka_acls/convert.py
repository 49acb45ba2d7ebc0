"""From ACLs to documents of a bundle that decide the same."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from streamward.errors import InvalidArgument
from streamward.model.action import Action
from streamward.model.action import ResourceType as Kind
from streamward.model.document import Noun
from streamward.model.grant import Grant
from streamward.model.principal import CertificateCredential, Principal, PrincipalType, Tenant
from streamward.model.stream import Stream
from streamward.policy.kafka_acls.acl import Acl
from streamward.policy.kafka_acls.finding import Finding, Outcome
from streamward.policy.kafka_acls.names import Declared, PrincipalNames, digest, subject_of
from streamward.policy.kafka_acls.rules import Sentence, all_actions, read_acl
from streamward.policy.target import Target

TARGETS_MAX = 1000
"""Targets in one grant, as the model of a grant has it."""
SOURCES_MAX = 100
SUPER_USERS_MAX = 100
_TARGETS_CHARACTERS_MAX = 200_000
"""Text of the targets in one grant, so that a document fits into a file."""
_ID_CHARACTERS_MAX = 190
_KINDS = (Kind.STREAM, Kind.GROUP, Kind.TRANSACTION, Kind.CLUSTER)
_ORDER = {action: number for number, action in enumerate(Action)}
_STREAM = re.compile(r"[A-Za-z0-9._-]{1,248}")

Sources = tuple[str, ...]
Actions = tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """Documents that decide as the ACLs do, and everything that somebody should know about it."""

    acls: int
    tenants: tuple[Tenant, ...]
    principals: tuple[Principal, ...]
    streams: tuple[Stream, ...]
    grants: tuple[Grant, ...]
    findings: tuple[Finding, ...]
    names: PrincipalNames

    @property
    def losses(self) -> tuple[Finding, ...]:
        """What decides differently from Kafka: never more is allowed, only less."""
        return tuple(finding for finding in self.findings if finding.is_loss)

    def documents(self) -> tuple[Noun, ...]:
        """Everything that is declared, in the order in which it is written."""
        return (*self.tenants, *self.principals, *self.streams, *self.grants)


def convert(
    acls: Iterable[Acl],
    *,
    super_users: Iterable[str] = (),
    declared: Declared | None = None,
    tenant: str = "kafka",
) -> Conversion:
    """Turn ACLs into grants. The order of the ACLs plays no part.

    `super_users` are names without `User:`; they may do everything, whatever ACLs deny. What
    `declared` has is referred to; principals that it lacks are added to `tenant`.
    Raises InvalidArgument for more super users than a grant can exempt.
    """
    declared = declared or Declared()
    supers = frozenset(super_users)
    if len(supers) > SUPER_USERS_MAX:
        raise InvalidArgument(f"{len(supers)} super users are more than {SUPER_USERS_MAX}")
    acls = sorted(set(acls))
    read = [(acl, *read_acl(acl, supers)) for acl in acls]
    findings = [finding for _, _, found in read for finding in found]
    users = {it.user for _, it, _ in read if it is not None and it.user is not None}
    names = PrincipalNames.choose(users | supers, declared)
    sentences, lost = _unjoined([(acl, it) for acl, it, _ in read if it is not None], names)
    findings += lost
    findings += [_joined_super(user, names) for user in supers & names.joined]
    findings += [_nameless(user, names) for user in names.new if names.by_user[user] != user]
    principals = tuple(_principal(user, names.by_user[user], tenant) for user in names.new)
    able = sorted(names.by_user[user] for user in supers - names.joined)
    exempt = tuple(f"principal:{name}" for name in able)
    grants = (*_super_grants(exempt), *_grants(sentences, names, exempt))
    is_new = bool(principals) and tenant not in declared.tenants
    return Conversion(
        acls=len(acls),
        tenants=(Tenant(name=tenant),) if is_new else (),
        principals=principals,
        streams=tuple(_streams(sentences, declared)),
        grants=tuple(grants),
        findings=tuple(sorted(findings, key=lambda it: (it.outcome, it.about))),
        names=names,
    )


def _unjoined(
    read: Iterable[tuple[Acl, Sentence]], names: PrincipalNames
) -> tuple[list[Sentence], list[Finding]]:
    """SECURITY: where two users are one principal, it must not have the rights of both."""
    sentences: list[Sentence] = []
    findings: list[Finding] = []
    for acl, sentence in read:
        if sentence.user in names.joined:
            name = names.by_user[sentence.user or ""]
            why = f"the bundle makes one principal, `{name}`, of this user and another"
            outcome = Outcome.LEFT_OUT if sentence.allowed else Outcome.STRICTER
            findings.append(Finding(outcome, str(acl), why))
        if sentence.user not in names.joined or not sentence.allowed:
            sentences.append(sentence)
    return sentences, findings


def _joined_super(user: str, names: PrincipalNames) -> Finding:
    why = f"the bundle makes one principal, `{names.by_user[user]}`, of this user and another"
    return Finding(Outcome.LEFT_OUT, f"super user User:{user}", why)


def _principal(user: str, name: str, tenant: str) -> Principal:
    subject = subject_of(user)
    credentials: tuple[CertificateCredential, ...] = ()
    if subject is not None:
        identifier = f"{name[:180]}-certificate"
        credentials = (CertificateCredential(id=identifier, type="certificate", subject=subject),)
    return Principal(
        name=name,
        type=PrincipalType.SERVICE,
        description=_shortened(f"User:{user}"),
        tenant=tenant,
        credentials=credentials,
    )


def _nameless(user: str, names: PrincipalNames) -> Finding:
    why = f"called `{names.by_user[user]}` here"
    if subject_of(user) is None:
        why += "; such a name can't stand in a bundle"
    return Finding(Outcome.NOTE, f"User:{user}", why)


def _shortened(text: str) -> str:
    return text if len(text) <= 1000 else text[:999] + "…"


def _streams(sentences: Sequence[Sentence], declared: Declared) -> Iterator[Stream]:
    """Every topic and prefix that ACLs speak of, for classes to be added to."""
    targets = {sentence.target for sentence in sentences if sentence.target.word == "stream"}
    prefixes = {target.name for target in targets if target.is_pattern}
    # A bundle declares a name or a prefix, not both of one text; the prefix covers the name.
    for name in sorted({target.name for target in targets} - declared.streams):
        if _STREAM.fullmatch(name):
            yield Stream(prefix=name) if name in prefixes else Stream(name=name)


def _super_grants(supers: tuple[str, ...]) -> Iterator[Grant]:
    """Kafka asks nothing about super users; the verbs of the control door are not Kafka's."""
    for kind in _KINDS if supers else ():
        word = kind.value.lower()
        yield Grant(
            id=f"acl.@super-users.allow.all-{word}",
            description="Kafka's `super.users`",
            to=supers,
            allow=_sorted(all_actions(kind)),
            on=("cluster" if kind is Kind.CLUSTER else f"{word}:*",),
        )


def _grants(
    sentences: Sequence[Sentence], names: PrincipalNames, supers: tuple[str, ...]
) -> Iterator[Grant]:
    """One grant for each subject, effect, set of operations and set of hosts."""
    groups: dict[tuple[str | None, bool, Sources, Actions], list[Target]] = defaultdict(list)
    for (user, allowed, target), by_source in _by_target(sentences).items():
        hosts: dict[Actions, list[str]] = defaultdict(list)
        for source, found in by_source.items():
            if source is None:
                groups[user, allowed, (), _sorted(found)].append(target)
            else:
                hosts[_sorted(found)].append(source)
        for actions, addresses in hosts.items():
            for sources in _chunks(sorted(addresses), SOURCES_MAX):
                groups[user, allowed, sources, actions].append(target)
    written = []
    for (user, allowed, sources, actions), targets in groups.items():
        name = None if user is None else names.by_user[user]
        identifier = _identifier(name or "@everyone", allowed, actions, sources, targets)
        for number, on in enumerate(_target_chunks(sorted(targets, key=_target_order)), start=1):
            grant = Grant(
                id=identifier if number == 1 else f"{identifier}.{number}",
                description="Kafka's ACLs of " + _shortened(f"User:{user or '*'}"),
                to=("everyone" if name is None else f"principal:{name}",),
                exempt=supers if name is None and not allowed else (),
                allow=actions if allowed else None,
                deny=None if allowed else actions,
                on=tuple(target.text for target in on),
                sources=sources,
            )
            written.append(grant)
    yield from sorted(written, key=lambda grant: (grant.to != ("everyone",), grant.id))


def _by_target(
    sentences: Sequence[Sentence],
) -> dict[tuple[str | None, bool, Target], dict[str | None, set[Action]]]:
    """For each subject, effect and target: what may be done, from where."""
    merged: dict[tuple[str | None, bool, Target], dict[str | None, set[Action]]] = {}
    for it in sentences:
        by_source = merged.setdefault((it.user, it.allowed, it.target), {})
        by_source.setdefault(it.source, set()).update(it.actions)
    return merged


def _identifier(
    label: str, allowed: bool, actions: Actions, sources: Sources, targets: Sequence[Target]
) -> str:
    """An id that changes with what it is made of, and with nothing else."""
    kinds = [kind for kind in _KINDS if frozenset(actions) == all_actions(kind)]
    words = "-".join(action.word for action in actions)
    if kinds and all(target.type is kinds[0] for target in targets):
        words = f"all-{kinds[0].value.lower()}"
    effect = "allow" if allowed else "deny"
    identifier = f"acl.{label}.{effect}.{words}"
    if len(sources) == 1:
        identifier += f".from-{sources[0].replace(':', '_')}"
    elif sources:
        identifier += f".from-{digest(' '.join(sources))}"
    if len(identifier) > _ID_CHARACTERS_MAX:
        beginning = identifier[: _ID_CHARACTERS_MAX - 10]
        identifier = f"{beginning}.{digest(identifier)}"
    return identifier


def _sorted(actions: Iterable[Action]) -> Actions:
    return tuple(sorted(actions, key=_ORDER.__getitem__))


def _target_order(target: Target) -> tuple[int, str, bool]:
    return _KINDS.index(target.type), target.name, target.is_pattern


def _target_chunks(targets: Iterable[Target]) -> Iterator[tuple[Target, ...]]:
    chunk: list[Target] = []
    characters = 0
    for target in targets:
        length = len(target.text)
        if len(chunk) == TARGETS_MAX or (chunk and characters + length > _TARGETS_CHARACTERS_MAX):
            yield tuple(chunk)
            chunk, characters = [], 0
        chunk.append(target)
        characters += length
    if chunk:
        yield tuple(chunk)


def _chunks(values: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(values), size):
        yield tuple(values[start : start + size])
