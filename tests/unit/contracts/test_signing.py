"""Which streams are signed and how, and every mistake that a bundle can make about it."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from streamward.app import read_bundle
from streamward.contracts.sealing import text_of
from streamward.contracts.signing import signed_streams
from streamward.gateway.materials import is_record_key
from streamward.gateway.signing import signing_section
from streamward.secrets import Secret

PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
SEC1 = serialization.PrivateFormat.TraditionalOpenSSL
HEAD = """\
kind: Bundle
name: signed
environment: development
owner: tests
---
{kind: Tenant, name: north}
---
{kind: Namespace, prefix: north., tenant: north}
---
{kind: Namespace, prefix: north.foreign., tenant: south}
---
{kind: Tenant, name: south}
---
{kind: Principal, name: shop, type: service, tenant: north}
---
{kind: SigningKey, name: ours, key: "file:ours.pem"}
---
{kind: SigningKey, name: old, public: "file:old.pem"}
---
{kind: SigningKey, name: shops, public: "file:shop.pem", principal: shop}
---
{kind: AccessClass, name: clinical, readers: ["principal:shop"], owner: tests}
---
{kind: KeyProvider, name: local, type: local-file}
---
{kind: KeyRing, name: money, data_class: money, access_class: clinical, provider: local, key: b}
---
"""
CLASSES = """\
{kind: DataClass, name: health, level: restricted, owner: t, requires: {sign: true}}
---
{kind: DataClass, name: money, level: internal, owner: t}
---
"""


def mistakes(folder: Path, text: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    (folder / "streamward.yaml").write_text(HEAD + CLASSES + text)
    return [each.what for each in read_bundle(folder, materials=False).errors]


def test_a_stream_is_signed_as_its_longest_prefix_or_else_its_class_says(tmp_path: Path) -> None:
    text = CLASSES.replace("sign: true}", "sign: true}, sign: {key: ours}")
    streams = """\
{kind: Stream, prefix: north.x., classes: [money], sign: {key: ours, each: record}}
---
{kind: Stream, name: north.x.y, classes: [health]}
---
{kind: Stream, name: north.a, classes: [health], sign: {key: ours, keys: [old]}}
---
{kind: Stream, name: north.b, classes: [health]}
---
{kind: Stream, name: north.c, classes: [money]}
---
{kind: Stream, name: north.p, classes: [money], sign: {by: producer, each: record, keys: [shops]}}
"""
    (tmp_path / "streamward.yaml").write_text(HEAD + text + streams)
    read = read_bundle(tmp_path, materials=False)
    assert read.errors == ()

    found = {
        text_of(stream): (sign.each, *sign.keys) for stream, sign in signed_streams(read.bundle)
    }

    assert found == {
        "north.x.": ("record",),
        "north.x.y": ("record",),
        "north.a": ("batch", "old"),
        "north.b": ("batch",),
        "north.p": ("record", "shops"),
    }
    section = signing_section(read.bundle)
    assert {key.name: (key.key, key.public, key.principal) for key in section.keys} == {
        "ours": ("file:ours.pem", None, None),
        "old": (None, "file:old.pem", None),
        "shops": (None, "file:shop.pem", "shop"),
    }
    assert {each.tenant for each in section.streams} == {"north"}


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ("name: north.a, classes: [health]", "which requires signatures, but is not signed"),
        ("name: a, classes: [money], sign: {key: old}", "which has only a public key"),
        (
            "name: a, classes: [money], sign: {key: ours, keys: [shops]}",
            "key of the producer `shop`",
        ),
        (
            "name: a, classes: [money], sign: {by: producer, each: record, keys: [old]}",
            "a key of no producer",
        ),
        (
            "name: a, classes: [money], seal: {ring: money}, "
            "sign: {by: producer, each: record, keys: [shops]}",
            "the gateway would seal it then",
        ),
        ("prefix: north., classes: [money], sign: {key: ours}", "signed streams of `north.…`"),
        ("name: a, classes: [money], sign: {key: ours, accepts_from: [b]}", "no signed stream `b`"),
        ("name: a, classes: [money], sign: {key: none}", "`none`"),
        ("name: a, classes: [money], sign: {}", "give the `key`"),
        (
            "name: a, classes: [money], sign: {by: producer, each: record}",
            "`keys` of the producers",
        ),
        ("name: a, classes: [money], sign: {by: producer, keys: [shops]}", "`each: record`"),
        (
            "name: a, classes: [money], sign: {by: producer, each: whole_batch, keys: [shops]}",
            "`each: record`",
        ),
        (
            "name: a, classes: [money], sign: {key: ours, each: whole_batch, home: main}",
            "a mirror does not keep batches",
        ),
        (
            "name: a, classes: [money], sign: {key: ours, accepts_from: [north.w]}}\n"
            "---\n"
            "{kind: Stream, name: north.w, classes: [money], sign: {key: ours, each: whole_batch}",
            "records of `north.w` verify only with their batch",
        ),
        (
            "name: a, classes: [money], "
            "sign: {by: producer, each: record, key: ours, keys: [shops]}",
            "the gateway does not sign here",
        ),
        ("name: a, classes: [money], sign: {key: ours, keys: [ours]}", "stands twice"),
    ],
)
def test_every_mistake_is_told(tmp_path: Path, document: str, what: str) -> None:
    told = mistakes(tmp_path, f"{{kind: Stream, {document}}}\n")
    assert any(what in each for each in told), told


def test_classes_that_are_signed_in_two_ways_are_told(tmp_path: Path) -> None:
    text = """\
{kind: DataClass, name: a, level: internal, owner: t, sign: {key: ours}}
---
{kind: DataClass, name: b, level: internal, owner: t, sign: {key: ours, each: record}}
---
{kind: Stream, name: north.a, classes: [a, b]}
"""
    assert any("signed in 2 ways" in each for each in mistakes(tmp_path, text))


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ("name: k", "give a `key`, or a `public` key, or both"),
        ('name: k, key: "file:a", public: "file:b", principal: shop', "keeps its `key` to itself"),
        ('name: k, key: "file:a", principal: shop', "keeps its `key` to itself"),
    ],
)
def test_mistakes_in_keys_are_told(tmp_path: Path, document: str, what: str) -> None:
    assert any(what in each for each in mistakes(tmp_path, f"{{kind: SigningKey, {document}}}\n"))


def test_only_keys_that_the_gateway_can_use_pass() -> None:
    curves = (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1()))
    other = ec.generate_private_key(ec.SECP384R1())
    for key, fits in ((curves[0], True), (curves[1], True), (other, False)):
        for form in (PKCS8, SEC1):
            if form is SEC1 and key is curves[0]:
                continue
            private = key.private_bytes(PEM, form, serialization.NoEncryption())
            assert is_record_key(Secret(private), private=True) is (fits and form is PKCS8)
            assert not is_record_key(Secret(private), private=False)
        public = key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        assert is_record_key(Secret(public), private=False) is fits
        assert not is_record_key(Secret(public), private=True)
    assert not is_record_key(Secret(b"canary"), private=True)
