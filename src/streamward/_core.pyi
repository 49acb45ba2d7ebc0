"""The compiled module: what crosses between Python and Rust (docs/concepts/boundary.md)."""

from collections.abc import Callable

class CoreError(Exception):
    """Its arguments are a stable code and a message: `(code, message)`."""

class Gateway:
    """The data plane: a tokio runtime on its own threads. No Python runs on the byte path."""

    def __init__(
        self, snapshot: bytes, materials: dict[str, bytes], audit_dir: str, workers: int = 2
    ) -> None: ...
    def start(self) -> None:
        """Open the journal and bind every listener; raises CoreError."""
    def apply(self, snapshot: bytes, materials: dict[str, bytes]) -> bytes:
        """Put a snapshot in force; the status then, as JSON."""
    def supply(self, materials: dict[str, bytes], unusable: dict[str, str]) -> bytes:
        """Take over materials that were read anew; of which there are no bytes is withheld.

        JSON: `renewed`, `withheld` and `refused` references.
        """
    def overlay(self, overlay: bytes) -> bytes:
        """Put an overlay in force; it is when this returns."""
    def record(self, entry: bytes) -> int:
        """Append one entry through the only writer; durable when this returns its index."""
    def erase(self, places: list[int]) -> int:
        """Erase what entries commit to at these places; how many there were. Enter it first."""
    def decide(self, request: bytes) -> bytes:
        """The decision that a live connection would get, as JSON."""
    def status(self) -> bytes:
        """JSON: listeners with their bound ports, connections, counters, versions."""
    def metrics(self, accept: str = "") -> tuple[str, bytes]:
        """All figures: the content type that the `Accept` header asks for, and the text."""
    def health(self) -> bytes:
        """JSON: alive, ready, and each check with what is wrong."""
    def publish(self, figures: bytes) -> None:
        """JSON `{"followers", "alerts", "reloads"}`: name → number; replaces the last."""
    def supply_keys(self, keys: bytes) -> int:
        """Put the keys of a token issuer in force; how many of them can be used."""
    def supply_devices(self, devices: bytes) -> None:
        """Take over what an inventory says of devices."""
    def next_question(self, seconds: float) -> tuple[int, bytes] | None:
        """What the gateway must be told to go on; waits for at most so many seconds."""
    def answer(self, identifier: int, answer: bytes | None) -> bool:
        """Answer a question; None where there is no answer. False: nobody waits for it."""
    def forget_passwords(self) -> None:
        """The identity store has changed: what it answered is asked anew."""
    def forget_keys(self, ring: str = "") -> None:
        """Forget the data keys of a ring (of all, without a name): each is asked for anew.

        Batches that are being sealed or opened at this moment are finished.
        """
    def drain(self, seconds: float) -> None:
        """Take no new connection, wait for what is in flight, then stop."""

class Journal:
    """The writer, for when no gateway runs; raises CoreError `journal.locked` where one does."""

    def __init__(self, audit_dir: str) -> None: ...
    def record(self, entry: bytes) -> int: ...
    def commit(self, field: str, value: str, subject: str) -> str:
        """Keep a value apart; what stands in a leaf instead."""
    def erase(self, places: list[int]) -> int: ...
    def close(self) -> None: ...

def opening_frames(content: bytes) -> list[tuple[int, bytes]]:
    """Whole openings in the bytes of a file, with their offsets; other bytes are passed over."""

def opening_payload(content: bytes) -> bytes | None:
    """The opening that some bytes begin with; None where there is no whole one."""

class JournalReader:
    """Reads entries in order from a cursor; never blocks, never locks."""

    def __init__(self, audit_dir: str, cursor: str = "") -> None: ...
    def read(self, entries_max: int) -> list[tuple[int, bytes]]:
        """The next entries; empty when there is nothing new yet."""
    def growth(self) -> int | None:
        """A descriptor, the reader's own, that can be read from when there may be more to read.

        None where the system can't tell: look now and then.
        """
    @property
    def cursor(self) -> str:
        """The place after the last entry that `read` returned."""

class Policy:
    """The evaluator that the gateway runs, for explaining and testing."""

    def __init__(self, document: bytes, validated: bool = False) -> None:
        """JSON `{"environment", "policy", "principals"}`; raises CoreError `policy.invalid`.

        With `validated` its rules aren't held against the schema: they were before.
        """
    def decide(self, request: bytes) -> bytes: ...
    def ask(self, question: bytes) -> bytes:
        """JSON: every right that is asked for, under which circumstances."""
    def universe(self, other: Policy | None = None, prefixes: list[str] = ...) -> bytes:
        """JSON `[{"type", "name", "shown", "prefix"}]`: the resources that rules can tell apart."""
    def compare(self, newer: Policy, question: bytes) -> bytes:
        """JSON: what a newer policy decides otherwise, of all that is asked for."""
    def flips(self, request: bytes) -> bytes:
        """JSON: the nearest changes of a request's context that make its decision another."""

