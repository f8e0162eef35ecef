"""Where the values of stored runs come from, in one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sacred._base.masking import mask_passwords
from sacred.display.run_summary import truncate
from sacred.display.value_text import as_text, one_line
from sacred.provenance.origins import Origin
from sacred.records import RunRecord
from sacred.runs.comparison import Difference

__all__ = ["origins_of_differences", "short_origin"]


def origins_of_differences(
    rows: Iterable[Difference], records: Sequence[RunRecord]
) -> Iterator[str]:
    """Yield lines like ``lr: 0.01 command line, argument 2; 0.1 train.py:14``.

    Args:
        rows: the differences of runs; only those of configurations have origins.
        records: the runs. What is not known of one is left out.
    """
    for row in rows:
        if row.part != "config" or row.name.rpartition(".")[2] == "seed":
            continue
        origins = [short_origin(record, row.name) for record in records]
        if len(set(origins)) < 2:  # the same for all says nothing
            continue
        texts = (
            f"{truncate(as_text(value))} {origin}"
            for value, origin in zip(row.values, origins, strict=True)
            if origin
        )
        parts = list(dict.fromkeys(texts))
        if parts:
            yield mask_passwords(one_line(f"{row.name}: {'; '.join(parts)}"))


def short_origin(record: RunRecord, path: str) -> str:
    """Where the value of an entry comes from; empty: that is not known.

    Args:
        record: the run.
        path: of the entry.
    """
    provenance = record.provenance
    if provenance is None or path not in provenance:
        return ""
    origin: Origin = provenance[path].origin
    if origin.kind in ("scope", "dict") and origin.where:
        return origin.where
    return "" if origin.kind == "unknown" else str(origin)
