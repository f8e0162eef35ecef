"""The differences between runs as a table, and where the values that differ come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sacred._base.masking import mask_entry, mask_passwords
from sacred.display.run_summary import short_origin, truncate
from sacred.display.table import Table
from sacred.display.value_text import as_text, one_line
from sacred.records import RunRecord
from sacred.runs.comparison import Difference

__all__ = ["difference_table", "heading_of", "origins_of_differences"]


def difference_table(rows: Sequence[Difference], names: Sequence[str], for_people: bool) -> Table:
    """Return differences as a table.

    Args:
        rows: the differences.
        names: the names of the runs; the same run may be named twice.
        for_people: whether to print the name of a part only in its first row, and to mask secrets.
    """
    cells = []
    before = None
    for row in rows:
        part = "" if for_people and row.part == before else row.part
        before = row.part
        values = [mask_entry(row.name, v) for v in row.values] if for_people else row.values
        cells.append([part, row.name, *values])
    return Table(names=["part", "entry", *_unique(names)], rows=cells, compares=True)


def heading_of(text: str, record: RunRecord) -> str:
    """Return the heading of a run: the name that the user gave, and its id if that differs.

    Args:
        text: the name, such as ``7``, ``last``, or a config file.
        record: the run that it stands for.
    """
    run_id = str(record.id)
    says_id = run_id == text or run_id.startswith(text.rpartition(":")[2])  # or its beginning
    return text if says_id else f"{text} ({run_id})"


def _unique(names: Sequence[str]) -> list[str]:
    return [
        name if name not in names[:number] else f"{name} ({number + 1})"
        for number, name in enumerate(names)
    ]


def origins_of_differences(
    rows: Iterable[Difference], records: Sequence[RunRecord]
) -> Iterator[str]:
    """Yield lines like ``lr: 0.01 command line, argument 2; 0.1 train.py:14``.

    Args:
        rows: the differences between runs; only those of configurations have origins.
        records: the runs; unknown origins are left out.
    """
    for row in rows:
        if row.part != "config" or row.name.rpartition(".")[2] == "seed":
            continue
        origins = [short_origin(record, row.name) for record in records]
        if len(set(origins)) < 2:  # the same for all says nothing
            continue
        texts = (
            f"{_value_text(row.name, value)} {origin}"
            for value, origin in zip(row.values, origins, strict=True)
            if origin
        )
        parts = list(dict.fromkeys(texts))
        if parts:
            yield mask_passwords(one_line(f"{row.name}: {'; '.join(parts)}"))


def _value_text(name: str, value: Any) -> str:
    return "none" if value is None else truncate(as_text(mask_entry(name, value)))
