"""Seeds and random number generators.

The numbers are part of the contract: one and the same script and root seed
give the same values, run after run and version after version.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

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
# What `random` and `numpy.random` are seeded with when they are imported, by name.
_waiting: dict[str, int] = {}


def _numpy() -> Any:
    """The module ``numpy.random``, or None without numpy."""
    global _numpy_random
    if _numpy_random is None and is_installed("numpy"):
        # Imported here only: a script that takes no random numbers does not pay for it.
        import numpy.random

        _numpy_random = numpy.random
    return _numpy_random


def create_rnd(seed: Any) -> Any:
    """A new random number generator.

    Args:
        seed: an int (numpy's count as well).

    Returns:
        ``numpy.random.default_rng(seed)``, with
        ``SETTINGS.CONFIG.NUMPY_RANDOM_LEGACY_API``
        ``numpy.random.RandomState(seed)``, and without numpy
        ``random.Random(seed)``.

    Raises:
        TypeError: the seed is not an int.
        ValueError: numpy does not take it (it is negative).
    """
    if not isinstance(seed, int):
        seed = _as_int(seed)
    numpy_random = _numpy()
    if numpy_random is None:
        import random

        return random.Random(seed)
    # As items: to read them as attributes costs as much as a tenth of a generator.
    if SETTINGS["CONFIG"]["NUMPY_RANDOM_LEGACY_API"]:
        return numpy_random.RandomState(seed)
    return numpy_random.default_rng(seed)


def check_seed(seed: Any) -> None:
    """Refuse what `create_rnd` would refuse, without making a generator.

    Raises:
        TypeError: the seed is not an int.
        ValueError: numpy does not take it.

    >>> check_seed(42)
    >>> check_seed("x")
    Traceback (most recent call last):
        ...
    sacred.randomness._SeedTypeError: Seed has to be integer but was 'x' <class 'str'>
    """
    number = seed if isinstance(seed, int) else _as_int(seed)
    legacy = SETTINGS.CONFIG.NUMPY_RANDOM_LEGACY_API
    if (number < 0 or (legacy and number > _LARGEST_GLOBAL_SEED)) and is_installed("numpy"):
        create_rnd(number)  # raises what numpy says


class _SeedTypeError(TypeError, AssertionError):
    """A seed that is no int; scripts used to catch the AssertionError."""


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
        rnd: the generator to draw from; by default the operating system is asked.

    Returns:
        an int from 1 up to, but without, 1 000 000 000 (with `random.Random`
        that number is included).
    """
    if rnd is None:
        return random_seed()
    return int(seed_drawer(rnd)())


def seed_drawer(rnd: Any) -> Callable[[], int]:
    """What draws one seed after the other from a generator; see `get_seed`."""
    # A Generator has `integers`, which gives Python's ints for `dtype=int` (by position: names
    # would take a tenth of its time); RandomState and random.Random have `randint`.
    integers = getattr(rnd, "integers", None)
    if integers is not None:
        return functools.partial(integers, *SEEDRANGE, None, int)
    return functools.partial(rnd.randint, *SEEDRANGE)


def random_seed() -> int:
    """A seed from the operating system, whatever user code did to `random`."""
    low, high = SEEDRANGE
    while True:
        # As `random.SystemRandom().randrange(low, high)`, without loading `random`.
        number = low + (int.from_bytes(os.urandom(4), "big") >> 2)  # 30 bits
        if number < high:
            return number


class SeedSource:
    """A generator that is made when somebody draws from it, as if it had been there before.

    Most runs draw no random numbers, and numpy takes longer to import than all the rest.

    Args:
        seed: of the generator, or a function that returns it.

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
        """Draw a seed, though later: the function returns what would have been drawn now."""
        number = self._promised
        self._promised += 1

        def kept() -> int:
            self.generator()
            return self._drawn[number]

        return kept

    def generator(self) -> Any:
        """The generator; what was promised is drawn."""
        with self._lock:
            if self._rnd is None:
                self._rnd = create_rnd(self._seed() if callable(self._seed) else self._seed)
            while len(self._drawn) < self._promised:
                self._drawn.append(get_seed(self._rnd))
        return self._rnd


def set_global_seed(seed: Any) -> None:
    """Seed the global generators.

    They are those of `random` and, if installed, numpy (as soon as it is imported), and
    those of TensorFlow and PyTorch (all CUDA devices) if they have been imported.

    Args:
        seed: an int.

    Raises:
        TypeError: the seed is not an int.
        ValueError: numpy does not take it (below 0 or from 2**32 on).
    """
    if not isinstance(seed, int):
        seed = _as_int(seed)
    _seed_now_or_later("random", seed)
    if is_installed("numpy"):
        if not 0 <= seed <= _LARGEST_GLOBAL_SEED:
            raise ValueError(f"The seed must be between 0 and 2**32 - 1 for numpy, but is {seed}")
        _seed_now_or_later("numpy.random", seed)
    # Importing these takes seconds; a script that has not done so does not use them.
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None:
        _seed_tensorflow(tensorflow, seed)
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "manual_seed"):
        torch.manual_seed(seed)
        if hasattr(torch, "cuda"):
            # It does nothing without CUDA, and waits until CUDA is used.
            torch.cuda.manual_seed_all(seed)


def _seed_now_or_later(name: str, seed: int) -> None:
    """Seed the global generator of a module, which need not have been imported."""
    if name in sys.modules:
        # It waits, should another thread be importing it.
        importlib.import_module(name).seed(seed)
        return
    is_waiting = name in _waiting
    _waiting[name] = seed
    if not is_waiting:
        when_imported(name, lambda module: module.seed(_waiting.pop(name)))


def _seed_tensorflow(tensorflow: Any, seed: int) -> None:
    # 2.x has tf.random.set_seed; 1.x has tf.set_random_seed, late ones both names.
    set_seed = getattr(getattr(tensorflow, "random", None), "set_seed", None)
    if set_seed is None:
        set_seed = getattr(tensorflow, "set_random_seed", None)
    if set_seed is not None:
        set_seed(seed)
