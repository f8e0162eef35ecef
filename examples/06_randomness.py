"""Randomness: one seed decides everything.

Every run has a ``seed``; the same seed gives the same numbers::

    $ python 06_randomness.py -l ERROR with seed=42
    dice:   [4, 5, 4, 5, 1]
    dice:   [1, 3, 3, 3, 1]
    seed:   37422836
    seed:   202080050
    global: 82

    $ python 06_randomness.py -l ERROR with seed=42
    dice:   [4, 5, 4, 5, 1]
    dice:   [1, 3, 3, 3, 1]
    seed:   37422836
    seed:   202080050
    global: 82

``_rnd`` is a random generator and ``_seed`` an int, new ones at each call and each
function with its own series. The global generators of ``random`` and numpy are seeded
as well. (The numbers differ when numpy is not installed.)

Without ``seed`` a run draws one, and its record keeps it::

    $ python 06_randomness.py print_config
    INFO - randomness - Running command 'print_config'
    INFO - randomness - Started
    Configuration (modified, added, typechanged, doc):
      seed = ...
    INFO - randomness - Completed after 0:00:00
"""

import random

from sacred import Experiment

ex = Experiment("randomness")


@ex.capture
def roll(_rnd):
    # With numpy `_rnd` is a numpy.random.Generator, else a random.Random.
    return [int(6 * _rnd.random()) + 1 for _ in range(5)]


@ex.capture
def draw_seed(_seed):
    return _seed


@ex.automain
def main():
    print("dice:  ", roll())
    print("dice:  ", roll())
    print("seed:  ", draw_seed())
    print("seed:  ", draw_seed())
    print("global:", random.randint(1, 100))
