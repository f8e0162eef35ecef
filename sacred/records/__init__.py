"""A stored run as a frozen value, whatever store it comes from.

| module | what it holds |
|---|---|
| `attribute_dict` | read-only dicts with access by attribute |
| `stored_values` | stored values back to Python values, without executing anything |
| `metric` | the points of a metric as arrays |
| `stored_files` | sources, resources and artifacts |
| `source` | what a record is read from, as a protocol |
| `run_record` | `RunRecord` |
| `notebook` | a run as HTML, for notebooks |
"""

from sacred._base.run_ids import RunId, id_key, plain_id
from sacred.records.attribute_dict import Fields
from sacred.records.metric import Metric, Points
from sacred.records.run_record import RunRecord
from sacred.records.source import TIME_FIELDS, Document, MetricNumbers, RecordSource
from sacred.records.stored_files import FileEntry, StoredFile
from sacred.status import DEAD_AFTER

__all__ = [
    "DEAD_AFTER",
    "TIME_FIELDS",
    "Document",
    "Fields",
    "FileEntry",
    "Metric",
    "MetricNumbers",
    "Points",
    "RecordSource",
    "RunId",
    "RunRecord",
    "StoredFile",
    "id_key",
    "plain_id",
]
