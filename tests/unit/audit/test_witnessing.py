"""A witness is a peer: what it answers is believed only where it holds."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from streamward.audit.witnessing import ANSWER_BYTES_MAX, Witnessing, WitnessRefused
from streamward.errors import StreamwardError
from streamward.model.audit_log import AuditLog
from streamward.model.audit_log import Witness as Declared
from tests.support.witness import Witness

TEXT = "example.com/log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
URL = "https://witness.example/w"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """As far as a witness is asked: a checkpoint of one leaf, for which no proof needs a tile."""
    (tmp_path / "checkpoint").write_text(f"{TEXT}\n— example.com/log AAAAAAAA\n")
    return tmp_path


def asked(log: Path, witness: Witness, answer: Callable[[httpx.Request], httpx.Response]) -> None:
    """Ask a witness that answers so."""

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            declared = Declared(url=URL, key=witness.vkey)
            await Witnessing(log, AuditLog(name="log")).ask(client, declared)

    asyncio.run(ask())


def test_a_cosignature_that_holds_is_kept_beside_the_signature_of_the_log(log: Path) -> None:
    witness = Witness()
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content.decode())
        return httpx.Response(200, content=witness.cosign(TEXT, 17))

    asked(log, witness, answer)

    assert bodies == [f"old 0\n\n{TEXT}\n— example.com/log AAAAAAAA\n"]
    (kept,) = (log / "witnessed").iterdir()
    assert kept.name == witness.vkey.split("+")[1]
    assert kept.stat().st_mode & 0o777 == 0o600
    lines = kept.read_text()
    assert lines.startswith(f"{TEXT}\n— example.com/log AAAAAAAA\n— {witness.name} ")


def test_what_the_witness_remembers_is_asked_for_once(log: Path) -> None:
    witness, olds = Witness(), []

    def answer(request: httpx.Request) -> httpx.Response:
        olds.append(request.content.split(b"\n")[0])
        if len(olds) == 1:
            return httpx.Response(409, content=b"1\n", headers={"Content-Type": "text/x.tlog.size"})
        return httpx.Response(200, content=witness.cosign(TEXT))

    asked(log, witness, answer)

    assert olds == [b"old 0", b"old 1"]


@pytest.mark.parametrize(
    ("status", "kind", "content"),
    [
        (403, "text/plain", b"I do not know this key"),
        (404, "text/plain", b""),
        (302, "text/plain", b""),
        (422, "text/plain", b"not consistent"),
        (409, "text/plain", b"1\n"),
        (409, "text/x.tlog.size", b"1"),
        (409, "text/x.tlog.size", b"01\n"),
        (409, "text/x.tlog.size", b"-1\n"),
        (409, "text/x.tlog.size", b"9" * 40 + b"\n"),
        (409, "text/x.tlog.size", b"2\n"),
        (409, "text/x.tlog.size", b"1\n"),
        (200, "text/plain", b""),
        (200, "text/plain", b"\xff\xfe"),
        (200, "text/plain", b"no line of signature\n"),
        (200, "text/plain", Witness().cosign(TEXT)),
        (200, "text/plain", b"x" * (ANSWER_BYTES_MAX + 1)),
    ],
)
def test_anything_else_is_refused_and_nothing_is_kept(
    log: Path, status: int, kind: str, content: bytes
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers={"Content-Type": kind})

    with pytest.raises(StreamwardError):
        asked(log, Witness(), answer)

    assert not (log / "witnessed").exists()


def test_a_cosignature_of_another_checkpoint_is_refused(log: Path) -> None:
    witness = Witness()
    other = TEXT.replace("\n1\n", "\n2\n")

    with pytest.raises(StreamwardError, match="has not signed this checkpoint"):
        asked(log, witness, lambda _: httpx.Response(200, content=witness.cosign(other)))


def test_a_log_behind_its_witness_is_told(log: Path) -> None:
    answer = httpx.Response(409, content=b"7\n", headers={"Content-Type": "text/x.tlog.size"})

    with pytest.raises(WitnessRefused, match="has seen 7 entries, the log has 1: it was rolled"):
        asked(log, Witness(), lambda _: answer)


def test_one_that_is_away_harms_no_other(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    here, away = Witness("here"), Witness("away")

    def answer(request: httpx.Request) -> httpx.Response:
        if "away" in str(request.url):
            raise httpx.ConnectError("nobody answers", request=request)
        return httpx.Response(200, content=here.cosign(TEXT))

    def client() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(answer))

    asking = Witnessing(log, None, client)
    declared = [
        Declared(url="https://away.example", key=away.vkey),
        Declared(url="https://here.example", key=here.vkey),
    ]
    asyncio.run(asking.ask_all(declared))

    assert [path.name for path in (log / "witnessed").iterdir()] == [here.vkey.split("+")[1]]
    assert any("has not signed" in record.getMessage() for record in caplog.records)
