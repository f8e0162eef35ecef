"""Damaged data: the damage of one run must not affect any other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sacred._base.errors import SacredError, UnsafeDataError
from sacred._base.masking import mask_passwords
from sacred._base.run_ids import RunId

__all__ = [
    "MALFORMED_DATA_ERRORS",
    "MAX_STORED_DEPTH",
    "DamagedRunError",
    "StoreError",
    "check_depth",
    "damaged",
    "noticing_damage",
]

#: What comes of data in which something else stands than is expected.
MALFORMED_DATA_ERRORS = (
    ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError,
    UnsafeDataError,
)  # fmt: skip

#: Writers store some 200 containers within each other (`sacred.serializer.writing`); what reads
#: them calls itself for each, and Python does not do that much more often.
MAX_STORED_DEPTH = 250


class StoreError(SacredError):
    """A store cannot do what it was asked for; shown as one message, without passwords."""

    __module__ = "sacred.stores.store"

    def __init__(self, message: str) -> None:
        super().__init__(mask_passwords(message), print_traceback=False)


class DamagedRunError(StoreError):
    """The record of a run exists but cannot be read."""

    __module__ = "sacred.stores.store"


def damaged(run_id: RunId, where: str, error: BaseException) -> DamagedRunError:
    """Return the error for data that are not what was expected.

    Args:
        run_id: the id of the run.
        where: the place of the data, for messages.
        error: the error that the data caused.
    """
    problem = f"{type(error).__name__}: {error}"
    return DamagedRunError(f"Run {run_id!r} is damaged: {where}: {problem}")


@contextlib.contextmanager
def noticing_damage(run_id: RunId, where: str) -> Iterator[None]:
    """Report unexpected data as damage of the run that they belong to.

    Args:
        run_id: the id of the run.
        where: the place of the data, for messages.

    Raises:
        DamagedRunError: instead of the original error.
    """
    try:
        yield
    except StoreError:
        raise
    except MALFORMED_DATA_ERRORS as error:
        raise damaged(run_id, where, error) from error


def check_depth(plain: Any) -> None:
    """Refuse plain data that are nested more deeply than any writer stores.

    Raises:
        ValueError: they are nested more deeply than `MAX_STORED_DEPTH`.

    >>> check_depth({"a": [[1], {"b": 2}]})
    """
    level = [plain]
    for _ in range(MAX_STORED_DEPTH):
        below: list[Any] = []
        for container in level:
            kind = type(container)
            if kind is dict:
                below += container.values()
            elif kind is list or kind is tuple:
                below += container
        level = [item for item in below if type(item) in (dict, list, tuple)]
        if not level:
            return
    raise ValueError(f"more than {MAX_STORED_DEPTH} containers within each other")
