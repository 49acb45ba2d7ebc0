"""Asks witnesses to cosign the log's checkpoints (C2SP tlog-witness, `add-checkpoint`)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from streamward.audit.compiled import core, core_errors
from streamward.audit.transparency import Checkpoint, newest_checkpoint
from streamward.errors import StreamwardError
from streamward.files import replace_file
from streamward.lazy import lazy
from streamward.log import Logger
from streamward.model.audit_log import AuditLog, Witness

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy("httpx")

ANSWER_BYTES_MAX: Final = 65_536
TIMEOUT_SECONDS: Final = 10.0
SIZE_TYPE: Final = "text/x.tlog.size"
WITNESSED: Final = "witnessed"
"""The folder in a log's directory that holds what each witness signed last."""

log = Logger(__name__)


class WitnessRefused(StreamwardError):
    """A witness does not sign the log as it is; the message says what it answered."""

    code = "witness.refused"
    help = "Compare the log with a copy: it may not continue what the witness saw."


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content_type: str
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


class Witnessing:
    """Asks every declared witness, again and again; one that is away harms no other."""

    def __init__(
        self,
        directory: Path,
        declared: AuditLog | None,
        client: Callable[[], httpx.AsyncClient] | None = None,
    ) -> None:
        self._directory = directory
        self._declared = declared
        self._client = client or _client
        self._sizes: dict[str, int] = {}

    def replace(self, declared: AuditLog | None) -> None:
        """Ask those who are declared now."""
        self._declared = declared

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            declared = self._declared or AuditLog(name="log")
            if declared.witnesses:
                await self.ask_all(declared.witnesses)
            await asyncio.sleep(declared.witness_every / 1000)

    async def ask_all(self, witnesses: Sequence[Witness]) -> None:
        """Ask each once; what goes wrong is logged."""
        async with self._client() as client:
            for witness in witnesses:
                try:
                    await self.ask(client, witness)
                except (StreamwardError, httpx.HTTPError) as error:
                    name = witness.key.partition("+")[0]
                    log.error("witness has not signed the log", target=name, cause=error)

    async def ask(self, client: httpx.AsyncClient, witness: Witness) -> Checkpoint:
        """Let a witness cosign the newest checkpoint, and keep it with its signature.

        Raises WitnessRefused where it does not, Unavailable where there is no checkpoint yet.
        """
        newest = await asyncio.to_thread(newest_checkpoint, self._directory)
        old = min(self._sizes.get(witness.key, 0), newest.size)
        answer = await self._post(client, witness, newest, old)
        if answer.status == httpx.codes.CONFLICT:
            old = _known_size(answer, newest)
            answer = await self._post(client, witness, newest, old)
        if answer.status != httpx.codes.OK:
            text = answer.text.strip()[:200]
            raise WitnessRefused(f"`{witness.url}` answered {answer.status}: `{text}`")
        with core_errors():
            note = core().cosigned_checkpoint(newest.note.encode(), answer.content, witness.key)
        await asyncio.to_thread(self._keep, witness, bytes(note))
        self._sizes[witness.key] = newest.size
        return newest

    async def _post(
        self, client: httpx.AsyncClient, witness: Witness, newest: Checkpoint, old: int
    ) -> _Answer:
        with core_errors():
            proof = core().consistency_proof(str(self._directory), old, newest.size)
        body = "\n".join([f"old {old}", *proof, "", newest.note])
        request = client.build_request("POST", f"{witness.url}/add-checkpoint", content=body)
        answer = await client.send(request, stream=True)
        try:
            content = await _read(answer)
        finally:
            await answer.aclose()
        return _Answer(answer.status_code, answer.headers.get("content-type", ""), content)

    def _keep(self, witness: Witness, note: bytes) -> None:
        replace_file(self._directory / WITNESSED / witness.key.split("+")[1], note)


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=TIMEOUT_SECONDS,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
    )


async def _read(answer: httpx.Response) -> bytes:
    """SECURITY: a witness is a peer; it must not fill the memory."""
    if "content-encoding" in answer.headers:
        raise WitnessRefused("the witness compresses its answer, which nobody asked for")
    content = b""
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > ANSWER_BYTES_MAX:
            raise WitnessRefused("the witness answers more than any signature is long")
    return content


def _known_size(answer: _Answer, newest: Checkpoint) -> int:
    """The size that a witness remembers, from its answer 409."""
    kind = answer.content_type.partition(";")[0].strip()
    match = re.fullmatch(r"(0|[1-9][0-9]{0,18})\n", answer.text)
    if kind != SIZE_TYPE or match is None:
        raise WitnessRefused("the witness saw another log of this size, or answers in another form")
    size = int(match[1])
    if size > newest.size:
        raise WitnessRefused(
            f"the witness has seen {size} entries, the log has {newest.size}: it was rolled back"
        )
    return size
