"""Seeds and random number generators.

The numbers are part of the contract: the same script and root seed give the
same values in every run and with every version.
"""

from __future__ import annotations

import functools
import importlib
import random
import sys
import threading
from typing import TYPE_CHECKING, Any

from sacred._base.errors import InvalidValueError, SacredError
from sacred._base.extras import is_installed
from sacred._base.import_hooks import when_imported
from sacred.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "SEEDRANGE",
    "SeedSource",
    "check_seed",
    "create_rnd",
    "get_seed",
    "random_seed",
    "set_global_seed",
]

#: The smallest seed, and the first number above the largest one.
SEEDRANGE = (1, int(1e9))

#: The largest seed that ``numpy.random.seed`` takes.
_LARGEST_GLOBAL_SEED = 2**32 - 1

_numpy_random: Any = None
# The seed for `numpy.random` on its import.
_pending_seed: int | None = None


def installed_numpy() -> Any:
    """The module ``numpy.random``, or None without numpy."""
    global _numpy_random
    if _numpy_random is None and is_installed("numpy"):
        # Here: scripts without random numbers must not wait for numpy.
        import numpy.random

        _numpy_random = numpy.random
    return _numpy_random


def create_rnd(seed: Any) -> Any:
    """Create a random number generator.

    Args:
        seed: an int (numpy's integers count as well).

    Returns:
        ``numpy.random.default_rng(seed)``; with
        ``SETTINGS.CONFIG.NUMPY_RANDOM_LEGACY_API``, ``numpy.random.RandomState(seed)``; without
        numpy, ``random.Random(seed)``.

    Raises:
        TypeError: the seed is not an int.
        ValueError: numpy does not accept the seed (it is negative).
    """
    if not isinstance(seed, int):
        seed = _as_int(seed)
    numpy_random = installed_numpy()
    if numpy_random is None:
        return random.Random(seed)
    # As items: attribute access would take a tenth of the time of a generator.
    if SETTINGS["CONFIG"]["NUMPY_RANDOM_LEGACY_API"]:
        return numpy_random.RandomState(seed)
    return numpy_random.default_rng(seed)


def check_seed(seed: Any) -> None:
    """Raise what `create_rnd` would raise, without creating a generator.

    Raises:
        TypeError: the seed is not an int.
        InvalidValueError: numpy does not accept the seed.

    >>> check_seed(42)
    >>> check_seed("x")
    Traceback (most recent call last):
        ...
    sacred.randomness._SeedTypeError: Seed has to be integer but was 'x' <class 'str'>
    """
    number = seed if isinstance(seed, int) else _as_int(seed)
    legacy = SETTINGS.CONFIG.NUMPY_RANDOM_LEGACY_API
    if (number < 0 or (legacy and number > _LARGEST_GLOBAL_SEED)) and is_installed("numpy"):
        try:
            create_rnd(number)
        except ValueError as error:
            raise InvalidValueError(f"The seed {number} cannot be used: {error}") from None


