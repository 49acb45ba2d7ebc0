"""A gateway's figures, read as Prometheus reads them."""

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Figures:
    """One scrape."""

    def __init__(self, text: str, *, strict: bool = False) -> None:
        self.families = list((openmetrics if strict else prometheus)(text))
        self._samples = [sample for family in self.families for sample in family.samples]

    def sum(self, name: str, **labels: str) -> float:
        """The sum over all samples of this name that have these labels."""
        wanted = labels.items()
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == name and wanted <= sample.labels.items()
        )

    def texts(self) -> set[str]:
        """Every value that a label has."""
        return {value for sample in self._samples for value in sample.labels.values()}


def scrape(port: int) -> Figures:
    """The figures at a metrics endpoint of this machine."""
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10.0)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return Figures(answer.text)
