"""Where proofs are taken: listeners, doors, and brokers that check logins by themselves.

A listener that is new is held against those that were there: to move or rename one is no way in,
and neither hides another authority.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from streamward.model.control_door import ControlDoor
from streamward.model.document import Bundle, Document
from streamward.model.principal import BrokerCredential, Credential
from streamward.model.topology import Cluster, Listener
from streamward.policy.difference.changes import IdentityChange
from streamward.policy.difference.proofs import (
    Chosen,
    Said,
    a_certificate,
    a_token,
    any_credential,
    everybody,
    holders,
    listed,
    longer,
    of_authority,
    shown,
    told,
    vouching,
)

_STRICTNESS = {"either": 0, "certificate": 1, "sasl": 1, "both": 2}
_ASKED = {"none": 0, "optional": 1, "required": 2}


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is taken for a proof at a place, and what else is asked for there."""

    client_ca: str | None = None
    authorities: tuple[str, ...] = ()
    sasl: tuple[str, ...] = ()
    authentication: str | None = None
    client_certificate: str | None = None
    bound_tokens: bool | None = None
    proxies: tuple[str, ...] = ()
    """Whose word for an address counts."""


_NOTHING = _Taken()


def _at_listener(it: Listener) -> _Taken:
    tls = it.tls
    takes = tls is not None and tls.client_certificate != "none"
    return _Taken(
        client_ca=tls.client_ca if tls is not None and takes else None,
        authorities=tls.client_authorities if tls is not None and takes else (),
        sasl=it.sasl,
        authentication=it.authentication,
        client_certificate=None if tls is None else tls.client_certificate,
        bound_tokens=it.bound_tokens,
        proxies=() if it.proxy_protocol is None else it.proxy_protocol.sources,
    )


def _at_door(it: ControlDoor) -> _Taken:
    return _Taken(it.tls.client_ca, it.tls.client_authorities)


Told = tuple[str, Chosen | None, tuple[str, ...], Said]
"""Who, by which credentials (None: whoever, also without), within which fields, and what."""


def _changed(was: _Taken, now: _Taken) -> Iterator[Told]:
    for said in vouching(was.client_ca, now.client_ca):
        yield (
            "everybody with a certificate that names no issuer",
            of_authority(None),
            ("tls",),
            said,
        )
    what = "certificates are taken of"
    for said in listed(was.authorities, now.authorities, "client_authorities", what):
        name = said[1].split("`")[1]
        yield f"everybody with a certificate of `{name}`", of_authority(name), ("tls",), said
    for said in listed(was.sasl, now.sasl, "sasl", "it is possible to log in by"):
        by_token = "`OAUTHBEARER`" in said[1]
        # Passwords of anybody may lie in an identity store.
        yield "everybody", a_token if by_token else None, (), said
    if None not in (was.authentication, now.authentication):
        yield from ((*each, said) for each, said in _asked_for(was, now))
    for said in listed(was.proxies, now.proxies, "proxy_protocol", "addresses are told by proxy"):
        yield "everybody", any_credential, (), said


def _asked_for(
    was: _Taken, now: _Taken
) -> Iterator[tuple[tuple[str, Chosen | None, tuple[str, ...]], Said]]:
    everyone: tuple[str, Chosen | None, tuple[str, ...]] = ("everybody", any_credential, ())
    if was.authentication != now.authentication:
        before = _STRICTNESS[was.authentication or "either"]
        after = _STRICTNESS[now.authentication or "either"]
        what = f"`authentication: {now.authentication}`, before `{was.authentication}`"
        yield everyone, ("authentication", what, after <= before, after >= before)
    if was.bound_tokens != now.bound_tokens:
        bound = "tokens must be bound to certificates"
        what = bound if now.bound_tokens else "tokens need not be bound to certificates any more"
        yield everyone, ("bound_tokens", what, not now.bound_tokens, bool(now.bound_tokens))
    asked = was.client_certificate, now.client_certificate
    if asked[0] is not None and asked[1] is not None and asked[0] != asked[1]:
        what = f"`client_certificate: {asked[1]}`, before `{asked[0]}`"
        # What comes or goes with `none` is told of the authorities.
        fewer = _ASKED[asked[1]] < _ASKED[asked[0]]
        said = ("client_certificate", what, fewer, not fewer)
        yield ("everybody", any_credential, ("tls",)), said


