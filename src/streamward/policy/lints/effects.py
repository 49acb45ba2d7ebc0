"""Grants that give nothing, deny nothing, or reach further than they look."""

from collections.abc import Iterator

from streamward.model.action import Action, ResourceType
from streamward.model.document import Bundle, Document, Mistake
from streamward.model.grant import Grant
from streamward.model.principal import PrincipalType
from streamward.model.stream import Namespace, Stream
from streamward.policy.lints.carried import Carried
from streamward.policy.lints.people import People
from streamward.policy.target import Target

_CONTENT = frozenset({Action.READ, Action.WRITE})


def grants(bundle: Bundle) -> Iterator[tuple[Document, Grant]]:
    """Every grant with its place; none where a document is broken, since it may be what matters."""
    if bundle.broken:
        return
    for document in bundle.documents_of(Grant):
        assert isinstance(document.value, Grant)
        yield document, document.value


def everything(bundle: Bundle) -> Iterator[Mistake]:
    """`stream:*` gives the content of every stream, those declared tomorrow included."""
    carried = bundle.once(Carried)
    for document, grant in grants(bundle):
        if not _CONTENT.intersection(grant.allow or ()):
            continue
        for index, text in enumerate(grant.on):
            target = Target.parse(text)
            if target.word != "stream" or target.prefix != "":
                continue
            names = ", ".join(f"`{it.name}`" for it in carried.sensitive(target))
            if not names:
                continue
            what = f"`{text}` covers every stream, those of class {names} too"
            hint = "name the streams, a prefix or a class; declare an exception with `deny`"
            yield document.mistake(what, "on", index, suggestion=hint, severity="warning")


def to_everyone(bundle: Bundle) -> Iterator[Mistake]:
    """A right for everyone on sensitive data is a right for whoever is declared next."""
    carried = bundle.once(Carried)
    for document, grant in grants(bundle):
        if "everyone" not in grant.to or not _CONTENT.intersection(grant.allow or ()):
            continue
        for index, text in enumerate(grant.on):
            found = carried.sensitive(Target.parse(text))
            if found:
                what = f"everyone gets at `{text}`, which carries `{found[0].name}`"
                hint = "grant it to a role"
                yield document.mistake(what, "on", index, suggestion=hint, severity="warning")


def to_nobody(bundle: Bundle) -> Iterator[Mistake]:
    """Grants to a role or tenant that has no principal: most often a name for another."""
    people = People.of(bundle)
    for document, grant in grants(bundle):
        for index, text in enumerate(grant.to):
            if not people.meant([text]):
                verb = "gives" if grant.allow is not None else "denies"
                what = f"`{text}` is nobody, so this {verb} nothing"
                hint = "give somebody the role, or name another one"
                yield document.mistake(what, "to", index, suggestion=hint, severity="warning")


def exempt_all(bundle: Bundle) -> Iterator[Mistake]:
    """A grant that exempts all of whom it speaks."""
    people = People.of(bundle)
    for document, grant in grants(bundle):
        meant = people.meant(grant.to)
        if grant.exempt and meant and meant <= people.meant(grant.exempt):
            what = "all of those in `to` are exempt, so the grant speaks of nobody"
            hint = "exempt fewer, or remove the grant"
            yield document.mistake(what, "exempt", suggestion=hint, severity="warning")


def deny_nothing(bundle: Bundle) -> Iterator[Mistake]:
    """A `deny` on a class that no stream carries protects nothing."""
    carried = bundle.once(Carried)
    for document, grant in grants(bundle):
        if grant.deny is None:
            continue
        for index, text in enumerate(grant.on):
            target = Target.parse(text)
            if target.word == "class" and not any(carried.covered(target)):
                what = f"no stream carries `{target.name}`, so this denies nothing"
                hint = "classify the streams, or deny by their names"
                yield document.mistake(what, "on", index, suggestion=hint, severity="warning")


