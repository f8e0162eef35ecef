"""A few points of each metric of a run, for live displays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["MetricSketch"]

#: So many points are kept; of more, every second one is dropped again and again.
_MAX_POINTS = 128


class MetricSketch:
    """Evenly spaced points of each metric, in bounded memory.

    >>> sketch = MetricSketch()
    >>> sketch.add({"loss": {"values": list(range(1000))}})
    >>> len(sketch.values["loss"]) <= 128, sketch.last["loss"]
    (True, 999)
    """

    def __init__(self) -> None:
        self.values: dict[str, list[Any]] = {}
        self.last: dict[str, Any] = {}
        self._strides: dict[str, int] = {}
        self._counts: dict[str, int] = {}

    def curves(self) -> dict[str, list[Any]]:
        """Return the kept points of each metric, and the last one."""
        return {
            name: kept if (self._counts[name] - 1) % self._strides[name] == 0 else [*kept, last]
            for (name, kept), last in zip(self.values.items(), self.last.values(), strict=True)
        }

    def add(self, points: Mapping[str, Mapping[str, Any]]) -> None:
        """Add new points, as observers get them."""
        for name, columns in points.items():
            values = columns["values"]
            if not values:
                continue
            kept = self.values.setdefault(name, [])
            stride, count = self._strides.get(name, 1), self._counts.get(name, 0)
            kept += values[-count % stride :: stride]
            while len(kept) > _MAX_POINTS:
                del kept[1::2]
                stride *= 2
            self._strides[name], self._counts[name] = stride, count + len(values)
            self.last[name] = values[-1]