class Prover:
    """Proves what a policy, or what a new version of it, can never allow."""

    def __init__(self, newer: bytes, older: bytes | None = None) -> None:
        """JSON as of Policy, and `assertable` and `clusters`; raises CoreError `prove.…`."""
    def prove(self, claim: bytes, solve: Callable[[str], str]) -> bytes:
        """JSON: the verdict on a claim; `solve` answers scripts in SMT-LIB."""

class Schema:
    """A compiled schema (`avro`, `protobuf`, `json`) of values."""

    def __init__(
        self,
        value_format: str,
        text: str,
        references: list[tuple[str, str]] = ...,
        message: str | None = None,
        undeclared: bool = False,
    ) -> None:
        """References are name and text of each. Raises CoreError `schema.invalid`."""
    def problem(self, value: bytes, patterns: list[str] = ...) -> str | None:
        """What is wrong with a value, or that it holds one of the patterns; None: nothing."""
    def mask(
        self,
        value: bytes,
        masks: list[tuple[list[str], str, str | None]],
        secret: bytes,
        stream: str,
    ) -> bytes:
        """The value of a stream with masks on the fields of these paths, each with the group of its
        hashes. Raises CoreError `schema.value`.
        """
    def declared(self) -> bytes:
        """JSON: every field with path, types, required, repeated, number, symbols."""
    def mask_problem(self, path: list[str], mask: str) -> str | None:
        """Why a field can't carry a mask; None: it can."""
    def seal_problem(self, path: list[str]) -> str | None:
        """Why a field can't be sealed by itself; None: it can."""
    def is_message(self, indexes: list[int]) -> bool:
        """Whether message indexes of Confluent's wire format name this schema's message."""

def schema_problem(
    value_format: str,
    text: str,
    references: list[tuple[str, str]] = ...,
    message: str | None = None,
) -> tuple[str | None, int, str] | None:
    """What keeps a schema from being used: in which reference (None: itself), line, what."""

def unframe(value: bytes, protobuf: bool) -> tuple[int, list[int], int]:
    """Schema id, message indexes and where the value begins. Raises CoreError `schema.value`."""

def verify_log(
    audit_dir: str,
    keys: list[str],
    checkpoints: list[bytes] = ...,
    witnesses: list[str] = ...,
    with_journal: bool = True,
) -> bytes:
    """JSON: `ok` and what was verified, or the first `place` that is wrong, and `what` is."""

def prove_entry(audit_dir: str, index: int) -> bytes:
    """JSON that proves that an entry is in the log to whoever has its public key."""

def check_proof(document: bytes, keys: list[str], witnesses: list[str] = ...) -> bytes:
    """JSON: `ok` and what the proof shows, or `place` and `what` is wrong."""

def newest_checkpoint(audit_dir: str) -> bytes:
    """JSON `{"origin", "size", "root", "note"}`; the signatures are not verified."""

def consistency_proof(audit_dir: str, old: int, size: int) -> list[str]:
    """Hashes, in base64, that show that the tree of `size` leaves begins with that of `old`."""

def cosigned_checkpoint(checkpoint: bytes, signatures: bytes, witness: str) -> bytes:
    """The checkpoint with a witness's signatures that hold; raises CoreError without one."""

def verifier_key(name: str, key: bytes) -> str:
    """The public half of a log's key (PKCS#8) as a verifier key of C2SP signed-note."""

def policy_schema() -> str:
    """The Cedar schema that policies are checked against."""

def plain_document(text: str, date: Callable[[str], object]) -> tuple[object, int] | None:
    """What a plain YAML document says, and the lines before its first key; None: it isn't plain.

    `date` makes a day of `2027-01-31`.
    """

def mapping_rules_problem(rules: str) -> str | None:
    """What is wrong with mapping rules for subjects of certificates; None: nothing."""

def spiffe_id_problem(spiffe_id: str) -> str | None:
    """What is wrong with the SPIFFE ID of a workload; None: nothing."""

def certificate_facts(pem: bytes) -> bytes:
    """What certificates in PEM say of themselves, as JSON: `subject`, times, `public_key`."""

def private_key_facts(pem: bytes) -> bytes:
    """JSON: `public_key`, `is_ed25519`; the error's code is `encrypted` behind a password."""

def revocation_list_facts(content: bytes) -> bytes:
    """What lists of revoked certificates say of themselves, as JSON."""

