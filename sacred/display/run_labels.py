"""Labels that tell the runs of a plot apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sacred._base.masking import mask_entry
from sacred.display.table import Table
from sacred.display.value_text import as_text

__all__ = ["run_labels", "separating"]

#: How many fields label a run, and the characters of each.
_MAX_LABEL_FIELDS, _MAX_LABEL_CHARS = 4, 24


def run_labels(names: Sequence[str], table: Table) -> list[str]:
    """Return a label for each run: its id, and the few fields that separate it from the others.

    Args:
        names: the ids of the runs, with the store if there are several stores.
        table: one row for each run; only the columns ``name`` and ``config.*`` are used.
    """
    columns = dict(zip(table.names, zip(*table.rows, strict=True), strict=True))
    texts = {
        column: [as_text(mask_entry(column, cell))[:_MAX_LABEL_CHARS] for cell in cells]
        for column, cells in columns.items()
        if column == "name" or column.startswith("config.")
    }
    labels = []
    for number, name in enumerate(names):
        values = ((column, texts[column][number]) for column in separating(texts))
        entries = [
            text if column == "name" else f"{column.removeprefix('config.')}={text}"
            for column, text in values
            if text
        ]
        labels.append(f"{name} ({', '.join(entries)})" if entries else name)
    return labels


def separating(texts: Mapping[str, Sequence[str]], most: int = _MAX_LABEL_FIELDS) -> list[str]:
    """Return the columns that tell the rows apart, each time the one that separates most of them.

    Args:
        texts: the cells of each column as strings.
        most: the maximum number of columns.

    >>> separating({"same": "aaaa", "lr": "1122", "width": "1212", "n": "1112"})
    ['lr', 'width']
    """
    chosen: list[str] = []
    count = 1
    while len(chosen) < most:
        counts = {
            column: len(set(zip(*(texts[name] for name in [*chosen, column]), strict=True)))
            for column in texts
        }
        best = max(counts, key=counts.__getitem__, default=None)
        if best is None or counts[best] <= count:
            break
        chosen.append(best)
        count = counts[best]
    return [column for column in texts if column in chosen]
