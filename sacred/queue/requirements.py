"""What queued runs need of their worker, as ``meta.requirements`` says: GPUs, memory, labels."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from sacred._base.frozen import Frozen
from sacred.records import RunRecord

__all__ = ["Requirements", "parse_bytes", "parse_gpus", "requirements_of"]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtKMGT]?)(i?[bB]|)")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_bytes(text: str | float) -> int:
    """Return a number of bytes.

    Args:
        text: a number, optionally with a unit: ``K``, ``M``, ``G`` and ``T`` are powers of 1024, as
            ``KiB`` and so on are; ``kB``, ``MB``, ``GB`` and ``TB`` are powers of 1000.

    Raises:
        ValueError: it is not such a number.

    >>> parse_bytes("16G") == 16 * 1024**3, parse_bytes("1.5 MB"), parse_bytes(4096)
    (True, 1500000, 4096)
    """
    found = None if isinstance(text, bool) else _SIZE.fullmatch(str(text).strip())
    if found is None:
        raise ValueError(f"{text!r} is no amount of memory such as 512M or 16G")
    number, unit, suffix = found.groups()
    base = 1000 if unit and suffix in ("b", "B") else 1024
    size = float(number) * base ** _POWERS[unit.lower()]
    if math.isinf(size):
        raise ValueError(f"{str(text)[:20]}... bytes of memory are more than any machine has")
    return int(size)


class Requirements(Frozen):
    """What a run needs of its worker.

    Args:
        memory: bytes; 0: not specified.
        gpus: the number of GPUs, or a fraction of one; 0: none.
        labels: labels that the worker must have.
    """

    memory: int = 0
    gpus: float = 0.0
    labels: frozenset[str] = frozenset()


def requirements_of(record: RunRecord, gpus: float = 0.0) -> Requirements:
    """Return what a run needs of its worker.

    Args:
        record: the run.
        gpus: the number for runs that do not specify one.

    Raises:
        ValueError: the requirements in the record are not valid.
    """
    given = record.meta.get("requirements")
    if given is None:
        return Requirements(gpus=gpus)
    if not isinstance(given, Mapping):
        raise ValueError(f"requirements are a mapping such as {{'gpus': 1}}, not {given!r}")
    memory = given.get("memory")
    wanted = given.get("gpus")
    return Requirements(
        memory=0 if memory is None else parse_bytes(memory),
        gpus=gpus if wanted is None else parse_gpus(wanted),
        labels=_labels(given.get("labels")),
    )


def parse_gpus(given: Any) -> float:
    """Return a number of GPUs.

    Args:
        given: a fraction of one, or a whole number of them; may be a string.

    Raises:
        ValueError: it is neither.

    >>> parse_gpus("0.5"), parse_gpus(2)
    (0.5, 2.0)
    """
    try:
        number = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 <= number < math.inf or (number > 1 and number != int(number)):
        raise ValueError(f"{repr(given)[:40]} is no fraction of a GPU, nor a number of them")
    return number


def _labels(given: Any) -> frozenset[str]:
    if given is None:
        return frozenset()
    if isinstance(given, str):
        return frozenset({given})
    if isinstance(given, list | tuple) and all(isinstance(label, str | int) for label in given):
        return frozenset(map(str, given))
    raise ValueError(f"labels are a text, or a list of texts, not {given!r}")
