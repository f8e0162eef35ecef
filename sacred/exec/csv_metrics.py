"""Metrics in the CSV files that a program writes."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from sacred.exec.metric_lines import Point

__all__ = ["STEP_COLUMNS", "CsvMetrics"]

#: Columns that hold the step, by precedence; case does not matter.
STEP_COLUMNS = ("step", "global_step", "iteration", "iter", "epoch")


class CsvMetrics:
    """Reads the columns of numbers in a CSV file with a header, as far as it has been written.

    Args:
        path: of the file, which need not exist yet.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._offset = 0
        self._header: list[str] | None = None
        self._step_column: int | None = None
        self._dialect: type[csv.Dialect] | str = "excel"

    def points(self, is_over: bool = False) -> Iterator[Point]:
        """Yield new points.

        Args:
            is_over: whether the program has ended: then a last line without a line end is complete.
        """
        for row in csv.reader(self._new_lines(is_over), self._dialect):
            if self._header is None:
                self._take_header(row)
            else:
                yield from self._points_of(row)

    def _new_lines(self, is_over: bool) -> list[str]:
        try:
            with open(self.path, "rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        end = len(data) if is_over else data.rfind(b"\n") + 1
        self._offset += end
        text = data[:end].decode("utf-8-sig", "replace")
        if self._header is None and "," not in text.partition("\n")[0]:
            self._dialect = "excel-tab"
        return text.splitlines()

    def _take_header(self, row: list[str]) -> None:
        self._header = [name.strip() for name in row]
        lower = [name.lower() for name in self._header]
        known = [lower.index(name) for name in STEP_COLUMNS if name in lower]
        self._step_column = known[0] if known else None

    def _points_of(self, row: list[str]) -> Iterator[Point]:
        assert self._header is not None
        numbers = [_number(cell) for cell in row]
        column = self._step_column
        step = numbers[column] if column is not None and column < len(numbers) else None
        for index, (name, value) in enumerate(zip(self._header, numbers, strict=False)):
            if name and value is not None and index != column:
                yield Point(name, value, step)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
