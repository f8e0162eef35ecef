"""Fractions of GPUs, shared by all workers of a user on a machine.

A file in the user's cache directory says which worker has how much of which GPU. It is changed
under a lock; the share of a worker that has ended no longer counts.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from sacred.status import is_gone, process_token

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["GpuSlots"]


def _ledger_path(boot: str) -> str:
    """Another file after each boot of the machine, which has ended all workers."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(caches, "sacred", "gpus", f"{boot}.json")


Slots = tuple[tuple[str, float], ...]
_ROUNDING_ERROR = 1e-9


class GpuSlots:
    """Hands out fractions of GPUs, never more than all of one.

    Args:
        gpus: their names, as in ``CUDA_VISIBLE_DEVICES``.
        path: of the file (default: in the user's cache directory).
    """

    def __init__(self, gpus: Sequence[str], path: str | None = None) -> None:
        self._gpus = tuple(gpus)
        self._token = process_token() or str(os.getpid())
        self._path = path or _ledger_path(self._token.partition(" ")[0])

    def take(self, amount: float) -> Slots | None:
        """Take GPUs for a run; None: not enough of them are free.

        Args:
            amount: a fraction of one GPU, or a whole number of GPUs.
        """
        with self._ledger() as ledger:
            free = {gpu: 1.0 - sum(f for g, f, _ in ledger if g == gpu) for gpu in self._gpus}
            share = min(amount, 1.0)
            # Those that are in use already come first: whole ones stay free for who needs them.
            fitting = sorted(
                (left, gpu) for gpu, left in free.items() if left >= share - _ROUNDING_ERROR
            )
            count = max(1, round(amount))
            if len(fitting) < count:
                return None
            slots = tuple((gpu, share) for _, gpu in fitting[:count])
            ledger += [[gpu, fraction, self._token] for gpu, fraction in slots]
            return slots

    def give_back(self, slots: Slots) -> None:
        """Give back what `take` has returned."""
        with self._ledger() as ledger:
            for gpu, fraction in slots:
                ledger.remove([gpu, fraction, self._token])

    def fits(self, amount: float) -> bool:
        """Whether these GPUs would be enough if none of them were in use."""
        return amount <= 1.0 or amount <= len(self._gpus)

    @contextlib.contextmanager
    def _ledger(self) -> Iterator[list[list[Any]]]:
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with open(fd, "r+", encoding="utf-8") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            try:
                known = json.loads(file.read() or "[]")
            except ValueError:
                known = []
            ledger = [entry for entry in known if not is_gone(entry[2])]
            yield ledger
            file.seek(0)
            file.truncate()
            file.write(json.dumps(ledger))