def denied_all(bundle: Bundle) -> Iterator[Mistake]:
    """An `allow` of which a `deny` takes away everything: same or more people, same targets."""
    people = People.of(bundle)
    denies = [
        (document, grant, people.meant(grant.to) - people.meant(grant.exempt))
        for document, grant in grants(bundle)
        if grant.deny is not None and not grant.sources
    ]
    for document, grant in grants(bundle):
        if grant.allow is None:
            continue
        meant = people.meant(grant.to) - people.meant(grant.exempt)
        for other_document, other, denied in denies:
            whole = set(grant.allow) <= set(other.actions) and set(grant.on) <= set(other.on)
            if meant and whole and meant <= denied:
                what = f"`{other.id}` at {other_document.place()} denies all of this"
                hint = "remove one of both, or exempt somebody there"
                yield document.mistake(what, suggestion=hint, severity="warning")
                break


def second_factor_of_programs(bundle: Bundle) -> Iterator[Mistake]:
    """A program has no second factor: a grant that requires one gives it nothing."""
    people = People.of(bundle)
    for document, grant in grants(bundle):
        wanted = next((f for f in ("mfa", "mfa_max_age") if getattr(grant.requires, f)), None)
        meant = [people.principals[name] for name in sorted(people.meant(grant.to))]
        services = [it for it in meant if it.type is PrincipalType.SERVICE and not it.mfa]
        if wanted is not None and services and len(services) == len(meant):
            what = f"`{services[0].name}` is a program and has no second factor"
            hint = "require `mechanisms:` or `credential_max_age:` of programs"
            where = ("requires", wanted)
            yield document.mistake(what, *where, suggestion=hint, severity="warning")


def consumers_without_a_group(bundle: Bundle) -> Iterator[Mistake]:
    """Who reads a stream as a consumer needs a group of its own too."""
    people = People.of(bundle)
    with_group: set[str] = set()
    for _, grant in grants(bundle):
        groups = any(Target.parse(text).type is ResourceType.GROUP for text in grant.on)
        if grant.allow is not None and Action.READ in grant.allow and groups:
            with_group |= people.meant(grant.to)
    if not with_group:
        return  # Groups are allowed in Cedar, or nobody here uses one.
    for document, grant in grants(bundle):
        if Action.READ not in (grant.allow or ()) or Action.WRITE in (grant.allow or ()):
            continue
        if not any(Target.parse(text).type is ResourceType.STREAM for text in grant.on):
            continue
        meant = people.meant(grant.to)
        if meant and not meant & with_group:
            what = "none of these may use a consumer group, so no ordinary consumer can read"
            hint = "add a grant of `read` on `group:PREFIX*`"
            yield document.mistake(what, "to", suggestion=hint, severity="warning")


def prefixes_without_a_separator(bundle: Bundle) -> Iterator[Mistake]:
    """`payments` is also the beginning of `payments-of-others`."""
    for document in bundle.documents:
        value = document.value
        prefix = value.prefix if isinstance(value, Namespace | Stream) else None
        if prefix is not None and prefix[-1].isalnum():
            what = f"`{prefix}` is also the beginning of names such as `{prefix}2.x`"
            hint = f"end it with a separator: `{prefix}.`"
            yield document.mistake(what, "prefix", suggestion=hint, severity="warning")
    declared = [it.prefix for it in bundle.of(Namespace)]
    for document, grant in grants(bundle):
        for index, text in enumerate(grant.on):
            target = Target.parse(text)
            prefix = target.prefix
            if prefix and f"{prefix}." in declared:
                what = (
                    f"`{text}` reaches out of the namespace `{prefix}.`: `{prefix}2` begins so too"
                )
                hint = f"write `{target.word}:{prefix}.*`"
                yield document.mistake(what, "on", index, suggestion=hint, severity="warning")


WARNINGS = (
    everything,
    to_everyone,
    to_nobody,
    exempt_all,
    deny_nothing,
    denied_all,
    second_factor_of_programs,
    consumers_without_a_group,
    prefixes_without_a_separator,
)
