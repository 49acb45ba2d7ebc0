"""Small bundles at random, and every request that their rules can tell apart."""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from streamward.model.action import Action
from streamward.model.document import Bundle, Document, Noun, SourceFile
from streamward.model.grant import Grant
from streamward.model.manifest import Environment, Manifest
from streamward.model.network import Network
from streamward.model.principal import Principal, PrincipalType, Role, Tenant
from streamward.model.stream import DataClass, Level, Namespace, Requirements, Stream
from streamward.policy.cedar_file import read_cedar

ACTIONS = (Action.READ, Action.WRITE, Action.DESCRIBE)
NAMES = ("a.x", "a.other", "b.x", "zzz")
OUTER = "10.0.0.0/8"

# Every value that some atom below tells from the others.
VALUES: dict[str, tuple[Any, ...]] = {
    "source": ("127.0.0.1", "10.1.0.9", "10.2.0.9", "10.3.0.9", "203.0.113.9", "2001:db8::1"),
    "tls": (True, False),
    "mfa": (True, False),
    "mechanism": ("certificate", "PLAIN"),
    "minute": (0, 359, 360, 420, 1199, 1200),
    "weekday": (1, 5, 6),
    "device_posture": (None, "managed", "lost"),
    "mfa_age": (None, 0, 900, 901),
    "client_software_name": (None, "a", "ab", "b", "other"),
}
ATOMS = {
    "context.tls": "tls",
    "context.mfa": "mfa",
    'context.mechanism == "PLAIN"': "mechanism",
    'context.networks.contains("inner")': "source",
    'context.networks.containsAny(["inner", "outer"])': "source",
    "context.networks.isEmpty()": "source",
    'context.source.isInRange(ip("10.0.0.0/8"))': "source",
    "context.source.isLoopback()": "source",
    "context.hour >= 6 && context.hour < 20": "minute",
    "context.minute == 360": "minute",
    "context.hour * 60 == context.minute": "minute",
    "context.weekday <= 5": "weekday",
    'context has device_posture && context.device_posture == "managed"': "device_posture",
    'context has device_posture && ["managed", "own"].contains(context.device_posture)': (
        "device_posture"
    ),
    "context has mfa_age && context.mfa_age <= 900": "mfa_age",
    "context has mfa_age": "mfa_age",
    'context has client_software_name && context.client_software_name like "a*"': (
        "client_software_name"
    ),
    'context has client_software_name && !(context.client_software_name like "*b")': (
        "client_software_name"
    ),
    "resource.level >= 3": "",
    'resource.name like "a.*"': "",
    'resource.name like "*.x"': "",
    'resource.name like "a*o*x"': "",
    'resource.name == "zzz"': "",
    'resource.classes.contains("secret")': "",
    'principal in Streamward::Role::"inner"': "",
    "principal is Streamward::User": "",
    'resource in Streamward::Namespace::"a."': "",
    'action == Streamward::Action::"Write"': "",
}
HEADS = (
    "principal, action, resource is Streamward::Stream",
    'principal is Streamward::User, action == Streamward::Action::"Read", '
    "resource is Streamward::Stream",
    'principal in Streamward::Role::"inner", action, resource in Streamward::DataClass::"secret"',
    'principal == Streamward::Service::"app", action, resource == Streamward::Stream::"a.x"',
)

_conditions = st.recursive(
    st.sampled_from(tuple(ATOMS)),
    lambda inner: st.one_of(
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) || ({})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("(if {} then ({}) else ({}))".format, inner, inner, inner),
    ),
    max_leaves=4,
)
_rules = st.builds(
    "{} ({})\n{} {{ {} }};".format,
    st.sampled_from(("permit", "permit", "forbid")),
    st.sampled_from(HEADS).filter(lambda head: "is Streamward::Stream" in head),
    st.sampled_from(("when", "unless")),
    _conditions,
)
_subjects = st.sampled_from(("role:outer", "role:inner", "principal:app", "tenant:t", "everyone"))
_targets = st.sampled_from(("stream:a.x", "stream:a.*", "stream:*", "class:secret", "stream:zzz"))
_sources = st.sampled_from(("network:inner", "10.0.0.0/8", "10.2.0.0/16"))


