"""The log as one that anyone can check: verify it, prove an entry, read its checkpoint."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from streamward.audit.compiled import core, core_errors
from streamward.audit.follower import Follower
from streamward.audit.journal import journal_readers
from streamward.audit.openings import Opening, Openings, read_into
from streamward.audit.openings_check import OpeningAltered, checked_openings
from streamward.errors import InvalidArgument, NotFound, StreamwardError

VERIFIER_KEY_NAME: Final = "vkey"
"""The file in a log's directory that holds its public key, for people; not to be trusted."""

DOCUMENT_BYTES_MAX: Final = 1_048_576


class LogAltered(StreamwardError):
    """The log is not what was published; the message says where."""

    code = "log.altered"
    help = "Keep the directory as it is, and compare it with a copy or a witness."

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"`{place}`: {what}")
        self.place, self.what = place, what


@dataclass(frozen=True, slots=True)
class Trust:
    """What whoever verifies has got from elsewhere than the log's directory."""

    keys: tuple[str, ...]
    """Verifier keys of the log (C2SP signed-note)."""
    checkpoints: tuple[bytes, ...] = ()
    """Checkpoints that were seen before."""
    witnesses: tuple[str, ...] = ()
    """Verifier keys of witnesses (C2SP tlog-cosignature)."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself; believe it where its signatures hold."""

    origin: str
    size: int
    root: str
    """In base64."""
    note: str
    """The signed note."""


def verify(directory: Path, trust: Trust, *, with_journal: bool = True) -> dict[str, Any]:
    """Recompute a log from its entries, offline; gives what was verified.

    Raises LogAltered with the first place that is wrong, InvalidArgument where what is trusted is
    of no use, Unavailable where files can't be read.
    """
    if not directory.is_dir():
        raise NotFound(f"there is no log at `{directory}`")
    with core_errors():
        answer = core().verify_log(
            str(directory),
            list(trust.keys),
            list(trust.checkpoints),
            list(trust.witnesses),
            with_journal,
        )
    report = _held(answer)
    report["openings"] = _verified_openings(directory) if with_journal else None
    return report


def _verified_openings(directory: Path) -> dict[str, int] | None:
    """How many commitments can be opened, how many are erased; None where openings aren't here.

    Raises LogAltered for the first entry that something else would be read into than it committed
    to, and for what is gone though no entry says so.
    """
    openings = Openings(directory)
    if not openings.present or not (directory / "journal").is_dir():
        return None
    try:
        batches = Follower(journal_readers(directory)).drain()
        entries = (entry for batch in batches for entry in batch.entries)
        return checked_openings(openings, entries)
    except OpeningAltered as altered:
        raise LogAltered(altered.place, altered.what) from None


def prove(directory: Path, index: int, *, opened: bool = False) -> bytes:
    """A JSON document that proves an entry to whoever has the log's public key.

    With `opened`, with what opens the commitments in it. Raises InvalidArgument where no checkpoint
    covers the entry yet, Unavailable if it was pruned.
    """
    with core_errors():
        proof = bytes(core().prove_entry(str(directory), index))
    if not opened:
        return proof
    document = json.loads(proof)
    found = Openings(directory).of(document["leaf"].encode())
    document["openings"] = [msgspec.to_builtins(one.opening) for one in found if one.opening]
    return json.dumps(document).encode()


def check_proof(document: bytes, trust: Trust) -> dict[str, Any]:
    """What such a document shows. Raises LogAltered where it does not hold, InvalidArgument."""
    document, openings = _without_openings(document)
    with core_errors():
        answer = core().check_proof(document, list(trust.keys), list(trust.witnesses))
    report = _held(answer)
    if openings:
        try:
            report["opened"] = read_into(report["leaf"].encode(), openings).decode()
        except OpeningAltered as altered:
            raise LogAltered(altered.place, altered.what) from None
    return report


def _without_openings(document: bytes) -> tuple[bytes, tuple[Opening, ...]]:
    """The proof of the entry alone, and what came with it to open its commitments."""
    try:
        parts = json.loads(document)
        given = parts.pop("openings") if isinstance(parts, dict) and "openings" in parts else []
        openings = tuple(msgspec.convert(each, Opening) for each in given)
    except (ValueError, TypeError):
        return document, ()  # what is wrong with it is told by who reads it whole
    return (json.dumps(parts).encode() if given else document), openings


def newest_checkpoint(directory: Path) -> Checkpoint:
    """The newest checkpoint of a log. Raises Unavailable where there is none."""
    with core_errors():
        return Checkpoint(**json.loads(core().newest_checkpoint(str(directory))))


def own_key(directory: Path) -> str:
    """The key that a log says is its own. Raises NotFound where it says nothing."""
    return read_text(directory / VERIFIER_KEY_NAME).strip()


def read_text(path: Path) -> str:
    """A small file's text. Raises NotFound, InvalidArgument."""
    return read_bytes(path).decode(errors="replace")


def read_bytes(path: Path) -> bytes:
    """A small file. Raises NotFound, InvalidArgument."""
    try:
        if path.stat().st_size > DOCUMENT_BYTES_MAX:
            raise InvalidArgument(f"`{path}` is too large")
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"`{path}` can't be read") from error


def verifier_keys(texts: Sequence[str]) -> tuple[str, ...]:
    """Verifier keys, each given as itself or as a file that holds some, one a line."""
    keys: list[str] = []
    for text in texts:
        lines = [text] if text.count("+") >= 2 else read_text(Path(text)).splitlines()
        keys += [line.strip() for line in lines if line.strip()]
    return tuple(keys)


def _held(answer: bytes) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer)
    if not document.pop("ok"):
        raise LogAltered(document["place"], document["what"])
    return document
