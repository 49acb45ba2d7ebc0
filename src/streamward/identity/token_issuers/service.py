"""Keeps the keys of token issuers fresh, and answers what the data plane asks about tokens."""

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any, Final

from streamward.clock import now_milliseconds
from streamward.errors import StreamwardError
from streamward.identity.ports import ReadSecret, Recorder, TokenPlane
from streamward.identity.token_issuers.introspection import IssuerAnswers
from streamward.identity.token_issuers.keys import IssuerKeys
from streamward.identity.token_issuers.web import IssuerWeb
from streamward.log import Logger
from streamward.model.document import Bundle
from streamward.model.entries import issuer_event
from streamward.model.manifest import Manifest
from streamward.model.token_issuer import TokenIssuer

log = Logger(__name__)

QUESTION_SECONDS: Final = 0.25
"""How long a thread waits for a question; a gateway that stops waits for it."""

PAUSE_SECONDS: Final = 0.2
LOOK_SECONDS: Final = 1.0


def _jitter() -> float:
    return secrets.randbelow(1_000_000) / 1_000_000


class _Issuer:
    """One declared issuer: its keys, or the answers that it gives."""

    def __init__(
        self,
        issuer: TokenIssuer,
        plane: TokenPlane,
        read_secret: ReadSecret,
        clock: Callable[[], int],
    ) -> None:
        self.declared = issuer
        self.lock = asyncio.Lock()
        self.problem: str | None = None
        self.keys: IssuerKeys | None = None
        self.answers: IssuerAnswers | None = None
        web = IssuerWeb(None if issuer.ca is None else read_secret(issuer.ca))
        if issuer.introspection is None:
            self.keys = IssuerKeys(issuer, web, plane, _jitter, clock)
        else:
            self.answers = IssuerAnswers(issuer, web, read_secret, clock)


class TokenIssuerService:
    """Runs beside the data plane; `replace` takes over the issuers of another bundle."""

    def __init__(
        self,
        plane: TokenPlane,
        recorder: Recorder,
        read_secret: ReadSecret,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._plane, self._recorder = plane, recorder
        self._read_secret, self._clock = read_secret, clock
        self._issuers: dict[str, _Issuer] = {}
        self._environment: str | None = None
        self._wanted = asyncio.Event()

    def replace(self, bundle: Bundle, read_secret: ReadSecret | None = None) -> None:
        """Take over the issuers of a bundle; what is known of those that stay is kept.

        Their keys are read anew, so that who reloads a bundle need not wait for withdrawn ones.
        """
        self._read_secret = read_secret or self._read_secret
        heads = bundle.of(Manifest)
        self._environment = heads[0].environment.value if heads else None
        issuers: dict[str, _Issuer] = {}
        for declared in bundle.of(TokenIssuer):
            known = self._issuers.get(declared.name)
            if known is not None and known.declared == declared:
                issuers[declared.name] = known
                if known.keys is not None:
                    known.keys.read_now()
                continue
            try:
                issuers[declared.name] = _Issuer(
                    declared, self._plane, self._read_secret, self._clock
                )
            except (StreamwardError, ValueError, OSError) as error:
                self._enter(declared.name, False, f"its authorities can't be used: {error}")
        self._issuers = issuers
        self._wanted.set()

    async def run(self) -> None:
        """Run until cancelled; costs nothing while no issuer is declared."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_fresh())
            while True:
                if not self._issuers:
                    self._wanted.clear()
                    await self._wanted.wait()
                question = await self._next()
                if question is not None:
                    group.create_task(self._answer(*question))

    async def _next(self) -> tuple[int, bytes] | None:
        try:
            return await asyncio.to_thread(self._plane.next_question, QUESTION_SECONDS)
        except StreamwardError:
            await asyncio.sleep(PAUSE_SECONDS)  # it has stopped, or is about to
            return None

    async def _keep_fresh(self) -> None:
        """Read keys when it is time for it, those of all issuers at once."""
        while True:
            now = self._clock()
            async with asyncio.TaskGroup() as group:
                for issuer in self._issuers.values():
                    if issuer.keys is not None and issuer.keys.next_at <= now:
                        group.create_task(self._refresh(issuer, issuer.keys))
            await asyncio.sleep(LOOK_SECONDS)

    async def _refresh(self, issuer: _Issuer, keys: IssuerKeys) -> bool:
        async with issuer.lock:
            outcome = await keys.refresh()
        if outcome.changed:
            self._enter(issuer.declared.name, outcome.succeeded, outcome.reason)
        return outcome.succeeded

    def _enter(self, name: str, succeeded: bool, reason: str) -> None:
        say = log.info if succeeded else log.warning
        say("token issuer", issuer=name, reason=reason)
        entry = issuer_event(
            time_milliseconds=self._clock(),
            issuer=name,
            succeeded=succeeded,
            reason=reason,
            environment=self._environment,
        )
        try:
            self._recorder.record(entry)
        except StreamwardError as error:
            log.error("the state of a token issuer can't be entered", issuer=name, cause=error)

    async def _answer(self, identifier: int, question: bytes) -> None:
        answer: bytes | None = None
        try:
            answer = await self._answer_to(json.loads(question))
        finally:
            try:
                self._plane.answer(identifier, answer)
            except StreamwardError as error:
                log.warning("a question of the data plane can't be answered", cause=error)

    async def _answer_to(self, question: dict[str, Any]) -> bytes | None:
        issuer = self._issuers.get(question.get("issuer", ""))
        if issuer is None:
            return None
        if question.get("type") == "token_keys" and issuer.keys is not None:
            return await self._fresh_keys(issuer, issuer.keys)
        if question.get("type") == "introspection" and issuer.answers is not None:
            return await self._introspect(issuer, issuer.answers, str(question.get("token", "")))
        return None

    async def _fresh_keys(self, issuer: _Issuer, keys: IssuerKeys) -> bytes | None:
        if issuer.lock.locked():
            # They are being read already, and may be the ones that are wanted.
            async with issuer.lock:
                return b""
        if not keys.may_be_asked():
            return None
        return b"" if await self._refresh(issuer, keys) else None

    async def _introspect(
        self, issuer: _Issuer, answers: IssuerAnswers, token: str
    ) -> bytes | None:
        try:
            answer = await answers.ask(token)
        except StreamwardError as error:
            if issuer.problem != str(error):
                issuer.problem = str(error)
                self._enter(issuer.declared.name, False, str(error))
            return None
        if issuer.problem is not None:
            issuer.problem = None
            self._enter(issuer.declared.name, True, "it answers again")
        return answer
