"""From grants, classes and Cedar files to the rules that decide."""

import datetime
from collections.abc import Iterable, Iterator

import msgspec

from streamward.model.action import Action
from streamward.model.document import Bundle, Document
from streamward.model.grant import Grant
from streamward.model.manifest import Manifest
from streamward.model.network import Network
from streamward.model.principal import Principal, PrincipalType, Role, Tenant
from streamward.model.stream import DataClass, Namespace, Stream
from streamward.policy import cedar_text
from streamward.policy.conditions import OF_PEOPLE, annotation, clauses
from streamward.policy.section import (
    ClassEntry,
    Member,
    NamespaceEntry,
    NetworkEntry,
    PolicySection,
    RoleEntry,
    Rule,
    StreamEntry,
    version_of,
)
from streamward.policy.target import Subject, Target

STREAM_ACTIONS = (
    Action.READ,
    Action.WRITE,
    Action.CREATE,
    Action.DELETE,
    Action.ALTER,
    Action.DESCRIBE,
    Action.DESCRIBE_CONFIGS,
    Action.ALTER_CONFIGS,
)
"""What the controls that a class requires stand before: everything that can be done to a stream."""


def compile_policy(bundle: Bundle, schema: str, today: datetime.date) -> PolicySection:
    """The policy section of a bundle without errors. Grants that have expired are left out."""
    rules = (*_grant_rules(bundle, today), *_class_rules(bundle), *_file_rules(bundle))
    section = PolicySection(
        version="",
        schema=schema,
        rules=rules,
        roles=tuple(RoleEntry(name=r.name, includes=r.includes) for r in bundle.of(Role)),
        tenants=tuple(tenant.name for tenant in bundle.of(Tenant)),
        namespaces=tuple(
            NamespaceEntry(prefix=n.prefix, tenant=n.tenant) for n in bundle.of(Namespace)
        ),
        streams=tuple(
            StreamEntry(name=s.name, prefix=s.prefix, classes=s.classes) for s in bundle.of(Stream)
        ),
        classes=tuple(ClassEntry(name=c.name, level=c.level.value) for c in bundle.of(DataClass)),
        networks=tuple(
            NetworkEntry(name=n.name, addresses=n.addresses) for n in bundle.of(Network)
        ),
    )
    heads = bundle.of(Manifest)
    environment = heads[0].environment.value if heads else ""
    members = tuple(_member(principal) for principal in bundle.of(Principal))
    return msgspec.structs.replace(section, version=version_of(section, environment, members))


def _member(principal: Principal) -> Member:
    return Member(
        id=principal.name,
        type=principal.type.value,
        tenant=principal.tenant,
        roles=principal.roles,
        mfa=principal.mfa,
        device_posture=principal.device_posture,
    )


def next_change(bundle: Bundle, today: datetime.date) -> datetime.date | None:
    """The first day on which a grant that holds today holds no more, so that rules change."""
    last_days = [g.expires for g in bundle.of(Grant) if g.expires is not None]
    ends = [day + datetime.timedelta(days=1) for day in last_days if day >= today]
    return min(ends, default=None)


def days_of_change(bundle: Bundle, first: datetime.date) -> tuple[datetime.date, ...]:
    """The first day, and each later one on which a grant holds no more: one per policy version."""
    days = [first]
    while (change := next_change(bundle, days[-1])) is not None:
        days.append(change)
    return tuple(days)


def ends(bundle: Bundle, first: datetime.date, *, denials: bool) -> tuple[datetime.date, ...]:
    """Days after the first one on which grants that deny (or those that allow) hold no more."""
    grants = [it for it in bundle.of(Grant) if (it.deny is not None) == denials]
    last_days = {it.expires for it in grants if it.expires is not None and it.expires >= first}
    return tuple(day + datetime.timedelta(days=1) for day in sorted(last_days))


def _grant_rules(bundle: Bundle, today: datetime.date) -> Iterator[Rule]:
    kinds = {p.name: p.type for p in bundle.of(Principal)}
    prefixes = tuple(namespace.prefix for namespace in bundle.of(Namespace))
    for document in bundle.documents_of(Grant):
        grant = document.value
        assert isinstance(grant, Grant)
        if grant.expires is not None and grant.expires < today:
            continue
        yield from _rules_of_grant(document, grant, kinds, prefixes)


def _rules_of_grant(
    document: Document,
    grant: Grant,
    kinds: dict[str, PrincipalType],
    prefixes: tuple[str, ...],
) -> Iterator[Rule]:
    place = document.place()
    number = 0
    for subject in grant.to:
        for text in grant.on:
            target = Target.parse(text)
            actions = target.covered(grant.actions, with_implied=grant.allow is not None)
            if not actions:
                continue
            number += 1
            yield Rule(
                id=f"grant:{grant.id}#{number}",
                source=f"{place.file}:{place.line}",
                cedar=_grant_text(grant, subject, target, actions, kinds),
                slices=_slices(target, prefixes),
            )


