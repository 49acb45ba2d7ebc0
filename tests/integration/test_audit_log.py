"""The transparency log of a gateway with a declared key and a witness, over a change of key."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from streamward.audit import Follower
from streamward.audit.journal import journal_readers
from streamward.audit.transparency import (
    LogAltered,
    Trust,
    check_proof,
    newest_checkpoint,
    own_key,
    prove,
    verify,
)
from streamward.audit.witnessing import Witnessing, WitnessRefused
from streamward.errors import InvalidArgument
from streamward.model.audit_log import AuditLog
from streamward.model.audit_log import Witness as DeclaredWitness
from streamward.model.event import Kind
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.entries import eventually
from tests.support.gateway import GatewayProcess
from tests.support.ocsf import problems
from tests.support.witness import Witness, WitnessServer, verifier_key

ORIGIN = "example.com/conformance"
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def make_key(path: Path) -> str:
    """A key as `openssl genpkey -algorithm ed25519` makes it; its verifier key."""
    key = Ed25519PrivateKey.generate()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    path.write_bytes(key.private_bytes(*form, serialization.NoEncryption()))
    path.chmod(0o600)
    return verifier_key(ORIGIN, 1, key.public_key().public_bytes(*_RAW))


@dataclass
class Log:
    """A log that three runs of a gateway wrote, the second while it changed its key."""

    directory: Path
    first_key: str
    second_key: str
    witness: Witness
    gateway: GatewayProcess
    first_checkpoint: bytes = b""
    reasons: list[str] = field(default_factory=list)

    def trust(self, *keys: str) -> Trust:
        return Trust(keys or (self.second_key,))

    def copy(self, target: Path) -> Path:
        return Path(shutil.copytree(self.directory, target))


def declare(folder: Path, url: str, witness: Witness, keys: str) -> None:
    (folder / "log.yaml").write_text(
        f"kind: AuditLog\nname: log\norigin: {ORIGIN}\n{keys}"
        f"witnesses: [{{url: '{url}', key: '{witness.vkey}'}}]\nwitness_every: 1s\n"
    )


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    require_gateway()
    folder = tmp_path_factory.mktemp("audit-log") / "bundle"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        bundle = write_bundle(folder, f"127.0.0.1:{closed.getsockname()[1]}")
    secrets = folder / "secrets"
    first, second = make_key(secrets / "log-1.key"), make_key(secrets / "log-2.key")
    witness = Witness(logs={ORIGIN: [first, second]})
    gateway = GatewayProcess(bundle)
    log = Log(gateway.state / "audit", first, second, witness, gateway)
    with WitnessServer(witness) as server:
        declare(folder, server.url, witness, "key: 'file:secrets/log-1.key'\n")
        with gateway:
            gateway.revoke("intruder")
            assert eventually(lambda: (log.directory / "witnessed").is_dir(), seconds=30.0)
        log.first_checkpoint = (log.directory / "checkpoint").read_bytes()
        both = "key: 'file:secrets/log-2.key'\nprevious_key: 'file:secrets/log-1.key'\n"
        declare(folder, server.url, witness, both)
        with gateway:
            signed = witness.signed
            gateway.revoke("victim-idle")
            assert eventually(lambda: witness.signed > signed + 1, seconds=30.0)
        declare(folder, server.url, witness, "key: 'file:secrets/log-2.key'\n")
        with gateway:
            gateway.revoke("victim-busy")
        yield log


def test_every_entry_has_its_checkpoint_when_the_gateway_has_ended(log: Log) -> None:
    verified = verify(log.directory, log.trust())

    assert verified["origin"] == ORIGIN
    assert verified["size"] == verified["journal"] > 10
    assert verified["waiting"] == 0
    assert verified["signed_by"] == log.second_key == own_key(log.directory)


def test_the_first_key_and_what_it_signed_lead_to_the_second(log: Log) -> None:
    trust = Trust((log.first_key,), (log.first_checkpoint,))

    verified = verify(log.directory, trust)

    assert verified["rotations"] == 1
    assert verified["signed_by"] == log.second_key


def test_the_change_of_key_is_an_entry_that_names_both(log: Log) -> None:
    batches = Follower(journal_readers(log.directory)).drain()
    entries = [json.loads(entry.leaf) for batch in batches for entry in batch.entries]
    changes = [entry for entry in entries if entry["streaming"]["kind"] == Kind.LOG_KEY]

    assert [problems(change) for change in changes] == [[]]
    assert changes[0]["streaming"]["previous_log_key"] == log.first_key
    assert changes[0]["streaming"]["log_key"] == log.second_key


def test_the_witness_saw_it(log: Log) -> None:
    verified = verify(log.directory, Trust((log.second_key,), (), (log.witness.vkey,)))

    assert verified["witnesses"][0]["name"] == log.witness.name
    assert set(log.witness.refused) <= {409}, "only asked what the witness knows"


def test_a_witness_that_did_not_see_it_is_missed(log: Log) -> None:
    with pytest.raises(LogAltered, match="witness"):
        verify(log.directory, Trust((log.second_key,), (), (Witness("other").vkey,)))


def test_a_proof_needs_the_public_key_and_nothing_else(log: Log, tmp_path: Path) -> None:
    document = prove(log.directory, 3)

    assert check_proof(document, log.trust())["index"] == 3
    with pytest.raises(LogAltered, match="none of the keys"):
        check_proof(document, log.trust(verifier_key(ORIGIN, 1, bytes(32))))
    altered = json.loads(document)
    altered["leaf"] = altered["leaf"].replace("1", "2")
    with pytest.raises(LogAltered, match="entry 3"):
        check_proof(json.dumps(altered).encode(), log.trust())
    with pytest.raises(InvalidArgument, match="not a proof"):
        check_proof(b"{}", log.trust())


def test_a_proof_carries_the_cosignature(log: Log) -> None:
    trust = Trust((log.first_key, log.second_key), (), (log.witness.vkey,))

    assert check_proof(prove(log.directory, 0), trust)["witnesses"]


def test_a_log_that_does_not_continue_is_refused_by_the_witness(log: Log, tmp_path: Path) -> None:
    forged = log.copy(tmp_path / "copy")
    (forged / "checkpoint").write_bytes(log.first_checkpoint)

    with WitnessServer(log.witness) as server:
        declared = DeclaredWitness(url=server.url, key=log.witness.vkey)

        async def ask() -> None:
            async with httpx.AsyncClient() as client:
                await Witnessing(forged, AuditLog(name="log")).ask(client, declared)

        with pytest.raises(WitnessRefused, match="rolled back"):
            asyncio.run(ask())


def command(log: Log, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        log.gateway.command("audit", *words),
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
        env=os.environ | {"NO_COLOR": "1"},
    )


def test_the_commands_of_somebody_who_checks(log: Log, tmp_path: Path) -> None:
    where = ("--audit-dir", str(log.directory))
    vkey, kept, proof = tmp_path / "vkey", tmp_path / "kept", tmp_path / "proof.json"
    assert command(log, "checkpoint", "--vkey", *where, "--out", str(vkey)).returncode == 0
    assert command(log, "checkpoint", *where, "--out", str(kept)).returncode == 0
    assert kept.read_text() == newest_checkpoint(log.directory).note

    known = ("--key", str(vkey), "--checkpoint", str(kept), "--witness", log.witness.vkey)
    good = command(log, "verify", str(log.directory), *known, "--witnessed-within", "1h")
    assert good.returncode == 0, good.stderr
    assert "are those that were logged" in good.stdout
    text = kept.read_text()
    (signed_once,) = (log.copy(tmp_path / "copy") / "witnessed").iterdir()
    once = log.witness.cosign(text.partition("\n\n")[0] + "\n", 17).decode()
    signed_once.write_text(text + once)
    late = command(log, "verify", str(tmp_path / "copy"), *known, "--witnessed-within", "365d")
    assert late.returncode == 1
    assert "was rolled back" in late.stderr

    assert command(log, "prove", "2", *where, "--out", str(proof)).returncode == 0
    shown = command(log, "verify", "--proof", str(proof), "--key", str(vkey), "--json")
    assert json.loads(shown.stdout)["index"] == 2
    assert command(log, "prove", "100000", *where).returncode == 1


def test_a_tampered_log_fails_with_its_place(log: Log, tmp_path: Path) -> None:
    copy = log.copy(tmp_path / "copy")
    bundle = max((copy / "tile" / "entries" / "000.p").iterdir(), key=lambda path: int(path.name))
    bundle.write_bytes(bundle.read_bytes().replace(b"intruder", b"innocent", 1))

    answer = command(log, "verify", str(copy), "--key", log.second_key)

    as_json = command(log, "verify", str(copy), "--key", log.second_key, "--json")
    assert json.loads(as_json.stdout)["place"] == f"tile/entries/000.p/{bundle.name}"
    assert answer.returncode == as_json.returncode == 1
    assert f"`tile/entries/000.p/{bundle.name}`: entry " in answer.stderr


def test_a_gateway_does_not_continue_a_log_of_another_key(log: Log) -> None:
    folder = log.gateway.bundle.folder
    declared = (folder / "log.yaml").read_text()
    make_key(folder / "secrets" / "log-3.key")
    (folder / "log.yaml").write_text(declared.replace("log-2.key", "log-3.key"))
    try:
        ended = subprocess.run(
            log.gateway.command("gateway", "run", str(folder), "--state", str(log.gateway.state)),
            capture_output=True,
            text=True,
            timeout=60.0,
            check=False,
        )
    finally:
        (folder / "log.yaml").write_text(declared)
    assert ended.returncode == 1
    assert "previous_key" in ended.stderr
