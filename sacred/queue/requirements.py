"""What queued runs need of their worker, as ``meta.requirements`` says: GPUs, memory, labels."""

from __future__ import annotations

import re
from typing import Any

from sacred.records import RunRecord

__all__ = ["gpus_of", "labels_of", "memory_of", "parse_bytes"]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtKMGT]?)(i?[bB]|)")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_bytes(text: str | float) -> int:
    """Return a number of bytes.

    Args:
        text: a number, perhaps with a unit: ``K``, ``M``, ``G`` and ``T`` are powers of 1024, as
            ``KiB`` and so on are; ``kB``, ``MB``, ``GB`` and ``TB`` are powers of 1000.

    Raises:
        ValueError: it is none.

    >>> parse_bytes("16G") == 16 * 1024**3, parse_bytes("1.5 MB"), parse_bytes(4096)
    (True, 1500000, 4096)
    """
    found = None if isinstance(text, bool) else _SIZE.fullmatch(str(text).strip())
    if found is None:
        raise ValueError(f"{text!r} is no amount of memory such as 512M or 16G")
    number, unit, suffix = found.groups()
    base = 1000 if unit and suffix in ("b", "B") else 1024
    return int(float(number) * base ** _POWERS[unit.lower()])


def memory_of(record: RunRecord) -> int:
    """Return the memory that a run needs, in bytes; 0: it does not say.

    Args:
        record: the run.

    Raises:
        ValueError: what it says is no amount of memory.
    """
    given = _requirements(record).get("memory")
    return 0 if given is None else parse_bytes(given)


def gpus_of(record: RunRecord, default: float = 0.0) -> float:
    """Return how many GPUs a run needs, or which part of one.

    Args:
        record: the run.
        default: of runs that do not say.
    """
    value = _requirements(record).get("gpus", default)
    return float(value) if isinstance(value, int | float) else default


def labels_of(record: RunRecord) -> set[str]:
    """Return the labels that a run asks of its worker: given as a text, or several.

    Args:
        record: the run.
    """
    labels = _requirements(record).get("labels")
    if labels is None:
        return set()
    return {labels} if isinstance(labels, str) else set(map(str, labels))


def _requirements(record: RunRecord) -> dict[str, Any]:
    given = record.meta.get("requirements")
    return given if isinstance(given, dict) else {}