def _tell(
    old: Bundle, new: Bundle, where: str, document: Document, found: Iterator[Told] | list[Told]
) -> Iterator[IdentityChange]:
    for who, chosen, within, said in found:
        principals = everybody(old, new) if chosen is None else holders(old, new, chosen)
        joint = " " if who == "everybody" else ", "
        yield from told(f"{who}{joint}{where}", principals, document, [said], *within)


def _newly(now: _Taken, before: list[_Taken]) -> list[Told]:
    """What is taken at a new place and at none of those before, as the most like one says it."""
    gained = [[it for it in _changed(was, now) if it[3][2]] for was in before or [_NOTHING]]
    return min(gained, key=len)


def of_listeners(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    """What is taken for a proof by listeners, as before, changed, or new."""
    before = {it.name: it for it in old.of(Listener)}
    for document in new.documents_of(Listener):
        now = document.value
        assert isinstance(now, Listener)
        was = before.get(now.name)
        where = f"on listener `{now.name}`"
        found: Iterator[Told] | list[Told]
        if was is not None and was.cluster == now.cluster:
            found = _changed(_at_listener(was), _at_listener(now))
        else:
            all_of_them = old.of(Listener)
            of_cluster = [it for it in all_of_them if it.cluster == now.cluster]
            like = [_at_listener(it) for it in of_cluster or all_of_them]
            found = _newly(_at_listener(now), like)
        yield from _tell(old, new, where, document, found)
    yield from _without_tls(old, new)


def _without_tls(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    """Principals that whoever connects without TLS is taken for, at one more place than before."""

    def place(it: Listener) -> tuple[str | None, str, str]:
        return it.plaintext_principal, it.cluster, it.bind

    left = Counter(place(it) for it in old.of(Listener))
    for document in new.documents_of(Listener):
        listener = document.value
        assert isinstance(listener, Listener)
        name = listener.plaintext_principal
        if name is None:
            continue
        # One that is called otherwise takes the place of the one before.
        if left[place(listener)] > 0:
            left[place(listener)] -= 1
            continue
        what = f"whoever connects to listener `{listener.name}` without TLS is taken for it"
        said = ("plaintext_principal", what, True, False)
        yield from told(f"`{name}`", (name,), document, [said])


def of_doors(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    """What is taken for a proof by doors for programs."""
    before = {it.name: it for it in old.of(ControlDoor)}
    for document in new.documents_of(ControlDoor):
        now = document.value
        assert isinstance(now, ControlDoor)
        was = before.get(now.name)
        where = f"at the door `{now.name}`"
        if was is None:
            # A certificate that proves somebody at a listener proves no more at a new door.
            places = [_at_door(it) for it in old.of(ControlDoor)]
            places += [_at_listener(it) for it in old.of(Listener)]
            yield from _tell(old, new, where, document, _newly(_at_door(now), places))
            continue
        yield from _tell(old, new, where, document, _changed(_at_door(was), _at_door(now)))
        principals = holders(old, new, a_certificate)
        said = longer(was, now, "grant", "keys are granted for")
        yield from told(f"everybody {where}", principals, document, said)


def of_clusters(old: Bundle, new: Bundle) -> Iterator[IdentityChange]:
    """Brokers that check themselves who somebody is."""

    def by_brokers(it: Credential) -> bool:
        return isinstance(it, BrokerCredential)

    before = {it.name: it for it in old.of(Cluster)}
    for document in new.documents_of(Cluster):
        now = document.value
        assert isinstance(now, Cluster)
        was = before.get(now.name)
        if now.identity == "client":
            who = f"everybody whom brokers of `{now.name}` know"
            principals = holders(old, new, by_brokers)
            yield from told(who, principals, document, _checked(was, now))


def _checked(was: Cluster | None, now: Cluster) -> Iterator[Said]:
    if was is None or was.identity != "client":
        yield "identity", "the brokers say who somebody is", True, False
        return
    what = "logins are checked by the brokers at"
    yield from listed(was.bootstrap, now.bootstrap, "bootstrap", what)
    before, after = (None if it.tls is None else it.tls.ca for it in (was, now))
    if before != after:
        what = f"the brokers are vouched for by another: {shown(after)}, before {shown(before)}"
        yield "tls", what, True, True
