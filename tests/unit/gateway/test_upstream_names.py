"""No setting lets a broker pass that can't prove its name."""

import re
from pathlib import Path

from streamward.gateway import documents
from streamward.model.topology import UpstreamTls

ROOT = Path(__file__).parent.parent.parent.parent


def test_upstream_tls_has_no_setting_beside_what_is_verified_against() -> None:
    known = {"ca", "certificate", "key", "server_name"}
    assert set(UpstreamTls.model_fields) == known
    assert set(documents.UpstreamTls.__struct_fields__) == known
    assert UpstreamTls.model_fields["ca"].is_required(), "there is always an authority"


def test_the_data_plane_has_no_verifier_of_brokers_of_its_own() -> None:
    """Whoever would skip rustls' verifier of servers must call `dangerous()` or name its trait."""
    skips = r"\bdangerous\(|DangerousClientConfig|\bServerCertVerif(ier|ied)\b"
    for file in sorted((ROOT / "rust").glob("*/src/**/*.rs")):
        assert not re.search(skips, file.read_text()), file


def test_one_place_judges_certificates_of_clients() -> None:
    """It hands each over to rustls' own verifier, one for each authority."""
    judges = [
        file.name
        for file in sorted((ROOT / "rust").glob("*/src/**/*.rs"))
        if "ClientCertVerified::assertion" in file.read_text()
    ]
    assert judges == ["trust.rs"]
