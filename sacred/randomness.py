"""Seeds and random number generators.

The numbers are part of the contract: one and the same script and root seed
give the same values, run after run and version after version.
"""

from __future__ import annotations

import random
import sys
from typing import Any

from sacred._base.extras import is_installed
from sacred.settings import SETTINGS

__all__ = ["SEEDRANGE", "create_rnd", "get_seed", "random_seed", "set_global_seed"]

#: The smallest seed, and the first number above the largest one.
SEEDRANGE = (1, int(1e9))

_numpy_random: Any = None


def _numpy() -> Any:
    """The module ``numpy.random``, or None without numpy."""
    global _numpy_random
    if _numpy_random is None and is_installed("numpy"):
        # Imported here only: a script that takes no random numbers need not pay for it.
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
        return random.Random(seed)
    if SETTINGS.CONFIG.NUMPY_RANDOM_LEGACY_API:
        return numpy_random.RandomState(seed)
    return numpy_random.default_rng(seed)


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
    # A Generator has `integers`; RandomState and random.Random have `randint`.
    integers = getattr(rnd, "integers", None)
    if integers is not None:
        return int(integers(*SEEDRANGE, dtype=int))
    return int(rnd.randint(*SEEDRANGE))


def random_seed() -> int:
    """A seed from the operating system, whatever user code did to `random`."""
    return random.SystemRandom().randrange(*SEEDRANGE)


def set_global_seed(seed: Any) -> None:
    """Seed the global generators.

    They are those of `random` and, if installed, numpy, and those of TensorFlow
    and PyTorch (all CUDA devices) if they have been imported.

    Args:
        seed: an int.

    Raises:
        TypeError: the seed is not an int.
        ValueError: numpy does not take it (below 0 or from 2**32 on).
    """
    if not isinstance(seed, int):
        seed = _as_int(seed)
    random.seed(seed)
    numpy_random = _numpy()
    if numpy_random is not None:
        numpy_random.seed(seed)
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


def _seed_tensorflow(tensorflow: Any, seed: int) -> None:
    # 2.x has tf.random.set_seed; 1.x has tf.set_random_seed, late ones both names.
    set_seed = getattr(getattr(tensorflow, "random", None), "set_seed", None)
    if set_seed is None:
        set_seed = getattr(tensorflow, "set_random_seed", None)
    if set_seed is not None:
        set_seed(seed)