def _grant_text(
    grant: Grant,
    subject: str,
    target: Target,
    actions: tuple[Action, ...],
    kinds: dict[str, PrincipalType],
) -> str:
    effect = "permit" if grant.allow is not None else "forbid"
    resource, condition = _resource(target)
    scope = _principal(subject, kinds)
    head = (scope or "principal", cedar_text.action_scope(actions), resource)
    text = f"{effect} (\n  " + ",\n  ".join(head) + "\n)"
    conditions = [each for each in (condition, _from(grant.sources)) if each]
    if conditions:
        text += "\nwhen { " + " && ".join(conditions) + " }"
    required = tuple(clauses(grant.requires))
    text = annotation(required) + text
    text += "".join(f"\nwhen {{ {clause.cedar} }}" for clause in required)
    if grant.exempt:
        exempt = " || ".join(is_subject(each, kinds) for each in grant.exempt)
        text += f"\nunless {{ {exempt} }}"
    return text + ";"


def _principal(text: str, kinds: dict[str, PrincipalType]) -> str:
    """The principal in a rule's head; empty where it is everyone."""
    subject = Subject.parse(text)
    if subject.word == "everyone":
        return ""
    relation = "==" if subject.word == "principal" else "in"
    return f"principal {relation} {_subject_entity(subject, kinds)}"


def is_subject(text: str, kinds: dict[str, PrincipalType]) -> str:
    """The same as a condition. Cedar compares no users with services, but `in` speaks of both."""
    subject = Subject.parse(text)
    if subject.word == "everyone":
        return "true"
    return f"principal in {_subject_entity(subject, kinds)}"


def _subject_entity(subject: Subject, kinds: dict[str, PrincipalType]) -> str:
    if subject.word == "principal":
        kind = "User" if kinds.get(subject.name) is PrincipalType.USER else "Service"
        return cedar_text.entity(kind, subject.name)
    return cedar_text.entity("Role" if subject.word == "role" else "Tenant", subject.name)


def _from(sources: tuple[str, ...]) -> str:
    """The condition on where the request comes from; empty where it is anywhere."""
    networks = [text.removeprefix("network:") for text in sources if text.startswith("network:")]
    ranges = [text for text in sources if not text.startswith("network:")]
    parts = [f"context.source.isInRange(ip({cedar_text.quoted(each)}))" for each in ranges]
    if networks:
        parts.append(from_networks(networks))
    return f"({' || '.join(parts)})" if len(parts) > 1 else "".join(parts)


def from_networks(names: Iterable[str]) -> str:
    """The condition that one of the networks holds the source."""
    return f"context.networks.containsAny({cedar_text.string_set(names)})"


def _resource(target: Target) -> tuple[str, str]:
    """The resource in a rule's head, and the condition on its name if there is one."""
    if target.word == "class":
        return f"resource in {cedar_text.entity('DataClass', target.name)}", ""
    if target.word == "cluster" or target.prefix == "":
        return cedar_text.type_scope(target.type), ""
    if target.prefix is not None:
        condition = f"resource.name like {cedar_text.pattern(target.prefix)}"
        return cedar_text.type_scope(target.type), condition
    return f"resource == {cedar_text.entity(target.type.value, target.name)}", ""


def _slices(target: Target, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """The longest declared prefix that every name of the target starts with, or all requests."""
    if target.word in ("class", "cluster"):
        return ()
    known = target.name if target.prefix is None else target.prefix
    holding = [prefix for prefix in prefixes if known.startswith(prefix)]
    return (max(holding, key=len),) if holding else ()


def _class_rules(bundle: Bundle) -> Iterator[Rule]:
    for document in bundle.documents_of(DataClass):
        data_class = document.value
        assert isinstance(data_class, DataClass)
        place = document.place("requires")
        for control, principal, condition, named in _controls(data_class):
            head = (
                principal,
                cedar_text.action_scope(STREAM_ACTIONS),
                f"resource in {cedar_text.entity('DataClass', data_class.name)}",
            )
            yield Rule(
                id=f"class:{data_class.name}#{control}",
                source=f"{place.file}:{place.line}",
                cedar=named
                + "forbid (\n  "
                + ",\n  ".join(head)
                + f"\n)\nunless {{ {condition} }};",
            )


def _controls(data_class: DataClass) -> Iterator[tuple[str, str, str, str]]:
    """(control, principal in the rule's head, condition that must hold, what names it)."""
    requires = data_class.requires
    if requires.tls:
        yield "tls", "principal", "context.tls", ""
    for clause in clauses(requires):
        people = clause.field in OF_PEOPLE
        principal = "principal is Streamward::User" if people else "principal"
        # The rule's own name says all that there is to say of a control without a value.
        named = annotation((clause,)) if clause.value else ""
        yield clause.field, principal, clause.cedar, named
    if requires.networks:
        yield "networks", "principal", from_networks(requires.networks), ""


def _file_rules(bundle: Bundle) -> Iterator[Rule]:
    for file in bundle.files_of("cedar"):
        for policy in file.value or ():
            yield Rule(id=policy.rule, source=f"{policy.file}:{policy.line}", cedar=policy.text)
