"""Forms in which entries leave the product, one in a file."""

from streamward.audit.exporters.csv_table import CsvTable
from streamward.audit.exporters.ocsf_jsonl import OcsfJsonl
from streamward.audit.exporters.parquet import Parquet
from streamward.audit.ports import Exporter

EXPORTERS: tuple[type[Exporter], ...] = (OcsfJsonl, Parquet, CsvTable)

__all__ = ["EXPORTERS"]