class _SeedTypeError(SacredError, TypeError, AssertionError):
    """A seed that is not an int; scripts also catch AssertionError."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)


def _as_int(seed: Any) -> int:
    # numpy's integers are ints to everybody but `isinstance`.
    if hasattr(seed, "dtype") and hasattr(seed, "__index__") and not hasattr(seed, "__len__"):
        try:
            return int(seed.__index__())
        except TypeError:
            pass
    raise _SeedTypeError(f"Seed has to be integer but was {seed!r} {type(seed)}")


def get_seed(rnd: Any = None) -> int:
    """Draw a seed.

    Args:
        rnd: the generator to draw from (default: the operating system).

    Returns:
        an int from 1 to 999 999 999 (with `random.Random`, to 1 000 000
        000).
    """
    if rnd is None:
        return random_seed()
    return int(seed_drawer(rnd)())


def seed_drawer(rnd: Any) -> Callable[[], int]:
    """Return a function that draws seeds from a generator; see `get_seed`."""
    # A Generator has `integers`, which gives Python's ints for `dtype=int` (by position: names
    # would take a tenth of its time); RandomState and random.Random have `randint`.
    integers = getattr(rnd, "integers", None)
    if integers is not None:
        return functools.partial(integers, *SEEDRANGE, None, int)
    return functools.partial(rnd.randint, *SEEDRANGE)


def random_seed() -> int:
    """Return a seed from the operating system, independent of the state of `random`."""
    return random.SystemRandom().randrange(*SEEDRANGE)


class SeedSource:
    """A generator that is created lazily: draws are reserved now and made when needed.

    Most runs draw no random numbers, and numpy takes longer to import than everything else.

    Args:
        seed: the generator's seed, or a function that returns it.

    >>> source = SeedSource(7)
    >>> first, second = source.promise(), source.promise()
    >>> rnd = create_rnd(7)
    >>> [get_seed(rnd), get_seed(rnd)] == [first(), second()]
    True
    """

    def __init__(self, seed: int | Callable[[], int]) -> None:
        self._seed = seed
        self._rnd: Any = None
        self._promised = 0
        self._drawn: list[int] = []
        self._lock = threading.RLock()

    def promise(self) -> Callable[[], int]:
        """Reserve a draw: return a function that returns the seed that would be drawn now."""
        number = self._promised
        self._promised += 1

        def drawn() -> int:
            self.generator()
            return self._drawn[number]

        return drawn

    def generator(self) -> Any:
        """Return the generator; reserved seeds are drawn first."""
        with self._lock:
            if self._rnd is None:
                self._rnd = create_rnd(self._seed() if callable(self._seed) else self._seed)
            while len(self._drawn) < self._promised:
                self._drawn.append(get_seed(self._rnd))
        return self._rnd


def set_global_seed(seed: Any) -> None:
    """Seed the global generators.

    These are `random`, and, if they have been imported, numpy, TensorFlow and PyTorch (all
    CUDA devices).

    Args:
        seed: an int.

    Raises:
        TypeError: the seed is not an int.
        ValueError: numpy does not accept the seed (it is negative, or 2**32 or more).
    """
    if not isinstance(seed, int):
        seed = _as_int(seed)
    random.seed(seed)
    if is_installed("numpy"):
        if not 0 <= seed <= _LARGEST_GLOBAL_SEED:
            raise ValueError(f"The seed must be between 0 and 2**32 - 1 for numpy, but is {seed}")
        _seed_numpy(seed)
    # Importing these takes seconds; a script that has not done so does not use them.
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None:
        _seed_tensorflow(tensorflow, seed)
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "manual_seed"):
        torch.manual_seed(seed)
        if hasattr(torch, "cuda"):
            # Lazy, and without effect where there is no CUDA.
            torch.cuda.manual_seed_all(seed)


def _seed_numpy(seed: int) -> None:
    """Seed numpy's global generator, now or once it is imported."""
    global _pending_seed
    if "numpy.random" in sys.modules:
        # Waits for an import in progress in another thread.
        importlib.import_module("numpy.random").seed(seed)
        return
    is_waiting, _pending_seed = _pending_seed is not None, seed
    if not is_waiting:
        when_imported("numpy.random", _use_pending_seed)


def _use_pending_seed(numpy_random: Any) -> None:
    global _pending_seed
    numpy_random.seed(_pending_seed)
    _pending_seed = None


def _seed_tensorflow(tensorflow: Any, seed: int) -> None:
    # 2.x has tf.random.set_seed; 1.x has tf.set_random_seed, late ones both names.
    set_seed = getattr(getattr(tensorflow, "random", None), "set_seed", None)
    if set_seed is None:
        set_seed = getattr(tensorflow, "set_random_seed", None)
    if set_seed is not None:
        set_seed(seed)