@st.composite
def _grants(draw: st.DrawFn, number: int) -> Grant:
    actions = tuple(draw(st.sets(st.sampled_from(ACTIONS), min_size=1)))
    allows = draw(st.booleans()) or number == 0
    fields: dict[str, Any] = {"allow" if allows else "deny": actions}
    if allows and draw(st.booleans()):
        fields["requires"] = draw(
            st.sampled_from(({"mfa": True}, {"mfa_max_age": "15m"}, {"mechanisms": ["PLAIN"]}))
        )
    return Grant.model_validate(
        {
            "id": f"g{number}",
            "to": (draw(_subjects),),
            "exempt": tuple(draw(st.lists(_subjects, max_size=1))),
            "on": (draw(_targets),),
            "sources": tuple(draw(st.lists(_sources, max_size=1))),
            **{k: [a.word for a in v] if k in ("allow", "deny") else v for k, v in fields.items()},
        }
    )


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    """A bundle of a few principals, streams, classes, grants and Cedar rules."""
    grants = [draw(_grants(number)) for number in range(draw(st.integers(1, 3)))]
    rules = draw(st.lists(_rules, max_size=2))
    requires = draw(st.sampled_from(({}, {"tls": True}, {"mfa": True}, {"networks": ["inner"]})))
    outer = draw(st.sampled_from(("10.0.0.0/8", "10.2.0.0/16")))
    return bundle_of(grants, rules, requires, outer)


def bundle_of(
    grants: Iterable[Grant], rules: Iterable[str] = (), requires: Any = None, outer: str = OUTER
) -> Bundle:
    """The bundle with these grants and rules."""
    nouns: list[Noun] = [
        Manifest(name="random", environment=Environment.DEVELOPMENT, owner="nobody"),
        Tenant(name="t"),
        Tenant(name="u"),
        Role(name="inner"),
        Role(name="outer", includes=("inner",)),
        Principal(name="app", type=PrincipalType.SERVICE, tenant="t", roles=("inner",)),
        Principal(name="bob", type=PrincipalType.USER, tenant="u", roles=("outer",)),
        Network(name="inner", addresses=("10.1.0.0/16", "2001:db8::/32")),
        Network(name="outer", addresses=(outer,)),
        DataClass(
            name="secret",
            level=Level.RESTRICTED,
            requires=Requirements.model_validate(requires or {}),
        ),
        DataClass(name="plain", level=Level.INTERNAL),
        Namespace(prefix="a.", tenant="t"),
        Stream(name="a.x", classes=("secret",)),
        Stream(prefix="b.", classes=("plain",)),
        *grants,
    ]
    documents = tuple(_document(noun) for noun in nouns)
    text = "\n".join(rules)
    policies, _ = read_cedar("rules.cedar", text)
    files = (SourceFile("cedar", "rules.cedar", text, policies),)
    return Bundle(Path(), documents, files)


def _document(noun: Noun) -> Document:
    name = getattr(noun, "name", None) or getattr(noun, "id", None) or noun.prefix  # type: ignore[attr-defined]
    kind = "Bundle" if isinstance(noun, Manifest) else type(noun).__name__
    return Document(kind, str(name), noun, "all.yaml", {})


def contexts(*of: Bundle, read_too: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """Every combination of the values that the rules of these bundles can tell apart."""
    text = "".join(file.text for bundle in of for file in bundle.files)
    read = {attribute for atom, attribute in ATOMS.items() if atom in text and attribute}
    for bundle in of:
        for grant in bundle.of(Grant):
            read |= {"source"} if grant.sources else set()
            read |= {"mfa"} if grant.requires.mfa else set()
            read |= {"mfa_age"} if grant.requires.mfa_max_age is not None else set()
            read |= {"mechanism"} if grant.requires.mechanisms else set()
        for data_class in bundle.of(DataClass):
            read |= {"tls"} if data_class.requires.tls else set()
            read |= {"mfa"} if data_class.requires.mfa else set()
            read |= {"source"} if data_class.requires.networks else set()
    names = sorted({*read, *read_too})
    for values in itertools.product(*(VALUES[name] for name in names)):
        pairs = zip(names, values, strict=True)
        yield {name: value for name, value in pairs if value is not None}
