"""What is handed over when files change, and what is told of those that can't be used."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.dev.certificates import make_certificates
from streamward.gateway.materials import material_mistakes
from streamward.gateway.ports import ReadAnew
from streamward.gateway.renewal import MaterialsWatcher, read_anew
from streamward.model.document import Bundle
from tests.support.issuing import Signer, Wanted

BUNDLE = """\
kind: Bundle
name: b
environment: development
owner: me
---
kind: Cluster
name: main
bootstrap: ["a:1"]
---
kind: CertificateAuthority
name: x
ca: file:tls/x.pem
crls: ["file:tls/x.crl"]
---
kind: Listener
name: clients
cluster: main
advertise: localhost
ports: {bootstrap: 19092, nodes: {first_id: 0, count: 1, first_port: 19093}}
tls: {certificate: 'file:tls/g.pem', key: 'file:tls/g.key', client_authorities: [x]}
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    (tmp_path / "a.yaml").write_text(BUNDLE)
    bundle = read_bundle(tmp_path, materials=False).bundle
    make_certificates(bundle)
    return bundle


class Service:
    """Remembers what it was given."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.given: list[tuple[set[str], dict[str, str]]] = []
        self.called = asyncio.Event()

    async def supply(self, read: ReadAnew) -> None:
        fit, unfit = read(self._bundle)
        self.given.append((set(fit), unfit))
        self.called.set()


def test_what_development_makes_has_no_mistake(bundle: Bundle) -> None:
    assert list(material_mistakes(bundle)) == []


def test_a_file_that_changes_is_handed_over_once_it_has_settled(bundle: Bundle) -> None:
    async def scenario() -> Service:
        service = Service(bundle)
        watcher = asyncio.create_task(MaterialsWatcher(service.supply, lambda: bundle).run())
        another = Signer.root("another").pem()
        for attempt in range(30):
            # It may not have looked at the files yet when the first change comes.
            (bundle.root / "tls" / "x.pem").write_bytes(another + b"\n" * attempt)
            with suppress(TimeoutError):
                await asyncio.wait_for(service.called.wait(), 1.0)
                break
        watcher.cancel()
        return service

    service = asyncio.run(scenario())

    # The list is not of the new authority; that is no forgery, only another name.
    assert service.given[0] == ({"file:tls/x.pem"}, {})


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("x.crl", b"nonsense", "no list of revoked certificates"),
        ("x.pem", b"nonsense", "not certificates in PEM"),
        ("g.key", b"nonsense", "not a private key"),
        ("g.key", None, "does not exist"),
        ("x.crl", Signer.root("x development").crl(), "is not signed by"),
    ],
)
def test_what_can_not_be_used_is_told(
    bundle: Bundle, name: str, content: bytes | None, what: str
) -> None:
    path = bundle.root / "tls" / name
    path.unlink() if content is None else path.write_bytes(content)

    fit, unfit = read_anew(bundle, [f"file:tls/{name}"])

    assert fit == {}
    assert what in unfit[f"file:tls/{name}"]


def test_a_key_of_another_certificate_is_told(bundle: Bundle) -> None:
    Signer.root("r").issue(Wanted("CN=other")).write(bundle.root / "tls", "other")
    (bundle.root / "tls" / "other.key").replace(bundle.root / "tls" / "g.key")

    fit, unfit = read_anew(bundle, ["file:tls/g.key"])

    assert fit == {}
    assert "is not the key of" in unfit["file:tls/g.key"]


def test_a_key_that_others_may_read_is_not_taken(bundle: Bundle) -> None:
    (bundle.root / "tls" / "g.key").chmod(0o644)

    fit, unfit = read_anew(bundle, ["file:tls/g.key"])

    assert fit == {}
    assert "may be read by others" in unfit["file:tls/g.key"]


def test_a_list_that_has_expired_is_a_warning(bundle: Bundle) -> None:
    root = Signer.root("x")
    (bundle.root / "tls" / "x.pem").write_bytes(root.pem())
    expired = root.crl(begins=timedelta(days=-3), ends=timedelta(days=-1))
    (bundle.root / "tls" / "x.crl").write_bytes(expired)

    [mistake] = material_mistakes(bundle)

    assert not mistake.is_error
    assert "lets nobody in" in mistake.what