def is_forged_revocation_list(content: bytes, authority: bytes) -> bool:
    """Whether a list bears the name of one of these certificates without its signature."""

def password_verifier(
    password: bytes,
    iterations: int = 4096,
    mechanism: str = "SCRAM-SHA-256",
    salt: bytes | None = None,
) -> str:
    """RFC 5803 text; the salt is random unless it is given. Raises CoreError `identity.invalid`."""

def metric_reference() -> bytes:
    """JSON: name, type, labels and help of every figure."""

def api_fields() -> bytes:
    """JSON: `requests` and `answers`, each a list of field, treatment, reason."""

def api_table() -> bytes:
    """JSON: key, name, versions, decision, how a denial shows."""

class DataKey:
    """A data key; `records_max` 0: it only opens. Its nonces are counted: seal with one object, in
    the process that made it (another one gets `record.inherited_key`).
    """

    def __init__(
        self, kid: bytes, ring: str, ring_version: int, key: bytes, records_max: int
    ) -> None: ...
    @property
    def kid(self) -> bytes: ...
    @property
    def left(self) -> int: ...

class StreamHome:
    """Where a stream is at home: an envelope opens nowhere else."""

    def __init__(
        self, tenant: str | None, cluster: str, stream: str, data_class: str, ring: str
    ) -> None: ...

class RecordSigningKey:
    """A private key (Ed25519 or P-256, PKCS#8 in DER) that signs records."""

    def __init__(self, pkcs8: bytes) -> None: ...
    def public(self) -> RecordVerifyingKey: ...

class RecordVerifyingKey:
    """A public key (SubjectPublicKeyInfo in DER); with a principal, that producer's alone."""

    def __init__(self, info: bytes, principal: str | None = None) -> None: ...
    @property
    def kid(self) -> bytes:
        """Its name in signatures, 16 bytes."""

    @property
    def algorithm(self) -> int:
        """`alg` of COSE: -8 (EdDSA) or -7 (ES256)."""

class SignedOrigin:
    """Where a signed stream is at home: what is signed for it is verified nowhere else."""

    def __init__(self, tenant: str | None, cluster: str, stream: str) -> None: ...

def aead_seal(key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
    """AES-256-GCM: ciphertext and tag. A nonce (12 bytes) must never come again under a key (32).
    Raises CoreError `aead.…`.
    """

def aead_open(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """What was sealed. Raises CoreError `aead.changed` where any of it is not what it was."""

def give_back_memory() -> None:
    """Give freed memory back to the system, where the allocator can. Takes milliseconds."""

def sign_record(
    origin: SignedOrigin,
    key: RecordSigningKey,
    producer: str,
    run: bytes,
    counter: int,
    *,
    partition: int | None,
    timestamp: int | None,
    record_key: bytes | None,
    value: bytes | None,
    headers: list[tuple[bytes, bytes | None]],
) -> bytes:
    """The signature of a record, the value of its last header. Raises CoreError `record.…`."""

def verify_record(
    origins: list[SignedOrigin],
    keys: list[RecordVerifyingKey],
    *,
    partition: int | None,
    timestamp_bound: bool,
    timestamp: int,
    record_key: bytes | None,
    value: bytes | None,
    headers: list[tuple[bytes, bytes | None]],
) -> tuple[str, bytes, int]:
    """Producer, run and counter of a record. Raises CoreError `record.unsigned`, `.refused`."""

def verify_together(
    origins: list[SignedOrigin],
    keys: list[RecordVerifyingKey],
    records: list[tuple[int, bytes | None, bytes | None, list[tuple[bytes, bytes | None]]]],
    *,
    partition: int | None,
    timestamp_bound: bool,
) -> list[tuple[str, bytes, int]]:
    """The same of records that were signed together: of each its timestamp, key, value and headers.
    Raises CoreError `record.unsigned`, `.refused`.
    """

def signed_together(signature: bytes) -> int | None:
    """Of how many records a signature is that verify only together. Raises CoreError
    `record.refused`.
    """

def seal_part(
    home: StreamHome,
    key: DataKey,
    part: str,
    content: bytes,
    *,
    header: str | None = None,
    record_key: bytes | None = None,
    partition: int | None = None,
) -> bytes:
    """One part (`value`, `key`, `header`) of a record, sealed. Raises CoreError `record.…`."""

def open_part(
    homes: list[StreamHome],
    key: DataKey,
    part: str,
    envelope: bytes,
    *,
    header: str | None = None,
    record_key: bytes | None = None,
    partition: int | None = None,
) -> bytes:
    """What an envelope holds that is at home in one of these. Raises CoreError `record.…`."""

def envelope_key(envelope: bytes) -> bytes:
    """The name of the key that an envelope is sealed under. Raises CoreError `record.…`."""
