"""How long the tests take: the short form belongs to every run of the tests.

``SACRED_TEST_FORM=long`` (or ``tox -e long``) is the long one. Random choices come from one seed,
which is taken from ``SACRED_TEST_SEED``; without that it is always the same in the short form,
so that a change is blamed for what it did, and a new one in the long form, which prints it.
"""

from __future__ import annotations

import os
import random
from typing import TypeVar

__all__ = ["LONG", "SEED", "examples", "generator", "pick"]

LONG = os.environ.get("SACRED_TEST_FORM") == "long"
SEED = int(
    os.environ.get("SACRED_TEST_SEED") or (random.SystemRandom().randrange(10**6) if LONG else 1)
)

#: Of each property test, with ``HYPOTHESIS_PROFILE=exhaustive``.
_EXHAUSTIVE = 20_000

T = TypeVar("T")


def pick(short: T, long: T) -> T:
    """The value for the form that runs."""
    return long if LONG else short


def examples(short: int, long: int | None = None) -> int:
    """How many examples a property test draws that takes longer than others.

    Args:
        short: in the short form.
        long: in the long form (default: as many).
    """
    if os.environ.get("HYPOTHESIS_PROFILE") == "exhaustive":
        return _EXHAUSTIVE
    return pick(short, short if long is None else long)


def generator(name: str) -> random.Random:
    """Random numbers that the seed repeats, others for each name."""
    return random.Random(f"{SEED}-{name}")
