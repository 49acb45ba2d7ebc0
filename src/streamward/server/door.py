"""The verbs of the control door: authorised, recorded, then done. Knows no HTTP."""

import asyncio
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streamward.audit.ports import Recorder
from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument, NotFound, NotPermitted, Unavailable
from streamward.log import Logger
from streamward.model.action import Action
from streamward.model.document import Bundle
from streamward.model.duration import parse_duration
from streamward.model.entries import Caller, control_event
from streamward.model.event import canonical
from streamward.model.principal import Principal
from streamward.model.topology import Cluster
from streamward.response.containment import Containment, TargetType, Verb
from streamward.response.service import ResponseService
from streamward.server.caller import Peer, Unknown, caller_of, unix_users
from streamward.server.ports import Decider, Reloader

log = Logger(__name__)

NEVER: Final = "never"


@dataclass(frozen=True, slots=True)
class Request:
    """A containment that somebody asks for; `expires` is a duration or `never`."""

    verb: Verb
    target_type: TargetType
    name: str
    reason: str
    expires: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    allowed: bool
    cluster: str
    rules: tuple[str, ...]
    errors: tuple[str, ...]
    reason: str
    policy_version: str


class ControlDoor:
    """Every verb asks the policy, records the decision, and only then acts.

    Each raises NotPermitted where the policy (or nobody's declaration of the caller) denies it, and
    Unavailable where the decision can't be recorded: then nothing was done.
    """

    def __init__(
        self,
        bundle: Bundle,
        decider: Decider,
        recorder: Recorder,
        response: ResponseService,
        reloader: Reloader | None = None,
        clock: Callable[[], int] = now_milliseconds,
        *,
        knows_credential: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._decider = decider
        self._recorder = recorder
        self._response = response
        self._reloader = reloader
        self._knows_credential = knows_credential
        self._clock = clock
        self._owner_uid = os.geteuid()
        self.replace_bundle(bundle)

    def replace_bundle(self, bundle: Bundle) -> None:
        """Know callers and targets as another bundle declares them."""
        self._users = unix_users(bundle)
        self._clusters = tuple(cluster.name for cluster in bundle.of(Cluster))
        principals = bundle.of(Principal)
        self._principals = frozenset(one.name for one in principals)
        self._credentials = frozenset(c.id for one in principals for c in one.credentials)

    @property
    def cluster(self) -> str:
        """The cluster that entries about the gateway itself name."""
        return self._clusters[0] if self._clusters else ""

    async def status(self, peer: Peer) -> dict[str, Any]:
        """What the data plane says about itself, and the containments' number."""
        await self.authorize(peer, Action.INSPECT, "inspect", {"what": "status"})
        status = await asyncio.to_thread(self._running.status)
        return {**status, "containments": len(self._response.overlay.active)}

    async def metrics(self, accept: str) -> tuple[str, bytes]:
        """All figures. To look is free: they say how much is done, and never by whom."""
        return await asyncio.to_thread(self._running.metrics, accept)

    async def health(self) -> dict[str, Any]:
        """Whether the gateway is alive and ready, with each check. To look is free."""
        return await asyncio.to_thread(self._running.health)

    async def policy(self, peer: Peer) -> dict[str, Any]:
        """The version of the policy in force."""
        await self.authorize(peer, Action.INSPECT, "inspect", {"what": "policy"})
        return {"version": self._running.policy_version}

    async def containments(self, peer: Peer) -> list[Containment]:
        """The containments that are open, by id."""
        await self.authorize(peer, Action.INSPECT, "inspect", {"what": "containments"})
        return sorted(self._response.overlay.active.values(), key=lambda one: one.id)

    async def reload(self, peer: Peer) -> dict[str, Any]:
        """Read the bundle again. Raises BundleInvalid; then the old one stays in force."""
        await self.authorize(peer, Action.RELOAD, "reload", {})
        return await self._running.reload()

    async def contain(self, peer: Peer, request: Request) -> Containment:
        """Open a containment; it is in force when this returns."""
        arguments = {
            "verb": str(request.verb),
            "target": {"type": str(request.target_type), "name": request.name[:249]},
            "expires": request.expires[:32],
        }
        caller = await self.authorize(peer, Action.CONTAIN, "contain", arguments)
        containment = await asyncio.to_thread(self._containment, caller, request)
        await self._response.open(containment)
        return containment

    async def lift(self, peer: Peer, identifier: str, reason: str, owner: str | None) -> None:
        """End a containment. Raises NotFound."""
        arguments = {"containment": identifier[:64]}
        caller = await self.authorize(peer, Action.CONTAIN, "lift", arguments)
        if not reason.strip():
            raise InvalidArgument("to lift a containment needs a reason")
        await self._response.lift(identifier, owner or caller.principal, reason)

    def _containment(self, caller: Caller, request: Request) -> Containment:
        self._must_exist(request.target_type, request.name)
        expires = None
        if request.expires != NEVER:
            expires = self._clock() + parse_duration(request.expires)
        return Containment(
            id="c-" + secrets.token_hex(12),
            verb=request.verb,
            target_type=request.target_type,
            name=request.name,
            owner=request.owner or caller.principal,
            reason=request.reason.strip(),
            expires_milliseconds=expires,
        )

    def _must_exist(self, target_type: TargetType, name: str) -> None:
        """A misspelt name would contain nobody, and somebody would believe that it did."""
        known = {
            TargetType.PRINCIPAL: self._principals,
            TargetType.CREDENTIAL: self._credentials,
        }.get(target_type)
        stored = target_type is TargetType.CREDENTIAL and self._knows_credential(name)
        if known is not None and name not in known and not stored:
            raise NotFound(f"the bundle declares no {target_type} `{name}`")

    @property
    def _running(self) -> Reloader:
        if self._reloader is None:
            raise Unavailable("no gateway is running")
        return self._reloader

    async def authorize(
        self, peer: Peer, action: Action, verb: str, arguments: Mapping[str, Any]
    ) -> Caller:
        """Who calls, once the policy has allowed it and that is in the log."""
        try:
            caller = caller_of(peer, self._users, self._owner_uid)
        except Unknown as error:
            stranger = Caller(principal=f"unix:{peer.uid}")
            answer = _Answer(False, self._clusters[0], ("default",), (), str(error), "")
            await self._record(stranger, action, verb, arguments, answer)
            raise
        answer = await asyncio.to_thread(self._ask, caller, action)
        try:
            await self._record(caller, action, verb, arguments, answer)
        except Unavailable:
            # To look changes nothing, and is needed most when the log can't be written.
            if not answer.allowed or action is not Action.INSPECT:
                raise
            log.warning("looked without a record", verb=verb, principal=caller.principal)
        if not answer.allowed:
            raise NotPermitted(f"`{caller.principal}` may not {action.word}: {answer.reason}")
        return caller

    def _ask(self, caller: Caller, action: Action) -> _Answer:
        """The policy's answer: one gateway serves all clusters, so it must allow for each."""
        answer = None
        for cluster in self._clusters:
            request = {
                "principal": caller.principal,
                "action": action.value,
                "resource": {"type": "Cluster", "name": cluster},
                "context": {"mechanism": caller.mechanism, "now": self._clock()},
            }
            answer = _answer(cluster, json.loads(self._decider.decide(canonical(request))))
            if not answer.allowed:
                return answer
        if answer is None:
            raise Unavailable("the bundle declares no cluster")
        return answer

    async def _record(
        self,
        caller: Caller,
        action: Action,
        verb: str,
        arguments: Mapping[str, Any],
        answer: _Answer,
    ) -> None:
        leaf = control_event(
            time_milliseconds=self._clock(),
            caller=caller,
            verb=verb,
            arguments=arguments,
            action=action.value,
            resource=("Cluster", answer.cluster),
            allowed=answer.allowed,
            policy_version=answer.policy_version or None,
            rules=answer.rules,
            errors=answer.errors,
            reason=answer.reason,
        )
        await asyncio.to_thread(self._recorder.record, leaf)
        if not answer.allowed:
            log.warning("verb denied", verb=verb, principal=caller.principal)


def _answer(cluster: str, decision: Mapping[str, Any]) -> _Answer:
    """Read a decision; whatever isn't a clear allow is a deny."""
    errors = tuple(str(error) for error in decision.get("errors", ()))
    return _Answer(
        allowed=decision.get("effect") == "allow" and not errors,
        cluster=cluster,
        rules=tuple(str(rule) for rule in decision.get("rules", ())),
        errors=errors,
        reason=str(decision.get("reason", "")),
        policy_version=str(decision.get("policy_version", "")),
    )
