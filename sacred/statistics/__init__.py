"""Statistics of repeated runs: numbers in, numbers out, without runs or other packages.

| module | what it holds |
|---|---|
| `permutation` | permutation tests of two samples or of pairs, with their intervals |
| `attainable` | what a given number of runs can show, and how many it takes; Holm's correction |
| `student` | intervals of means by Student's t; the noise of repeated runs; sizes of effects |
| `looks` | tests that are looked at several times, without more false alarms |
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
